package import FlashSale

/// Records that a lane took from its queue and holds until they are committed, decoded once.
package struct HeldRecords: Sendable {
  /// What a record's bytes are asked for, where they are kept.
  package struct Source: Sendable {
    /// The fingerprint of the record at an offset.
    let fingerprint: @Sendable (Offset) -> RecordFingerprint
    /// Copies of the records at these offsets.
    let raw: @Sendable (Set<Offset>) -> [Offset: RawRecord]

    /// Creates a source.
    package init(
      fingerprint: @escaping @Sendable (Offset) -> RecordFingerprint,
      raw: @escaping @Sendable (Set<Offset>) -> [Offset: RawRecord]
    ) {
      self.fingerprint = fingerprint
      self.raw = raw
    }
  }

  package let entries: [LogEntry]
  let source: Source

  /// All of them as one batch, if it was prepared while the batch before was written.
  package private(set) var ahead: PreparedBatch?

  /// At least one record, as the queue gave them.
  package init(_ entries: [LogEntry], from source: Source) {
    self.entries = entries
    self.source = source
  }

  /// How many, at least 1.
  package var count: Int { entries.count }

  package var first: Offset { entries[0].offset }
  package var last: Offset { entries[entries.count - 1].offset }

  /// The records behind the first one; `nil` if there are none.
  var withoutFirst: HeldRecords? { count > 1 ? HeldRecords(Array(entries.dropFirst()), from: source) : nil }

  /// Prepares all of them upon a memory of all that comes before.
  package mutating func prepare(upon memory: LaneMemory) { ahead = memory.prepare(entries[...]) }

  /// The entries of these offsets, which lie in the batch and have no gap between them.
  func entries(_ range: Range<Offset>) -> ArraySlice<LogEntry> {
    let start = Int(range.lowerBound.rawValue - first.rawValue)
    return entries[start..<(start + range.count)]
  }

  /// The entries of these offsets as a batch: the one prepared ahead, if it is of just these and the memory is still
  /// the same.
  mutating func batch(_ range: Range<Offset>, upon memory: LaneMemory) -> PreparedBatch {
    let entries = entries(range)
    if let ahead = ahead.take(), ahead.entries.count == entries.count, ahead.stands(upon: memory) { return ahead }
    return memory.prepare(entries)
  }

  /// One record, to be quarantined with this error; one that can't be read has an error of its own.
  func poisonous(_ offset: Offset, error: String) -> ArraySlice<LogEntry> {
    entries(offset..<offset.next).map { entry in
      guard case .record(let record) = entry.content else { return entry }
      return LogEntry(offset: offset, content: .poisonous(record, error: error))
    }[...]
  }
}
