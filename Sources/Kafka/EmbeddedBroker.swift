internal import CRdkafka
public import LogPositions
public import Logging
internal import Synchronization
internal import Vitals

/// A Kafka cluster in this process, for development, the demo and tests: librdkafka's mock cluster, with the real
/// protocol over TCP on loopback.
///
/// **Not durable.** It forgets everything when it stops. In each partition it keeps `Retention` and silently drops
/// older batches; topics are made here or when a client first asks for them, as it has no admin API. Its ports are
/// picked by the system.
///
/// The calls on it wait for the mock cluster's thread, some milliseconds at most.
public final class EmbeddedBroker: Sendable {
  /// What each partition keeps. Whichever is reached first, the oldest batches go
  /// (librdkafka 2.0.2 to 2.15, rdkafka_mock.c: `rd_kafka_mock_partition_init`, `rd_kafka_mock_msgset_new`).
  public enum Retention {
    /// Bytes of record batches as they were sent, that is compressed, with 61 bytes of overhead per batch.
    public static let bytesPerPartition = 5 * 1_024 * 1_024
    /// Record batches (not records): one for each partition in each produce request.
    public static let batchesPerPartition = 100_000
  }

  /// The kinds of request that `failNext` can fail, by their number in Kafka's protocol.
  public enum Request: Int16, Sendable, CaseIterable {
    /// Writing records.
    case produce = 0
    /// Reading records.
    case fetch = 1
    /// Asking for watermarks.
    case listOffsets = 2
    /// Asking for topics, partitions and leaders.
    case metadata = 3
    /// Committing group offsets.
    case offsetCommit = 8
    /// Looking for a group's coordinator.
    case findCoordinator = 10
    /// Joining a group.
    case joinGroup = 11
    /// Staying in a group.
    case heartbeat = 12
  }

  /// The answers that `failNext` can give.
  public enum Fault: String, Sendable, CaseIterable {
    /// The connection is closed instead of an answer.
    case disconnect
    /// The group has no coordinator at the moment.
    case coordinatorNotAvailable
    /// The record is too large.
    case messageTooLarge
    /// The topic may not be used.
    case topicAuthorizationFailed
    /// The group may not be used.
    case groupAuthorizationFailed
    /// Too few replicas in sync; nothing was appended.
    case notEnoughReplicas
    /// Too few replicas in sync; it was appended.
    case notEnoughReplicasAfterAppend
    /// The broker does not lead the partition.
    case notLeader
    /// The broker's own time for the request was over.
    case requestTimedOut
    /// Something inside the broker.
    case unknownServerError

    var error: rd_kafka_resp_err_t {
      switch self {
      case .disconnect: RD_KAFKA_RESP_ERR__TRANSPORT
      case .coordinatorNotAvailable: RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE
      case .messageTooLarge: RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE
      case .topicAuthorizationFailed: RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED
      case .groupAuthorizationFailed: RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED
      case .notEnoughReplicas: RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS
      case .notEnoughReplicasAfterAppend: RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND
      case .notLeader: RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION
      case .requestTimedOut: RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT
      case .unknownServerError: RD_KAFKA_RESP_ERR_UNKNOWN
      }
    }
  }

  /// How the cluster id of every mock cluster begins (rdkafka_mock.c, `rd_kafka_mock_cluster_new`).
  static let clusterIDPrefix = "mockCluster"

  /// `127.0.0.1:port` of every broker, comma-separated.
  public let bootstrapServers: String
  private let cluster: Mutex<MockCluster?>

  /// Starts the brokers, numbered from 1, and makes the topics.
  ///
  /// - Throws: `configuration` for a topic name or a number that is not valid; `other` when a topic could not be made.
  public init(
    brokers: Int = 1, topics: [(name: String, partitions: Int)] = [], logger: Logger
  ) throws(KafkaError) {
    guard let brokerCount = Int32(exactly: brokers), brokerCount > 0 else {
      throw KafkaError(.configuration, subject: "the number of brokers is \(brokers)")
    }
    let cluster = try MockCluster(brokers: brokerCount, logger: logger)
    for topic in topics {
      try TopicName.check(topic.name)
      guard let partitions = Int32(exactly: topic.partitions), partitions > 0 else {
        throw KafkaError(.configuration, subject: "topic \(topic.name) has \(topic.partitions) partitions")
      }
      try check(rd_kafka_mock_topic_create(cluster.pointer, topic.name, partitions, brokerCount))
    }
    bootstrapServers = String(cString: rd_kafka_mock_cluster_bootstraps(cluster.pointer))
    self.cluster = Mutex(cluster)
  }

