internal import FlashSale

/// The `orders` topic: an appended record stays where it is.
///
/// A record that is here is acknowledged, or its acknowledgement is lost: `acks=all` means that no leader forgets it.
struct SimulatedLog {
  /// Where a record comes from: known to the checks, never to the parts.
  enum Origin: Equatable, Sendable {
    case purchase(Int)
    case close
    case command
    case junk
  }

  /// A record's bytes, and what they say. Shared by all who read it.
  final class Record: Sendable {
    let key: [UInt8]
    let value: [UInt8]?
    let origin: Origin

    /// What it says, by the real codec.
    let content: Result<LogRecord, UnreadableRecord>

    init(key: [UInt8], value: [UInt8]?, origin: Origin) {
      self.key = key
      self.value = value
      self.origin = origin
      content = value.map { $0.withUnsafeBytes(Self.decode) } ?? Self.decode(nil)
    }

    private static func decode(_ bytes: UnsafeRawBufferPointer?) -> Result<LogRecord, UnreadableRecord> {
      Result { () throws(UnreadableRecord) in try LogRecord(decoding: bytes) }
    }
  }

  private(set) var partitions: [[Record]]

  /// Another log that consumers are given in place of a partition's own, as from a cluster that is not ours.
  private(set) var otherLogs: [Partition: [Record]] = [:]

  init(partitions: Int32) { self.partitions = Array(repeating: [], count: Int(partitions)) }

  /// Appends a record, and tells where it stands from then on.
  mutating func append(_ record: Record, to partition: Partition) -> Offset {
    partitions[Int(partition.rawValue)].append(record)
    return Offset(Int64(partitions[Int(partition.rawValue)].count - 1))
  }

  /// Puts another log in the place of a partition's own, or takes it away again.
  mutating func show(_ other: [Record]?, in partition: Partition) { otherLogs[partition] = other }

  /// What a consumer is given of a partition.
  func shown(of partition: Partition) -> [Record] {
    otherLogs[partition] ?? partitions[Int(partition.rawValue)]
  }

  /// The offset after the last record.
  func end(of partition: Partition) -> Offset { Offset(Int64(partitions[Int(partition.rawValue)].count)) }

  /// The record at this place, if there is one.
  subscript(position: LogPosition) -> Record? {
    let records = partitions[Int(position.partition.rawValue)]
    let index = Int(position.offset.rawValue)
    return records.indices.contains(index) ? records[index] : nil
  }
}
