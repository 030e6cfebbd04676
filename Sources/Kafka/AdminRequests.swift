internal import CRdkafka
internal import Logging

/// What the cluster's metadata says of a topic.
enum TopicState {
  struct Found {
    let partitions: Int
    let replication: Int?
  }

  case missing
  /// It exists, but some partition has no leader yet.
  case electing
  case ready(Found)
}

/// Requests about one topic, each waiting for its answer.
///
/// `@unchecked Sendable`: rd_kafka_t and queues are thread-safe; the pointers never change.
final class AdminRequests: @unchecked Sendable {
  let name: String
  let handle: ClientHandle
  let replies: OpaquePointer
  /// What librdkafka says of its connections.
  private let complaints: OpaquePointer

  init(cluster: ClusterSettings, topic: String, logger: Logger) throws(KafkaError) {
    name = topic
    handle = try ClientHandle(.consumer, cluster: cluster, fixed: [], events: RD_KAFKA_EVENT_ERROR, logger: logger)
    complaints = rd_kafka_queue_get_main(handle.pointer)
    replies = rd_kafka_queue_new(handle.pointer)
  }

  deinit {
    rd_kafka_queue_destroy(replies)
    rd_kafka_queue_destroy(complaints)
  }

  // MARK: Metadata

  /// `nil` if the brokers do not say.
  func clusterID(timeout: Duration) -> String? {
    guard let id = rd_kafka_clusterid(handle.pointer, timeout.milliseconds) else { return nil }
    // "The returned pointer must be freed using rd_kafka_mem_free()".
    defer { rd_kafka_mem_free(handle.pointer, id) }
    return String(cString: id)
  }

  func topicState(timeout: Duration) throws(KafkaError) -> TopicState {
    let metadata = try metadata(timeout: timeout)
    // "The returned metadata must be released with rd_kafka_metadata_destroy()".
    defer { rd_kafka_metadata_destroy(metadata) }
    let topics = UnsafeBufferPointer(start: metadata.pointee.topics, count: Int(metadata.pointee.topic_cnt))
    guard let found = topics.first(where: { $0.topic.map { String(cString: $0) } == name }) else { return .missing }
    switch found.err {
    case RD_KAFKA_RESP_ERR_NO_ERROR: break
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC: return .missing
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE: return .electing
    default: throw KafkaError(found.err, subject: name)
    }
    let partitions = UnsafeBufferPointer(start: found.partitions, count: Int(found.partition_cnt))
    guard !partitions.isEmpty, partitions.allSatisfy({ $0.leader >= 0 }) else { return .electing }
    return .ready(
      TopicState.Found(
        partitions: partitions.count, replication: partitions.map { Int($0.replica_cnt) }.min()))
  }

  /// Asks for all topics: asking for one by its name can make it, if the broker speaks a version of the request that
  /// cannot forbid it (the embedded one does). A topic that we may not see looks missing, and making it is refused.
  private func metadata(timeout: Duration) throws(KafkaError) -> UnsafePointer<rd_kafka_metadata> {
    var metadata: UnsafePointer<rd_kafka_metadata>?
    let error = rd_kafka_metadata(handle.pointer, 1, nil, &metadata, timeout.milliseconds)
    guard error == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata else { throw explained(KafkaError(unanswered: error)) }
    return metadata
  }

  /// The failure of a request together with what was said of the connections meanwhile: a request that found no broker
  /// knows no more than that, and the reason (a password, a certificate) is an event of its own.
  private func explained(_ failure: KafkaError) -> KafkaError {
    var told = [failure]
    // The request can fail before the reason is queued: another thread tells that. Behind the first one nothing is
    // waited for.
    while let event = rd_kafka_queue_poll(complaints, told.count == 1 ? Limits.complaintWait.milliseconds : 0) {
      defer { rd_kafka_event_destroy(event) }
      guard rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR else { continue }
      told.append(KafkaError(rd_kafka_event_error(event), String(cString: rd_kafka_event_error_string(event))))
    }
    let refusals = told.filter { $0.code == .authentication }
    // The longest text is the one that has a cause to tell.
    let cause = (refusals.isEmpty ? told : refusals).max { $0.detail.count < $1.detail.count }
    return KafkaError(refusals.isEmpty ? failure.code : .authentication, detail: cause?.detail ?? failure.detail)
  }

  /// librdkafka sends administrative requests to the controller and waits for one to appear until the request's
  /// timeout. A cluster that names a controller which is none of its brokers has no admin API: the embedded broker
  /// names 0 and counts its brokers from 1. A real cluster without a controller names -1, and has one soon.
  private func requireController(timeout: Duration) throws(KafkaError) {
    let controller = rd_kafka_controllerid(handle.pointer, timeout.milliseconds)
    guard controller >= 0 else {
      throw explained(KafkaError(.brokersUnavailable, detail: "the cluster has no controller"))
    }
    let metadata = try metadata(timeout: timeout)
    defer { rd_kafka_metadata_destroy(metadata) }
    let brokers = UnsafeBufferPointer(start: metadata.pointee.brokers, count: Int(metadata.pointee.broker_cnt))
    guard brokers.contains(where: { $0.id == controller }) else {
      throw KafkaError(.unsupported, detail: "the cluster has no admin API: its controller \(controller) is no broker")
    }
  }

