public import FlashSale
internal import Kafka

/// One record of the log, as long as the closure runs that it was lent to.
public struct LentRecord: ~Copyable {
  /// Its place in the partition.
  public let offset: Offset

  /// The key; `nil` if there is none. The bytes are valid only inside the closure.
  public let key: UnsafeRawBufferPointer?

  /// The value; `nil` if it is a tombstone. The bytes are valid only inside the closure.
  public let value: UnsafeRawBufferPointer?

  init(_ record: borrowing ConsumedRecord) {
    offset = record.offset
    key = record.key
    value = record.value
  }

  /// What the record asks for, or why it can't be read. Each call decodes it.
  public func decoded() throws(UnreadableRecord) -> LogRecord { try LogRecord(decoding: value) }

  /// The sale that the key names, also where the value can't be read; `nil` if it names none.
  public var saleInKey: SaleID? { key.flatMap(RecordKey.sale(inKey:)) }
}
