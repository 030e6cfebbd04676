package import FlashSale

/// What a lane knows of the log that its partition was decided from: enough to notice that it is another one.
///
/// Offsets alone do not tell: a topic that was made again, or a log that lost its end, grows past the old progress, and
/// its next record looks like any other.
package struct KnownLog: Sendable, Hashable {
  /// The first offset without an effect.
  package let next: Offset

  /// The fingerprint of the record before `next`; `nil` if it is not known.
  package let lastRecord: RecordFingerprint?

  /// Creates what a claim, or a commit, has told.
  package init(next: Offset, lastRecord: RecordFingerprint?) {
    self.next = next
    self.lastRecord = lastRecord
  }

  /// Why the log cannot be the one, by the offsets of its first record and past its last one; `nil` if it can.
  package func whatContradicts(low: Offset, high: Offset) -> String? {
    if next < low { return "the log was truncated: it begins at offset \(low), the next one to decide is \(next)" }
    if next > high { return "the topic was recreated: it ends at offset \(high), the next one to decide is \(next)" }
    return nil
  }

  /// The record before `next`, by which the log is known; `nil` if there is none, or its fingerprint is not known.
  package var proof: Offset? {
    lastRecord == nil || next == Offset(0) ? nil : Offset(next.rawValue - 1)
  }

  /// Why the log is another one; `nil` if it is the same.
  ///
  /// - Parameter found: the fingerprint of the record at `proof`.
  package func whatChanged(found: RecordFingerprint) -> String? {
    guard let lastRecord, found != lastRecord else { return nil }
    return "the topic was recreated, or has lost its end: the record at offset \(next.rawValue - 1) is not the one "
      + "decided there"
  }
}
