import Synchronization

/// A Kafka cluster that is measured instead of the embedded broker.
///
/// Every shop has a topic of its own on it, because a database that knows nothing would decide the records of the shop
/// before it once more. Penstock makes the topics; nobody deletes them but the cluster's owner.
final class Cluster: Sendable {
  private let brokers: String
  private let prefix: String
  private let replication: Int
  private let topics = Mutex(0)

  /// - Parameters:
  ///   - brokers: `host:port,host:port…`
  ///   - prefix: what the names of its topics begin with.
  ///   - replication: replicas of each topic.
  init(brokers: String, prefix: String, replication: Int) {
    self.brokers = brokers
    self.prefix = prefix
    self.replication = replication
  }

  /// What a shop's processes are told, for a topic and a consumer group that nobody has used yet.
  func environmentOfNextTopic() -> [String: String] {
    let number = topics.withLock { count in
      count += 1
      return count
    }
    let topic = "\(prefix)-\(number)"
    return [
      "PENSTOCK_KAFKA_BROKERS": brokers, "PENSTOCK_TOPIC": topic, "PENSTOCK_CONSUMER_GROUP": topic,
      "PENSTOCK_REPLICATION": "\(replication)", "PENSTOCK_RETENTION_HOURS": "1",
    ]
  }
}
