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
  private let blocking: BlockingLane
  /// Of its own: the group's coordinator is asked, which is nobody that a lane waits for.
  private let committing: BlockingLane
  /// Held so that librdkafka asks for the topic's leaders at once. It does when a topic is named so; a partition that
  /// is started of a topic that it does not know waits for the next of its looks.
  private let known: TopicHandle

  init(cluster: ClusterSettings, topic: String, group: String, tuning: ConsumerTuning, logger: Logger)
    throws(KafkaError)
  {
    self.topic = topic
    blocking = BlockingLane(name: "kafka-consumer-queries", waits: cluster.waits)
    committing = BlockingLane(name: "kafka-consumer-offsets", waits: cluster.waits)
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
    if let error = list([partition: offset]).lend({ rd_kafka_incremental_assign(handle.pointer, $0) }) {
      throw KafkaError(consuming: error)
    }
  }

  /// Takes a partition from those that are read. Only for the consumer's own thread.
  func stop(_ partition: Partition) throws(KafkaError) {
    // The offset plays no part.
    if let error = list([partition: Offset(0)]).lend({ rd_kafka_incremental_unassign(handle.pointer, $0) }) {
      throw KafkaError(consuming: error)
    }
  }

  /// Asynchronous: the request is queued, and nobody needs its outcome.
  func commit(_ offsets: [Partition: Offset]) {
    _ = list(offsets).lend { rd_kafka_commit(handle.pointer, $0, 1) }
  }

  func watermarks(partition: Partition, timeout: Duration) async throws(KafkaError) -> (low: Offset, high: Offset) {
    let handle = handle
    let topic = topic
    return try await blocking.ask(within: timeout) { () throws(KafkaError) in
      try handle.watermarks(topic: topic, partition: partition, timeout: timeout)
    }
  }

  /// The offset that was committed to the group; `nil` if none was.
  func committed(partition: Partition, timeout: Duration) async throws(KafkaError) -> Offset? {
    let handle = handle
    let topic = topic
    return try await committing.ask(within: timeout) { () throws(KafkaError) in
      let list = PartitionList()
      list.add(topic, partition)
      return try list.lend { (list) throws(KafkaError) in
        let error = rd_kafka_committed(handle.pointer, list, timeout.milliseconds)
        guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(unanswered: error) }
        let found = list.pointee.elems[0]
        guard found.err == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(found.err) }
        return found.offset >= 0 ? Offset(found.offset) : nil
      }
    }
  }

  private func list(_ offsets: [Partition: Offset]) -> PartitionList {
    let list = PartitionList()
    for (partition, offset) in offsets { list.add(topic, partition, offset: offset) }
    return list
  }
}

/// Owns an `rd_kafka_topic_partition_list_t`.
struct PartitionList: ~Copyable {
  private let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t> = rd_kafka_topic_partition_list_new(1)

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
