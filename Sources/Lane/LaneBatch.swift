package import FlashSale
package import Time

/// What a lane writes in one transaction.
package struct LaneBatch: Sendable {
  /// The lane's right to write. Its `nextOffset` does not count here, `entries` does.
  package var claim: Claim

  /// The records, and the decisions that are made already.
  package var prepared: PreparedBatch

  /// The fingerprint of the last of the records.
  package var lastRecord: RecordFingerprint

  /// The worker's clock, when it is written.
  package var decidedAt = Timestamp(microseconds: 0)

  /// The bytes of the records at these offsets. Asked for only if one is quarantined.
  package var raw: @Sendable (Set<Offset>) -> [Offset: RawRecord]

  /// Begins to take and to decide what comes next. Called, if the batch is large, when the lane's thread is about to
  /// wait while PostgreSQL works: before many lives are changed, or else when three quarters of the rows that go by
  /// COPY are sent.
  package var beginNext: @Sendable () -> Void = {}

  /// The offsets of the records.
  package var range: Range<Offset> {
    let entries = prepared.entries
    return entries[entries.startIndex].offset..<entries[entries.endIndex - 1].offset.next
  }

  func entry(at offset: Offset) -> LogEntry {
    let entries = prepared.entries
    return entries[entries.startIndex + Int(offset.rawValue - entries[entries.startIndex].offset.rawValue)]
  }

  /// Creates a batch.
  package init(
    claim: Claim, prepared: PreparedBatch, lastRecord: RecordFingerprint,
    decidedAt: Timestamp = Timestamp(microseconds: 0),
    raw: @escaping @Sendable (Set<Offset>) -> [Offset: RawRecord]
  ) {
    self.claim = claim
    self.prepared = prepared
    self.lastRecord = lastRecord
    self.decidedAt = decidedAt
    self.raw = raw
  }
}
