public import LogPositions

/// A record to be written, and where.
public struct OutgoingRecord: Sendable {
  /// Its partition.
  public var partition: Partition
  /// The key; an empty one is written as null.
  public var key: [UInt8]
  /// The value; an empty one is written as null (a tombstone).
  public var value: [UInt8]

  /// Creates a record.
  public init(partition: Partition, key: [UInt8], value: [UInt8]) {
    self.partition = partition
    self.key = key
    self.value = value
  }
}
