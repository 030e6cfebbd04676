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

  /// Takes broker 1 away until a client that uses it says these words; brings it back in between. A client says nothing
  /// of a connection that it loses at some moments, so one time is not enough.
  private func loseBroker(
    of broker: EmbeddedBroker, _ cluster: ClusterSettings, until words: String
  ) async throws -> Lines {
    let lines = Lines()
    let producer = try Producer(cluster: cluster, topic: topic, logger: lines.logger) { _ in }
    var told = false
    for _ in 0..<losses where !told {
      for partition in 0..<3 as Range<Int32> {
        _ = await producer.send(partition: partition, key: [1], value: [1])
      }
      try broker.setDown(1)
      told = try await eventually(within: .seconds(5)) { lines.all.contains { $0.text.contains(words) } }
      try broker.setUp(1)
    }
    _ = await producer.shutdown(deadline: .seconds(2))
    #expect(told, "\(lines.all)")
    return lines
  }

  private let losses = 5

  @Test func `that one broker of three is lost is a notice, and not that none can be reached`() async throws {
    try await withBroker(brokers: 3, partitions: 3) { broker, cluster in
      let said = try await loseBroker(of: broker, cluster, until: "connection to a broker of the log was lost").all
      #expect(said.map(\.level).max() == .notice, "\(said)")
    }
  }

  @Test func `that all brokers are gone is a warning that says so`() async throws {
    try await withBroker(partitions: 3) { broker, cluster in
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
