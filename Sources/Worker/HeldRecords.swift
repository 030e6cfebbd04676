internal import FlashSale
internal import Kafka
internal import SaleStore

/// Records that a lane took from its queue and holds until they are committed, decoded once.
struct HeldRecords: Sendable {
  private let batch: RecordBatch
  private let entries: [LogEntry]

  /// All of them as one batch, if it was prepared while the batch before was written.
  private var ahead: PreparedBatch?

  init(_ batch: RecordBatch) {
    self.batch = batch
    var entries: [LogEntry] = []
    entries.reserveCapacity(batch.count)
    batch.forEach { record in
      let offset = Offset(record.offset)
      do throws(UnreadableRecord) {
        entries.append(LogEntry(offset: offset, content: .record(try LogRecord(decoding: record.value))))
      } catch {
        entries.append(LogEntry(offset: offset, content: .unreadable(error)))
      }
    }
    self.entries = entries
  }

  /// How many, at least 1.
  var count: Int { batch.count }

  var first: Offset { Offset(batch.firstOffset) }
  var last: Offset { Offset(batch.lastOffset) }

  /// The entries of these offsets, which lie in the batch and have no gap between them.
  func entries(_ range: Range<Offset>) -> ArraySlice<LogEntry> {
    let start = Int(range.lowerBound.rawValue - batch.firstOffset)
    return entries[start..<(start + range.count)]
  }

  /// Prepares all of them upon a memory of all that comes before.
  mutating func prepare(upon memory: LaneMemory) { ahead = memory.prepare(entries[...]) }

  /// These entries as a batch: the one prepared ahead, if it is of just these and the memory is still the same.
  mutating func batch(_ entries: ArraySlice<LogEntry>, upon memory: LaneMemory) -> PreparedBatch {
    if let ahead = ahead.take(), ahead.entries.count == entries.count, ahead.stands(upon: memory) { return ahead }
    return memory.prepare(entries)
  }

  /// The fingerprint of the record at an offset of the batch.
  func fingerprint(of offset: Offset) -> RecordFingerprint {
    batch.withRecord(at: Int(offset.rawValue - batch.firstOffset)) { RecordFingerprint(of: $0.value) }
  }

  /// One record, to be quarantined with this error; one that can't be read has an error of its own.
  func poisonous(_ offset: Offset, error: String) -> ArraySlice<LogEntry> {
    entries(offset..<offset.next).map { entry in
      guard case .record(let record) = entry.content else { return entry }
      return LogEntry(offset: offset, content: .poisonous(record, error: error))
    }[...]
  }

  /// Looks records up in what librdkafka holds, and copies them.
  var raw: @Sendable (Set<Offset>) -> [Offset: RawRecord] {
    { [batch] offsets in
      var found: [Offset: RawRecord] = [:]
      batch.forEach { record in
        let offset = Offset(record.offset)
        guard offsets.contains(offset) else { return }
        found[offset] = RawRecord(key: record.key.map { Array($0) }, value: record.value.map { Array($0) })
      }
      return found
    }
  }
}
