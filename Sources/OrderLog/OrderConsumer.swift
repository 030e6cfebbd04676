public import FlashSale
public import Kafka
public import Logging

/// Reads partitions of the log for their lanes, each from the offset that its claim returned.
///
/// It belongs to no group: the database says who reads which partition, and where it starts.
public struct OrderConsumer: Sendable {
  private let consumer: Consumer

  /// Makes the client and starts its thread.
  ///
  /// - Parameter group: where progress is told for lag tools; nobody becomes its member.
  /// - Throws: `configuration` for a setting or topic name that is not valid.
  public init(
    cluster: ClusterSettings, topic: String, group: String, tuning: ConsumerTuning, logger: Logger
  ) throws(KafkaError) {
    consumer = try Consumer(cluster: cluster, topic: topic, group: group, tuning: tuning, logger: logger)
  }

  /// Failures that do not pass by themselves, for one reader; each kind once. Ends when the consumer has closed.
  public var failures: AsyncStream<KafkaError> { consumer.failures }

  /// How many connections to brokers were lost so far. It has grown before any record of a later connection is read:
  /// such a record can come from another log than those before.
  public var connectionsLost: Int { consumer.connectionsLost }

  /// Starts a partition at this offset. If it was started before, its queue ends, and what it held is read again.
  ///
  /// Waits for no broker: what they say comes through the queue.
  ///
  /// - Throws: `offsetOutOfRange` for a negative offset; `closed`.
  public func start(_ partition: Partition, at offset: Offset) async throws(KafkaError) -> OrderQueue {
    OrderQueue(try await consumer.start(partition, at: offset))
  }

  /// Ends a queue, and stops its partition unless that was started again meanwhile. Also right when it has ended.
  public func stop(_ queue: OrderQueue) async { await consumer.stop(queue.queue) }

  /// The offsets that a partition has now: from its first record to the one that its next record will get.
  ///
  /// - Throws: `timedOut`, little after `timeout` at the latest; `brokersUnavailable`, `unknownTopic`, `closed`.
  public func bounds(of partition: Partition, timeout: Duration) async throws(KafkaError) -> Range<Offset> {
    let (low, high) = try await consumer.watermarks(partition: partition, timeout: timeout)
    return low..<max(low, high)
  }

  /// Tells a partition's next offset for lag tools only. Does not wait and reports nothing.
  public func commitForLagTools(_ next: Offset, of partition: Partition) {
    consumer.commitForLagTools([partition: next])
  }

  /// Asks which offset was told for lag tools last; `nil` if none was.
  ///
  /// - Throws: `timedOut`, little after `timeout` at the latest; `brokersUnavailable`, `closed`.
  public func committedForLagTools(of partition: Partition, timeout: Duration) async throws(KafkaError) -> Offset? {
    try await consumer.committedForLagTools(partition: partition, timeout: timeout)
  }

  /// Ends all queues and `failures`, by the deadline at the latest. Batches that are still held stay valid.
  public func close(deadline: Duration) async { await consumer.close(deadline: deadline) }
}
