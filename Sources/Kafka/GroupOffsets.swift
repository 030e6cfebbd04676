internal import CRdkafka
internal import LogPositions
internal import Logging

/// Where a group stands, for lag tools: committed and asked by a client that reads nothing.
///
/// Not by the one that reads: while a commit of a client is under way, librdkafka starts none of its partitions
/// (rdkafka_assignment.c, `rd_kafka_assignment_serve`: `wait_commit_cnt`). A commit waits for the group's coordinator,
/// and that one for its replicas. So a lane that opened its partition again stood still until a coordinator that had
/// nothing to do with it was back.
///
/// `@unchecked Sendable`: rd_kafka_t and queues are thread-safe; the pointers never change.
final class GroupOffsets: @unchecked Sendable {
  private let handle: ClientHandle
  private let topic: String
  private let blocking: BlockingLane

  init(cluster: ClusterSettings, topic: String, group: String, tuning: ConsumerTuning, logger: Logger)
    throws(KafkaError)
  {
    self.topic = topic
    blocking = BlockingLane(name: "kafka-consumer-offsets", waits: cluster.waits)
    // Without events, librdkafka logs what it has to say, and nobody needs to serve a queue.
    handle = try ClientHandle(
      .consumer, cluster: cluster, fixed: tuning.settings(group: group), events: 0, logger: logger)
  }

  /// Asynchronous: the request is queued, and nobody needs its outcome.
  func commit(_ offsets: [Partition: Offset]) {
    _ = PartitionList(topic, offsets).lend { rd_kafka_commit(handle.pointer, $0, 1) }
  }

  /// Commits, and waits until the coordinator has answered this and what came before, or for `patience`. Blocks.
  func commitLast(_ offsets: [Partition: Offset], patience: Duration) {
    guard !offsets.isEmpty, let answers = rd_kafka_queue_new(handle.pointer) else { return }
    defer { rd_kafka_queue_destroy(answers) }
    let error = PartitionList(topic, offsets).lend { rd_kafka_commit_queue(handle.pointer, $0, answers, nil, nil) }
    guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { return }
    if let event = rd_kafka_queue_poll(answers, patience.milliseconds) { rd_kafka_event_destroy(event) }
  }

  /// The offset that was committed to the group; `nil` if none was.
  func committed(partition: Partition, timeout: Duration) async throws(KafkaError) -> Offset? {
    let handle = handle
    let topic = topic
    return try await blocking.ask(within: timeout) { () throws(KafkaError) in
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
}
