import Kafka
import TestSupport
import Testing
import Vitals

@Suite(.timeLimit(.minutes(1)))
struct LogReaderTests {
  @Test func `it reads exactly from the first offset up to but not including the last`() async throws {
    try await withBroker(partitions: 2) { _, cluster in
      try await fill(cluster, partition: 1, count: 25_000)
      let reader = try LogReader(cluster: cluster, topic: topic, logger: logger)
      #expect(try await reader.watermarks(partition: 1) == (0, 25_000))
      for stretch in [Int64(0)..<1, 24_999..<25_000, 100..<12_345, 0..<25_000] {
        var found: [Offset] = []
        try await reader.read(
          partition: 1, from: Offset(stretch.lowerBound), upTo: Offset(stretch.upperBound)
        ) { record in
          found.append(record.offset)
          #expect(record.value.map { String(decoding: $0, as: UTF8.self) } == "\(record.offset)")
        }
        #expect(found == offsets(stretch))
      }
    }
  }

  @Test func `an empty stretch asks nobody`() async throws {
    let reader = try LogReader(cluster: ClusterSettings(brokers: "127.0.0.1:1"), topic: topic, logger: logger)
    try await reader.read(partition: 0, from: 5, upTo: 5) { _ in Issue.record("there is no record") }
  }

  @Test func `who is cancelled waits for no broker's answer`() async throws {
    try await withBroker { broker, cluster in
      try broker.setRoundTrip(.seconds(60))
      let reader = try LogReader(cluster: cluster, topic: topic, logger: logger)
      let asking = Task { try await reader.watermarks(partition: 0, timeout: .seconds(5)) }
      #expect(try await eventually { !cluster.waits.current.isEmpty })
      let cancelled = ContinuousClock.now
      asking.cancel()
      await #expect(throws: KafkaError.self) { _ = try await asking.value }
      #expect(.now - cancelled < .seconds(1))
    }
  }

  @Test func `a log that is shorter is an error, after its records`() async throws {
    try await withBroker { _, cluster in
      try await fill(cluster, count: 10)
      let reader = try LogReader(cluster: cluster, topic: topic, logger: logger)
      var count = 0
      let short = await #expect(throws: KafkaError.self) {
        try await reader.read(partition: 0, from: 0, upTo: 11) { _ in count += 1 }
      }
      #expect(short?.code == .offsetOutOfRange)
      #expect(count == 10)
      let beyond = await #expect(throws: KafkaError.self) {
        try await reader.read(partition: 0, from: 50, upTo: 60) { _ in Issue.record("there is no record") }
      }
      #expect(beyond?.code == .offsetOutOfRange)
    }
  }

  @Test func `what the closure throws ends the read`() async throws {
    struct Enough: Error {}
    try await withBroker { _, cluster in
      try await fill(cluster, count: 10)
      let reader = try LogReader(cluster: cluster, topic: topic, logger: logger)
      var seen: [Offset] = []
      await #expect(throws: Enough.self) {
        try await reader.read(partition: 0, from: 0, upTo: 10) { record in
          seen.append(record.offset)
          if record.offset == 3 { throw Enough() }
        }
      }
      #expect(seen == [0, 1, 2, 3])
    }
  }

  @Test func `a cancelled read ends`() async throws {
    try await withBroker { broker, cluster in
      try await fill(cluster, count: 10)
      try broker.setDown(1)
      let reader = try LogReader(cluster: cluster, topic: topic, logger: logger)
      let read = Task {
        try await reader.read(partition: 0, from: 0, upTo: 10) { _ in Issue.record("nobody can answer") }
      }
      read.cancel()
      await #expect(throws: (any Error).self) { try await read.value }
    }
  }
}
