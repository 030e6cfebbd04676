internal import CRdkafka
public import LogPositions

/// One record, as long as the closure runs that it was lent to.
public struct ConsumedRecord: ~Copyable {
  /// Its place in the partition.
  public let offset: Offset
  /// Milliseconds since 1970, by the producer's clock (or the broker's, if the topic says so); -1 if not known.
  public let timestamp: Int64
  /// The key; `nil` if there is none. The bytes are librdkafka's, valid only inside the closure.
  public let key: UnsafeRawBufferPointer?
  /// The value; `nil` if it is null (a tombstone). The bytes are librdkafka's, valid only inside the closure.
  public let value: UnsafeRawBufferPointer?

  init(_ message: UnsafeMutablePointer<rd_kafka_message_t>) {
    offset = Offset(message.pointee.offset)
    timestamp = rd_kafka_message_timestamp(message, nil)
    key = message.pointee.key.map { UnsafeRawBufferPointer(start: $0, count: message.pointee.key_len) }
    value = message.pointee.payload.map { UnsafeRawBufferPointer(start: $0, count: message.pointee.len) }
  }
}

/// Records of one partition in offset order, at least one. Nothing is copied out of librdkafka; what it holds is freed
/// with the last reference.
///
/// `@unchecked Sendable`: the messages are the application's until rd_kafka_message_destroy, belong to no thread, and
/// nothing writes to them after `init`.
public final class RecordBatch: @unchecked Sendable {
  /// Records in the batch, at least 1.
  public let count: Int
  /// Offset of the first record.
  public let firstOffset: Offset
  /// Offset of the last record. In a log without gaps it is `firstOffset + count - 1`.
  public let lastOffset: Offset

  private let messages: UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>>
  /// Messages have to be destroyed before their client.
  private let handle: ClientHandle

  /// Takes over the messages, of which there is at least one and none is an error.
  init(
    taking source: UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>, count: Int, of handle: ClientHandle
  ) {
    messages = .allocate(capacity: count)
    for index in 0..<count { (messages + index).initialize(to: source[index]!) }
    self.count = count
    self.handle = handle
    firstOffset = Offset(messages[0].pointee.offset)
    lastOffset = Offset(messages[count - 1].pointee.offset)
  }

  deinit {
    for index in 0..<count { rd_kafka_message_destroy(messages[index]) }
    messages.deallocate()
  }

  /// Lends one record.
  ///
  /// - Parameter index: its place in the batch, from 0 up to but not including `count`.
  public func withRecord<Answer, Failure: Error>(
    at index: Int, _ body: (borrowing ConsumedRecord) throws(Failure) -> Answer
  ) throws(Failure) -> Answer {
    precondition((0..<count).contains(index), "record \(index) of \(count)")
    return try body(ConsumedRecord(messages[index]))
  }

  /// Lends each record in offset order; stops at the first error thrown and throws it.
  public func forEach<Failure: Error>(_ body: (borrowing ConsumedRecord) throws(Failure) -> Void) throws(Failure) {
    for index in 0..<count {
      try body(ConsumedRecord(messages[index]))
    }
  }
}
