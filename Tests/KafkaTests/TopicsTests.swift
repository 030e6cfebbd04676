import TestSupport
import Testing

@testable import Kafka

@Suite(.timeLimit(.minutes(1)))
struct TopicsTests {
  @Test func `a topic that is as expected is described`() async throws {
    try await withBroker(brokers: 3, partitions: 5) { _, cluster in
      let found = try await Topics.ensure(
        cluster: cluster, name: topic, partitions: 5, replication: 3, timeout: .seconds(10), logger: logger)
      #expect(found.name == topic)
      #expect(found.partitions == 5)
      #expect(found.replication == 3)
      #expect(found.config == nil)
    }
  }

  @Test func `the embedded broker is known by its cluster id`() async throws {
    try await withBroker(partitions: 1) { _, cluster in
      let found = try await Topics.ensure(
        cluster: cluster, name: topic, partitions: 1, replication: 1, timeout: .seconds(10), logger: logger)
      #expect(found.isEmbedded)
    }
  }

  @Test func `another partition count is refused, naming both`() async throws {
    try await withBroker(partitions: 4) { _, cluster in
      let error = await #expect(throws: KafkaError.self) {
        try await Topics.ensure(
          cluster: cluster, name: topic, partitions: 12, replication: 1, timeout: .seconds(10), logger: logger)
      }
      #expect(error?.code == .topicMismatch)
      #expect(error?.description.contains("has 4 partitions, expected 12") == true)
    }
  }

  @Test func `a missing topic is not made by asking for it`() async throws {
    try await withBroker { _, cluster in
      // The embedded broker has no admin API, so the attempt to make the topic is refused.
      for _ in 0..<2 {
        let error = await #expect(throws: KafkaError.self) {
          try await Topics.ensure(
            cluster: cluster, name: "missing", partitions: 4, replication: 1, timeout: .seconds(10), logger: logger)
        }
        #expect(error?.code == .unsupported)
      }
    }
  }

  @Test func `a topic that gets its leaders in time is waited for`() async throws {
    try await withBroker(partitions: 2) { broker, cluster in
      try broker.moveLeader(topic: topic, partition: 1, to: -1)
      let lines = LogLines()
      async let found = Topics.ensure(
        cluster: cluster, name: topic, partitions: 2, replication: 1, timeout: .seconds(20), logger: lines.logger)
      await lines.wait(for: "waiting for the leaders")
      try broker.moveLeader(topic: topic, partition: 1, to: 1)
      #expect(try await found.partitions == 2)
    }
  }

  @Test func `without a broker it gives up at its timeout`() async throws {
    let error = await #expect(throws: KafkaError.self) {
      try await Topics.ensure(
        cluster: ClusterSettings(brokers: "127.0.0.1:1"), name: topic, partitions: 2, replication: 1,
        timeout: .seconds(1), logger: logger)
    }
    #expect(error?.isRetriable == true)
  }

  @Test(arguments: ["", "^orders", "or ders", "..", String(repeating: "x", count: 250)])
  func `a name that Kafka does not allow is refused`(name: String) async throws {
    let error = await #expect(throws: KafkaError.self) {
      try await Topics.ensure(
        cluster: ClusterSettings(brokers: "127.0.0.1:1"), name: name, partitions: 2, replication: 1,
        timeout: .seconds(1), logger: logger)
    }
    #expect(error?.code == .configuration)
  }
}
