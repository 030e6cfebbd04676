internal import FlashSale

/// Notices that nobody decides a partition: records wait, and its watermark does not move. What is told of its stock
/// and of places in its line is then as old as that.
///
/// While no record waits, nothing is stale: the stock is as the last record left it.
struct StaleMeter {
  private var watermark: Offset
  private var since: ContinuousClock.Instant

  /// Starts at a watermark.
  init(at watermark: Offset, now: ContinuousClock.Instant) {
    self.watermark = watermark
    since = now
  }

  /// Takes note of a watermark.
  ///
  /// - Parameter waiting: whether records wait beyond it.
  /// - Returns: for how long nothing was decided, if that is longer than `Limits.signalPatience`.
  mutating func observe(_ watermark: Offset, waiting: Bool, now: ContinuousClock.Instant) -> Duration? {
    if watermark != self.watermark || !waiting { (self.watermark, since) = (watermark, now) }
    let age = now - since
    return age > Limits.signalPatience ? age : nil
  }

  /// What is wrong, in a clause for each of the first partitions; `nil` if nothing is.
  static func complaint(_ ages: [Partition: Duration]) -> String? {
    guard !ages.isEmpty else { return nil }
    let named = ages.sorted { $0.key < $1.key }.prefix(Limits.obstaclesNamed).map { partition, age in
      "\(partition) for \(age.components.seconds) s"
    }
    let rest = ages.count > named.count ? " and \(ages.count - named.count) more" : ""
    return "nobody decides orders of partition \(named.joined(separator: ", "))\(rest): "
      + "what is told of stock and places is as old"
  }
}
