import FlashSale
import Foundation
import Kafka
import Logging
import OrderLog
import Postgres
import SaleStore

/// What must hold for the log and the store before anything runs on them. Waits for both, and refuses a mismatch.
struct LogPreparation: Sendable {
  let configuration: Configuration
  let cluster: ClusterSettings
  let waiting: Waiting
  let logger: Logger

  /// Checks the database and its schema, makes or checks the topic, and compares its partition count with the recorded
  /// one.
  ///
  /// While PostgreSQL or the brokers cannot be reached, it says so and tries again. Throws a failure that waiting does
  /// not mend.
  func run(_ store: SaleStore) async throws -> PreparedLog {
    try await waiting(for: "PostgreSQL") { try await checkDatabase() }
    let log = configuration.log
    let topic = try await waiting(for: "the log") {
      try await Topics.ensure(
        cluster: cluster, name: log.topic, partitions: log.partitions, replication: log.replication,
        options: options(of: log), timeout: Limits.topicTimeout, logger: logger)
    }
    warn(about: topic)
    let hasRoomTopic = try await prepareRooms(store)
    try await waiting(for: "PostgreSQL") {
      try await store.record(topic: log.topic, partitions: Int32(log.partitions))
    }
    return PreparedLog(topic: topic, hasRoomTopic: hasRoomTopic)
  }

  /// Makes or checks the waiting rooms' topic.
  func makeRoomTopic() async throws {
    let log = configuration.log
    _ = try await Topics.ensure(
      cluster: cluster, name: RoomLog.topic(beside: log.topic), partitions: 1, replication: log.replication,
      options: options(of: log), timeout: Limits.topicTimeout, logger: logger)
  }

  /// Makes or checks the topic of events.
  func makeEventsTopic() async throws {
    let log = configuration.log
    _ = try await Topics.ensure(
      cluster: cluster, name: configuration.eventsTopic, partitions: log.partitions, replication: log.replication,
      options: options(of: log), timeout: Limits.topicTimeout, logger: logger)
  }

  /// Waits for the waiting rooms' topic only if a sale has a room: where none has, nobody is kept from selling because
  /// the cluster refuses a second topic.
  ///
  /// - Returns: whether it is there.
  private func prepareRooms(_ store: SaleStore) async throws -> Bool {
    do {
      try await makeRoomTopic()
      return true
    } catch {
      let areAny = try await waiting(for: "PostgreSQL") { try await store.hasRooms() }
      if areAny {
        try await waiting(for: "the waiting rooms' topic") { try await makeRoomTopic() }
        return true
      }
      logger.warning(
        "the waiting rooms' topic cannot be made, which is tried again; sales with a room cannot open before",
        metadata: ["error": "\(error)"])
      return false
    }
  }

  /// The settings of a topic that has to be made. A write is acknowledged by two replicas where there are three: one
  /// broker may fail without losing a 202, or refusing the next one.
  private func options(of log: Configuration.LogSettings) -> [String: String] {
    var options = ["retention.ms": "\(log.retention.components.seconds * 1_000)", "cleanup.policy": "delete"]
    if log.replication >= 3 { options["min.insync.replicas"] = "2" }
    return options
  }

  private func checkDatabase() async throws {
    let check = try await DatabaseCheck.run(configuration.database, for: .serving, logger: logger)
    guard !check.isStandby else {
      throw NotYet(reason: "it is a standby, which takes no writes until it is promoted")
    }
    try check.refuse()
    for warning in check.warnings { logger.warning("PostgreSQL: \(warning)") }
    let connection = try await Connection.connect(configuration.database.named("penstock check"), logger: logger)
    let all: [Migration]
    do {
      all = try await Migrator(directory: configuration.migrations).status(on: connection)
      await connection.close()
    } catch {
      await connection.close()
      throw error
    }
    let missing = all.filter { $0.appliedAt == nil }
    guard missing.isEmpty else {
      throw Unavailable(
        description: "the database lacks \(missing.count) of \(all.count) migrations: run `penstock migrate` first")
    }
  }

  /// Warns about a topic that works but is less safe than it could be.
  private func warn(about topic: TopicDescription) {
    if topic.isEmbedded {
      logger.warning("the broker is the embedded one: not durable, for development only")
      return
    }
    if let replication = topic.replication, replication < 3 {
      logger.warning(
        "the topic has fewer than 3 replicas: a 202 survives fewer failures",
        metadata: ["topic": "\(topic.name)", "replication": "\(replication)"])
    }
    if let text = topic.config?["min.insync.replicas"], let inSync = Int(text), inSync < 2 {
      logger.warning(
        "min.insync.replicas is below 2: a 202 may rest on one broker",
        metadata: ["topic": "\(topic.name)", "min.insync.replicas": "\(inSync)"])
    }
    if let text = topic.config?["retention.ms"], let milliseconds = Int64(text), (0..<3_600_000).contains(milliseconds)
    {
      logger.warning(
        "the topic keeps records for less than an hour: a longer outage of the workers would lose accepted requests",
        metadata: ["topic": "\(topic.name)", "retention.ms": "\(milliseconds)"])
    }
  }
}

/// The log as the parts find it.
struct PreparedLog: Sendable {
  let topic: TopicDescription
  /// `false`: it has yet to be made.
  let hasRoomTopic: Bool
}

extension DatabaseCheck {
  /// Throws `ConfigurationError` if the database is unfit: it is the configuration that names it.
  func refuse() throws {
    guard refusals.isEmpty else {
      throw ConfigurationError(problems: refusals.map { "\(Variable.databaseURL.rawValue): \($0)" })
    }
  }
}
