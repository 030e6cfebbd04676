/// Who waits for the reports of records that were sent as a whole. Decides; its owner resumes.
///
/// (1) Its tags are above `Limits.producerTagMax`, so no caller of `Producer.produce` has one of them.
/// (2) A sending ends once, with the last of its reports.
struct Senders {
  typealias Continuation = CheckedContinuation<[Delivery], Never>

  /// Records that were sent together.
  private struct Sending {
    let continuation: Continuation
    /// By place in the sending; `nil` until it is reported.
    var deliveries: [Delivery?]
    var missing: Int
  }

  private var lastTag = Limits.producerTagMax
  /// By the tag of their first record.
  private var sendings: [UInt64: Sending] = [:]
  /// The first tag of each awaited record's sending.
  private var firstTags: [UInt64: UInt64] = [:]

  /// Begins to wait for so many reports, at least 1.
  ///
  /// - Returns: the tag of the first record; the others have the next ones.
  mutating func begin(_ count: Int, _ continuation: Continuation) -> UInt64 {
    let first = (lastTag > .max - UInt64(count) ? Limits.producerTagMax : lastTag) + 1
    lastTag = first + UInt64(count) - 1
    sendings[first] = Sending(
      continuation: continuation, deliveries: Array(repeating: nil, count: count), missing: count)
    for tag in first...lastTag { firstTags[tag] = first }
    return first
  }

  /// Takes one report.
  ///
  /// - Returns: who is to be resumed with what, if it was the last one of its sending.
  mutating func take(_ delivery: Delivery, for tag: UInt64) -> (Continuation, [Delivery])? {
    guard let first = firstTags.removeValue(forKey: tag) else { return nil }
    sendings[first]?.deliveries[Int(tag - first)] = delivery
    sendings[first]?.missing -= 1
    guard sendings[first]?.missing == 0, let done = sendings.removeValue(forKey: first) else { return nil }
    return (done.continuation, done.deliveries.compactMap { $0 })
  }
}
