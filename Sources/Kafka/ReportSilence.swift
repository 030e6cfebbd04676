/// Tells each time a producer whose records are outstanding has heard of none for another `Limits.producerSilence`.
struct ReportSilence {
  private var since: ContinuousClock.Instant

  init(now: ContinuousClock.Instant) { since = now }

  /// Whether the silence has just become long, or as long again.
  ///
  /// - Parameter heard: a report has come since the last call, or none is waited for.
  mutating func isLong(heard: Bool, now: ContinuousClock.Instant) -> Bool {
    guard heard || now - since >= Limits.producerSilence else { return false }
    since = now
    return !heard
  }
}
