internal import CRdkafka
internal import LogPositions
internal import Logging

/// One librdkafka consumer with its consumer queue, and the calls on it.
///
/// `@unchecked Sendable`: rd_kafka_t and queues are thread-safe; the pointers never change.
final class ConsumerClient: @unchecked Sendable {
  let handle: ClientHandle
  let queue: OpaquePointer
  let topic: String
  /// For lag tools.
  let group: GroupOffsets
  private let blocking: BlockingLane
  /// Held so that librdkafka asks for the topic's leaders at once. It does when a topic is named so; a partition that
  /// is started of a topic that it does not know waits for the next of its looks.
  private let known: TopicHandle

  init(cluster: ClusterSettings, topic: String, group: String, tuning: ConsumerTuning, logger: Logger)
    throws(KafkaError)
  {
    self.topic = topic
    blocking = BlockingLane(name: "kafka-consumer-queries", waits: cluster.waits)
    self.group = try GroupOffsets(cluster: cluster, topic: topic, group: group, tuning: tuning, logger: logger)
    handle = try ClientHandle(
      .consumer, cluster: cluster, fixed: tuning.settings(group: group),
      events: RD_KAFKA_EVENT_ERROR, logger: logger)
    known = try TopicHandle(topic, of: handle)
    // "rd_kafka_poll_set_consumer() redirects the main rd_kafka_poll() queue to the consumer's queue": one queue to
    // serve.
    _ = rd_kafka_poll_set_consumer(handle.pointer)
    guard let queue = rd_kafka_queue_get_consumer(handle.pointer) else {
      throw KafkaError(.configuration, subject: "group.id")
    }
    self.queue = queue
  }

  deinit {
    rd_kafka_queue_destroy(queue)
  }

  /// Ends the wait of the consumer's thread at once.
  func wakeThread() {
    rd_kafka_queue_yield(queue)
  }

  /// Adds a partition to those that are read. Blocks shortly, on the client's main thread; no broker is asked. Only for
  /// the consumer's own thread.
  ///
  /// Incremental assignment needs no membership: it is refused only to a member of a group whose protocol is the eager
  /// one (rdkafka_cgrp.c, `rd_kafka_cgrp_handle_assign_op`).
  func start(_ partition: Partition, at offset: Offset) throws(KafkaError) {
    let list = PartitionList(topic, [partition: offset])
    if let error = list.lend({ rd_kafka_incremental_assign(handle.pointer, $0) }) {
      throw KafkaError(consuming: error)
    }
  }

  /// Takes a partition from those that are read. Only for the consumer's own thread.
  func stop(_ partition: Partition) throws(KafkaError) {
    // The offset plays no part.
    let list = PartitionList(topic, [partition: Offset(0)])
    if let error = list.lend({ rd_kafka_incremental_unassign(handle.pointer, $0) }) {
      throw KafkaError(consuming: error)
    }
  }

  func watermarks(partition: Partition, timeout: Duration) async throws(KafkaError) -> (low: Offset, high: Offset) {
    let handle = handle
    let topic = topic
    return try await blocking.ask(within: timeout) { () throws(KafkaError) in
      try handle.watermarks(topic: topic, partition: partition, timeout: timeout)
    }
  }
}

/// Owns an `rd_kafka_topic_partition_list_t`.
struct PartitionList: ~Copyable {
  private let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t> = rd_kafka_topic_partition_list_new(1)

  init() {}

  init(_ topic: String, _ offsets: [Partition: Offset]) {
    for (partition, offset) in offsets { add(topic, partition, offset: offset) }
  }

  func add(_ topic: String, _ partition: Partition, offset: Offset? = nil) {
    let element = rd_kafka_topic_partition_list_add(pointer, topic, partition.rawValue)
    if let offset { element?.pointee.offset = offset.rawValue }
  }

  /// Keeps the list for the whole call: as a value that is not copied it would otherwise end with its last use, which
  /// is reading the pointer.
  borrowing func lend<Result, Failure: Error>(
    _ body: (UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(pointer)
  }

  deinit {
    rd_kafka_topic_partition_list_destroy(pointer)
  }
}

extension ClientHandle {
  /// Blocks until the leader has answered.
  func watermarks(
    topic: String, partition: Partition, timeout: Duration
  ) throws(KafkaError) -> (low: Offset, high: Offset) {
    var low: Int64 = 0
    var high: Int64 = 0
    let error = rd_kafka_query_watermark_offsets(
      pointer, topic, partition.rawValue, &low, &high, timeout.milliseconds)
    guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(unanswered: error) }
    return (Offset(low), Offset(high))
  }
}
