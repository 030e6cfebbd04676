import Kafka
import Logging
import Synchronization
import Testing

/// What is said of the log fits what is the case.
@Suite struct WordsTests {
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

  @Test func `that one broker of three is lost is a notice, and not that none can be reached`() async throws {
    try await withBroker(brokers: 3, partitions: 3) { broker, cluster in
      let lines = Lines()
      let producer = try Producer(cluster: cluster, topic: topic, logger: lines.logger) { _ in }
      for partition in 0..<3 as Range<Int32> {
        _ = await producer.send(partition: partition, key: [1], value: [1])
      }
      try broker.setDown(1)
      while !lines.all.contains(where: { $0.text.contains("connection to a broker of the log was lost") }) {
        try await Task.sleep(for: .milliseconds(20))
      }
      let said = lines.all
      let loudest = said.map(\.level).max()
      #expect(loudest == .notice, "\(said)")
      _ = await producer.shutdown(deadline: .seconds(2))
    }
  }

  @Test func `that all brokers are gone is a warning that says so`() async throws {
    try await withBroker { broker, cluster in
      let lines = Lines()
      let producer = try Producer(cluster: cluster, topic: topic, logger: lines.logger) { _ in }
      _ = await producer.send(partition: 0, key: [1], value: [1])
      try broker.setDown(1)
      while !lines.all.contains(where: { $0.level == .warning && $0.text.contains("no broker of the log") }) {
        try await Task.sleep(for: .milliseconds(20))
      }
      _ = await producer.shutdown(deadline: .seconds(2))
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