  // MARK: CreateTopics

  /// - Throws: retriable errors too; "exists already" is not an error.
  func create(
    partitions: Int, replication: Int, options: [String: String], timeout: Duration
  ) throws(KafkaError) {
    guard let partitionCount = Int32(exactly: partitions), let replicas = Int32(exactly: replication) else {
      throw KafkaError(.configuration, subject: "\(partitions) partitions with \(replication) replicas")
    }
    var topic: OpaquePointer? = try withErrorText(subject: name) { text, size in
      rd_kafka_NewTopic_new(name, partitionCount, replicas, text, size)
    }
    defer { rd_kafka_NewTopic_destroy(topic) }
    for (setting, value) in options {
      let error = rd_kafka_NewTopic_set_config(topic, setting, value)
      guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(error, subject: setting) }
    }
    let event = try request(RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout: timeout) { options in
      rd_kafka_CreateTopics(handle.pointer, &topic, 1, options, replies)
    }
    defer { rd_kafka_event_destroy(event) }
    var count = 0
    guard let topics = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count) else {
      throw KafkaError(.other, detail: "CreateTopics answered without a result")
    }
    for index in 0..<count {
      let error = rd_kafka_topic_result_error(topics[index])
      if error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS { continue }
      let text = rd_kafka_topic_result_error_string(topics[index]).map { String(cString: $0) }
      if error == RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR {
        // Also what a starting cluster says until enough of its brokers have registered, so it is worth another try.
        throw KafkaError(
          .notEnoughReplicas, subject: "\(replication) replicas for \(name)", detail: text ?? "")
      }
      throw KafkaError(error, text, subject: name)
    }
  }

  // MARK: DescribeConfigs

  /// - Returns: those of `settings` that the broker told.
  func describeConfig(of settings: Set<String>, timeout: Duration) throws(KafkaError) -> [String: String] {
    var resource: OpaquePointer? = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name)
    guard resource != nil else { throw KafkaError(.configuration, subject: name) }
    defer { rd_kafka_ConfigResource_destroy(resource) }
    let event = try request(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout: timeout) { options in
      rd_kafka_DescribeConfigs(handle.pointer, &resource, 1, options, replies)
    }
    // The result, its resources and entries are the event's.
    defer { rd_kafka_event_destroy(event) }
    var count = 0
    let resources = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event), &count)
    guard let resources, count == 1, let described = resources[0] else {
      throw KafkaError(.other, detail: "DescribeConfigs answered without a result")
    }
    let error = rd_kafka_ConfigResource_error(described)
    guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
      throw KafkaError(error, rd_kafka_ConfigResource_error_string(described).map { String(cString: $0) })
    }
    var entryCount = 0
    guard let entries = rd_kafka_ConfigResource_configs(described, &entryCount) else { return [:] }
    var found: [String: String] = [:]
    for index in 0..<entryCount {
      let entry = entries[index]
      guard let name = rd_kafka_ConfigEntry_name(entry), let value = rd_kafka_ConfigEntry_value(entry) else { continue }
      let setting = String(cString: name)
      if settings.contains(setting) { found[setting] = String(cString: value) }
    }
    return found
  }

  // MARK: The way of every admin request

  /// Sends a request and waits for its answer.
  ///
  /// - Returns: the answer, to be destroyed by the caller. The request as a whole succeeded; its parts can have failed.
  func request(
    _ operation: rd_kafka_admin_op_t, timeout: Duration, send: (OpaquePointer) -> Void
  ) throws(KafkaError) -> OpaquePointer {
    try requireController(timeout: timeout)
    guard let options = rd_kafka_AdminOptions_new(handle.pointer, operation) else {
      throw KafkaError(.unsupported)
    }
    defer { rd_kafka_AdminOptions_destroy(options) }
    _ = try withErrorText(subject: "request timeout") { text, size in
      rd_kafka_AdminOptions_set_request_timeout(options, timeout.milliseconds, text, size)
        == RD_KAFKA_RESP_ERR_NO_ERROR ? true : nil
    }
    if operation != RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS {
      // What the controller itself may take. librdkafka's default of 0 means "do not wait"; a KRaft controller may let
      // such a request run out of time before it does anything, and librdkafka calls that a success.
      _ = try withErrorText(subject: "operation timeout") { text, size in
        rd_kafka_AdminOptions_set_operation_timeout(options, timeout.milliseconds, text, size)
          == RD_KAFKA_RESP_ERR_NO_ERROR ? true : nil
      }
    }
    send(options)
    // librdkafka always answers: with _TIMED_OUT at the latest when the request timeout is over.
    guard let event = rd_kafka_queue_poll(replies, -1) else {
      throw KafkaError(.timedOut)
    }
    let error = rd_kafka_event_error(event)
    guard error == RD_KAFKA_RESP_ERR_NO_ERROR else {
      defer { rd_kafka_event_destroy(event) }
      throw KafkaError(error, String(cString: rd_kafka_event_error_string(event)))
    }
    return event
  }
}
