import Kafka
import Logging
import Synchronization
import TestSupport
import Testing

/// What is said of the log fits what is the case.
@Suite(.timeLimit(.minutes(2)))
struct WordsTests {
  /// All that a client logs.
  private final class Lines: Sendable {
    private let lines = Mutex<[(level: Logger.Level, text: String)]>([])

    var all: [(level: Logger.Level, text: String)] { lines.withLock { $0 } }
    var logger: Logger { Logger(label: "words") { _ in Handler(lines: self) } }

    private struct Handler: LogHandler {
      let lines: Lines
      var metadata: Logger.Metadata = [:]
      var logLevel = Logger.Level.info

      subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
      }

      func log(event: LogEvent) {
        lines.lines.withLock { $0.append((event.level, "\(event.message)")) }
      }
    }
  }

  /// Takes broker 1 away from a client that uses it, and waits for these words.
  private func loseBroker(
    of broker: EmbeddedBroker, _ cluster: ClusterSettings, until words: String
  ) async throws -> Lines {
    // The embedded cluster gives leaders by chance, and a client has no connection to a broker that leads nothing.
    try broker.moveLeader(topic: topic, partition: 0, to: 1)
    let lines = Lines()
    let producer = try Producer(cluster: cluster, topic: topic, logger: lines.logger) { _ in }
    _ = await producer.send(partition: 0, key: [1], value: [1])
    try broker.setDown(1)
    let told = try await eventually { lines.all.contains { $0.text.contains(words) } }
    _ = await producer.shutdown(deadline: .seconds(2))
    #expect(told, "\(lines.all)")
    return lines
  }

  @Test func `that one broker of three is lost is a notice, and not that none can be reached`() async throws {
    try await withBroker(brokers: 3) { broker, cluster in
      let said = try await loseBroker(of: broker, cluster, until: "connection to a broker of the log was lost").all
      #expect(said.map(\.level).max() == .notice, "\(said)")
    }
  }

  @Test func `that all brokers are gone is a warning that says so`() async throws {
    try await withBroker { broker, cluster in
      let said = try await loseBroker(of: broker, cluster, until: "no broker of the log").all
      #expect(said.contains { $0.level == .warning && $0.text.contains("no broker of the log") }, "\(said)")
    }
  }

  @Test func `a log that tells which partitions have a leader is asked, and one that is gone answers in time`()
    async throws
  {
    try await withBroker(partitions: 4) { broker, cluster in
      let reader = try LogReader(cluster: cluster, topic: topic, logger: logger)
      #expect(try await reader.partitionsWithLeader(timeout: .seconds(5)) == [0, 1, 2, 3])
      try broker.setDown(1)
      let begun = ContinuousClock.now
      await #expect(throws: KafkaError.self) { _ = try await reader.partitionsWithLeader(timeout: .seconds(1)) }
      await #expect(throws: KafkaError.self) { _ = try await reader.watermarks(partition: 0, timeout: .seconds(1)) }
      #expect(.now - begun < .seconds(10))
    }
  }
}