  /// Stops all brokers; what they held is gone. Further calls throw `closed`.
  public func shutdown() async {
    // The mock cluster lets go of itself on its own thread when its last user does.
    let destroyed = cluster.withLock { cluster in
      defer { cluster = nil }
      return cluster?.destroyed
    }
    await destroyed?.wait()
  }

  /// Closes the connections of a broker and accepts no more. Its partitions keep it as their leader: see `moveLeader`.
  public func setDown(_ broker: Int32) throws(KafkaError) {
    try onCluster { rd_kafka_mock_broker_set_down($0, broker) }
  }

  /// Lets a broker accept connections again.
  public func setUp(_ broker: Int32) throws(KafkaError) {
    try onCluster { rd_kafka_mock_broker_set_up($0, broker) }
  }

  /// Delays every answer of every broker by this long, from now on.
  public func setRoundTrip(_ delay: Duration) throws(KafkaError) {
    try onCluster { rd_kafka_mock_broker_set_rtt($0, -1, delay.milliseconds) }
  }

  /// Makes another broker the leader of a partition.
  public func moveLeader(topic: String, partition: Partition, to broker: Int32) throws(KafkaError) {
    try onCluster { rd_kafka_mock_partition_set_leader($0, topic, partition.rawValue, broker) }
  }

  /// Answers the next requests of a kind with these faults, in this order, the whole list `count` times over.
  public func failNext(request: Request, with faults: [Fault], count: Int = 1) throws(KafkaError) {
    let errors = repeatElement(faults.map(\.error), count: max(0, count)).flatMap { $0 }
    try onCluster {
      rd_kafka_mock_push_request_errors_array($0, request.rawValue, errors.count, errors)
      return RD_KAFKA_RESP_ERR_NO_ERROR
    }
  }

  /// Forgets the faults that were not given yet.
  public func clearFaults(request: Request) throws(KafkaError) {
    try onCluster {
      rd_kafka_mock_clear_request_errors($0, request.rawValue)
      return RD_KAFKA_RESP_ERR_NO_ERROR
    }
  }

  /// The cluster stays for the whole call, even if it is shut down meanwhile.
  private func onCluster(_ body: (OpaquePointer) -> rd_kafka_resp_err_t) throws(KafkaError) {
    guard let cluster = cluster.withLock({ $0 }) else { throw KafkaError(.closed) }
    let error = withExtendedLifetime(cluster) { body(cluster.pointer) }
    try check(error)
  }
}

private func check(_ error: rd_kafka_resp_err_t) throws(KafkaError) {
  guard error == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(error) }
}

/// Owns the mock cluster and the client that it needs "for internal book keeping" (rdkafka_mock.h).
///
/// `@unchecked Sendable`: the mock cluster's functions hand their work to its own thread or take its lock
/// (rdkafka_mock.c); the pointer never changes.
private final class MockCluster: @unchecked Sendable {
  let pointer: OpaquePointer
  /// Comes when the brokers and their client are gone.
  let destroyed: Announcement<Void, Never>
  private let handle: ClientHandle

  init(brokers: Int32, logger: Logger) throws(KafkaError) {
    // A client without a broker to connect to: it only lends its thread and its log.
    handle = try ClientHandle(.producer, cluster: ClusterSettings(brokers: ""), fixed: [], events: 0, logger: logger)
    destroyed = handle.destroyed
    guard let pointer = rd_kafka_mock_cluster_new(handle.pointer, brokers) else {
      throw KafkaError(.other, detail: "the embedded broker could not be started")
    }
    self.pointer = pointer
  }

  deinit {
    // Waits for the mock cluster's thread; the client goes after it, with the last reference.
    let cluster = Remains(pointer: pointer, handle: handle)
    DedicatedThread.start(name: "kafka-broker-end") {
      rd_kafka_mock_cluster_destroy(cluster.pointer)
    }
  }

  /// What the destroying thread takes over. `@unchecked Sendable`: nobody else has it any more.
  private struct Remains: @unchecked Sendable {
    let pointer: OpaquePointer
    let handle: ClientHandle
  }
}
