internal import CRdkafka
internal import Logging

/// The steps of `Topics.ensure`. They block: only for a thread of their own.
struct TopicAdmin: Sendable {
  private let topic: String
  private let deadline: ContinuousClock.Instant
  private let logger: Logger
  private let requests: AdminRequests

  init(
    cluster: ClusterSettings, topic: String, deadline: ContinuousClock.Instant, logger: Logger
  ) throws(KafkaError) {
    self.topic = topic
    self.deadline = deadline
    self.logger = logger
    requests = try AdminRequests(cluster: cluster, topic: topic, logger: logger)
  }

  func ensure(
    partitions: Int, replication: Int, options: [String: String]
  ) throws(KafkaError) -> TopicDescription {
    let found = try findOrCreate(partitions: partitions, replication: replication, options: options)
    guard found.partitions == partitions else {
      throw KafkaError(
        .topicMismatch, subject: "\(topic) has \(found.partitions) partitions, expected \(partitions)")
    }
    let config = try describeConfig()
    if let policy = config?["cleanup.policy"], policy.contains("compact") {
      throw KafkaError(.topicMismatch, subject: "\(topic) has cleanup.policy \(policy), expected delete")
    }
    return TopicDescription(
      name: topic, partitions: found.partitions, replication: found.replication, config: config,
      clusterID: requests.clusterID(timeout: patience))
  }

  /// Asks, makes, and asks again until every partition has a leader.
  ///
  /// A broker that did not hear of a new topic yet still calls it missing; making it again then is harmless, as
  /// `create` takes "exists already" for success.
  private func findOrCreate(
    partitions: Int, replication: Int, options: [String: String]
  ) throws(KafkaError) -> TopicState.Found {
    while true {
      let state = try retrying { () throws(KafkaError) in try requests.topicState(timeout: patience) }
      switch state {
      case .ready(let found):
        return found
      case .missing:
        try retrying { () throws(KafkaError) in
          try requests.create(
            partitions: partitions, replication: replication, options: options, timeout: patience)
        }
      case .electing:
        logger.info("topic \(topic): waiting for the leaders of its partitions")
      }
      try pause(because: KafkaError(.timedOut, subject: "topic \(topic) has no leader for every partition"))
    }
  }

  /// - Returns: `nil` where the broker cannot or may not tell.
  private func describeConfig() throws(KafkaError) -> [String: String]? {
    do throws(KafkaError) {
      // The topic was found, so a broker that does not know it has yet to hear of it.
      return try retrying(alsoAfter: .unknownTopic) { () throws(KafkaError) in
        try requests.describeConfig(of: Topics.describedSettings, timeout: patience)
      }
    } catch {
      guard error.code == .unsupported || error.code == .authentication else { throw error }
      logger.notice("topic \(topic): its settings cannot be read and are not checked: \(error.debugDescription)")
      return nil
    }
  }

  /// Does a step again while it fails for a moment, until the deadline.
  private func retrying<Value>(
    alsoAfter passing: KafkaError.Code? = nil, _ step: () throws(KafkaError) -> Value
  ) throws(KafkaError) -> Value {
    while true {
      do throws(KafkaError) {
        return try step()
      } catch {
        guard error.isRetriable || error.code == passing else { throw error }
        logger.info("topic \(topic): trying again after \(error.debugDescription)")
        try pause(because: error)
      }
    }
  }

  private func pause(because error: KafkaError) throws(KafkaError) {
    guard .now + Limits.adminRetryPause < deadline else { throw error }
    DedicatedThread.sleep(Limits.adminRetryPause)
  }

  /// What one request may take.
  private var patience: Duration {
    min(Limits.adminRequestTimeout, max(.milliseconds(1), deadline - .now))
  }
}
