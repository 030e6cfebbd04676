public import FlashSale
public import Kafka

/// The records of one partition, in order, for its lane.
public struct OrderQueue: Sendable {
  let queue: PartitionQueue

  init(_ queue: PartitionQueue) { self.queue = queue }

  /// The next records: waits until there is at least one, then takes what is there, up to `max`, without waiting. A
  /// record is given only once.
  ///
  /// - Returns: `nil` once the partition was given back or the consumer closed, or when the task is cancelled.
  /// - Throws: `offsetOutOfRange` when the log does not have the next offset; `unknownTopic`, `authentication`, `other`
  ///   when the broker refuses the partition for good. Every further call throws it again: give the partition back.
  public func next(max: Int) async throws(KafkaError) -> OrderBatch? {
    try await queue.next(max: max).map(OrderBatch.init(_:))
  }
}

/// Records of one partition in the order of their offsets, at least one. Nothing is copied; what it holds is freed with
/// the last copy.
public struct OrderBatch: Sendable {
  private let batch: RecordBatch

  init(_ batch: RecordBatch) { self.batch = batch }

  /// How many, at least 1.
  public var count: Int { batch.count }

  /// Lends each record in order; stops at the first error thrown and throws it.
  public func forEach<Failure: Error>(_ body: (borrowing LentRecord) throws(Failure) -> Void) throws(Failure) {
    try batch.forEach { (record: borrowing ConsumedRecord) throws(Failure) in try body(LentRecord(record)) }
  }

  /// The fingerprint of the record at an offset, in a batch without gaps that has it.
  public func fingerprint(at offset: Offset) -> RecordFingerprint {
    batch.withRecord(at: Int(offset.rawValue - batch.firstOffset.rawValue)) { RecordFingerprint(of: $0.value) }
  }
}
