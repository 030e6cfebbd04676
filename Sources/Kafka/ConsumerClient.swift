internal import CRdkafka
internal import Logging

/// One librdkafka group consumer with its consumer queue, and the calls on it.
///
/// `@unchecked Sendable`: rd_kafka_t and queues are thread-safe; the pointers never change.
final class ConsumerClient: @unchecked Sendable {
  let handle: ClientHandle
  let queue: OpaquePointer
  let topic: String
  private let blocking: BlockingLane

  init(cluster: ClusterSettings, topic: String, group: String, tuning: ConsumerTuning, logger: Logger)
    throws(KafkaError)
  {
    self.topic = topic
    blocking = BlockingLane(name: "kafka-consumer-queries", waits: cluster.waits)
    handle = try ClientHandle(
      .consumer, cluster: cluster, fixed: tuning.settings(group: group),
      events: RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_ERROR, logger: logger)
    // "rd_kafka_poll_set_consumer() redirects the main rd_kafka_poll() queue to the consumer's queue": one queue to
    // serve.
    _ = rd_kafka_poll_set_consumer(handle.pointer)
    guard let queue = rd_kafka_queue_get_consumer(handle.pointer) else {
      throw KafkaError(.configuration, subject: "group.id")
    }
    self.queue = queue
    let subscription = PartitionList()
    subscription.add(topic, RD_KAFKA_PARTITION_UA)
    let error = subscription.lend { rd_kafka_subscribe(handle.pointer, $0) }
    guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(error) }
  }

  deinit {
    rd_kafka_queue_destroy(queue)
  }

  /// Ends the wait of the consumer's thread at once.
  func wakeThread() {
    rd_kafka_queue_yield(queue)
  }

  /// Blocks shortly, on the client's main thread. Only for the consumer's own thread.
  func assign(_ starts: [Int32: Int64]) throws(KafkaError) {
    let error = list(starts).lend { rd_kafka_assign(handle.pointer, $0) }
    guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(error) }
  }

  /// "To remove the assignment, pass NULL". Only for the consumer's own thread.
  func unassign() throws(KafkaError) {
    let error = rd_kafka_assign(handle.pointer, nil)
    guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(error) }
  }

  /// Asynchronous: the request is queued, and nobody needs its outcome.
  func commit(_ offsets: [Int32: Int64]) {
    _ = list(offsets).lend { rd_kafka_commit(handle.pointer, $0, 1) }
  }

  func watermarks(partition: Int32, timeout: Duration) async throws(KafkaError) -> (low: Int64, high: Int64) {
    let handle = handle
    let topic = topic
    return try await blocking.ask(within: timeout) { () throws(KafkaError) in
      try handle.watermarks(topic: topic, partition: partition, timeout: timeout)
    }
  }

  private func list(_ offsets: [Int32: Int64]) -> PartitionList {
    let list = PartitionList()
    for (partition, offset) in offsets { list.add(topic, partition, offset: offset) }
    return list
  }
}

/// Owns an `rd_kafka_topic_partition_list_t`.
struct PartitionList: ~Copyable {
  private let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t> = rd_kafka_topic_partition_list_new(1)

  func add(_ topic: String, _ partition: Int32, offset: Int64? = nil) {
    let element = rd_kafka_topic_partition_list_add(pointer, topic, partition)
    if let offset { element?.pointee.offset = offset }
  }

  /// Keeps the list for the whole call: as a value that is not copied it would otherwise end with its last use, which
  /// is reading the pointer.
  borrowing func lend<Result>(_ body: (UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) -> Result) -> Result {
    body(pointer)
  }

  deinit {
    rd_kafka_topic_partition_list_destroy(pointer)
  }
}

extension ClientHandle {
  /// Blocks until the leader has answered.
  func watermarks(topic: String, partition: Int32, timeout: Duration) throws(KafkaError) -> (low: Int64, high: Int64) {
    var low: Int64 = 0
    var high: Int64 = 0
    let error = rd_kafka_query_watermark_offsets(
      pointer, topic, partition, &low, &high, timeout.milliseconds)
    guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(unanswered: error) }
    return (low, high)
  }
}
