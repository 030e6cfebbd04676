public import Logging

/// A topic as the cluster has it.
public struct TopicDescription: Sendable, Equatable {
  /// Its name.
  public let name: String
  /// Its number of partitions, each with a leader when this was read.
  public let partitions: Int
  /// Replicas of the partition that has the fewest; `nil` if the cluster does not say.
  public let replication: Int?
  /// `retention.ms`, `retention.bytes`, `cleanup.policy`, `min.insync.replicas`, as far as the broker tells them; `nil`
  /// where it cannot (the embedded broker) or may not tell us.
  public let config: [String: String]?
  /// The cluster's own id; `nil` if it does not say.
  public let clusterID: String?

  /// Whether the cluster is the embedded broker, wherever it runs: it is not durable, and it keeps only
  /// `EmbeddedBroker.Retention`.
  public var isEmbedded: Bool { clusterID?.hasPrefix(EmbeddedBroker.clusterIDPrefix) ?? false }
}

/// Makes and checks topics.
public enum Topics {
  /// The settings of a topic that are read back.
  static let describedSettings: Set<String> = [
    "retention.ms", "retention.bytes", "cleanup.policy", "min.insync.replicas",
  ]

  /// Makes sure that a topic exists with this number of partitions, and describes it.
  ///
  /// A missing topic is made through the admin API; another process may do so at the same time. While no broker,
  /// controller or leader can be found, it tries again until the timeout.
  ///
  /// - Parameters:
  ///   - replication: replicas of each partition, for a topic that has to be made; not compared for one that exists.
  ///   - options: the topic's own settings (`retention.ms`, …), for a topic that has to be made.
  /// - Throws: `topicMismatch` naming both counts when the topic exists with another number of partitions, or when its
  ///   log is compacted, which would leave gaps in the offsets; `unsupported` when it is missing and the broker has no
  ///   admin API; `configuration`, `authentication`, `brokersUnavailable`, `timedOut`.
  public static func ensure(
    cluster: ClusterSettings,
    name: String,
    partitions: Int,
    replication: Int,
    options: [String: String] = [:],
    timeout: Duration,
    logger: Logger
  ) async throws(KafkaError) -> TopicDescription {
    try TopicName.check(name)
    let admin = try TopicAdmin(cluster: cluster, topic: name, deadline: .now + timeout, logger: logger)
    return try await BlockingLane(name: "kafka-topics", waits: cluster.waits).run { () throws(KafkaError) in
      try admin.ensure(partitions: partitions, replication: replication, options: options)
    }
  }

  /// Deletes a topic with all its records, if there is one.
  ///
  /// - Throws: `unsupported` when the broker has no admin API; `authentication`, `brokersUnavailable`, `timedOut`.
  public static func delete(
    cluster: ClusterSettings, name: String, timeout: Duration, logger: Logger
  ) async throws(KafkaError) {
    try TopicName.check(name)
    let requests = try AdminRequests(cluster: cluster, topic: name, logger: logger)
    try await BlockingLane(name: "kafka-topics", waits: cluster.waits).run { () throws(KafkaError) in
      try requests.delete(timeout: timeout)
    }
  }

  /// Drops the first records of a topic's partitions: each begins at its offset then.
  ///
  /// - Parameter offsets: by partition, up to where it ends.
  /// - Throws: `offsetOutOfRange` for an offset past the end; `unsupported`, `authentication`, `brokersUnavailable`,
  ///   `timedOut`. Other partitions' records may have been dropped then.
  public static func deleteRecords(
    cluster: ClusterSettings, name: String, before offsets: [Partition: Offset], timeout: Duration, logger: Logger
  ) async throws(KafkaError) {
    try TopicName.check(name)
    let requests = try AdminRequests(cluster: cluster, topic: name, logger: logger)
    try await BlockingLane(name: "kafka-topics", waits: cluster.waits).run { () throws(KafkaError) in
      try requests.deleteRecords(before: offsets, timeout: timeout)
    }
  }
}
