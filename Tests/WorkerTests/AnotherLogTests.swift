import FlashSale
import Kafka
import OrderLog
import Postgres
import SaleStore
import TestSupport
import Testing
import Worker

/// The log is not the one that was decided from, though its offsets fit: nothing may be sold on a guess (I6, I10).
@Suite struct AnotherLogTests {
  private static let decided = 20

  @Test func `a topic made anew halts, also when it has grown past what was decided (I6)`() async throws {
    try await withDecided { bench, sale, _ in
      let other = try await anotherLog(bench, sale)
      let worker = try bench.startWorker(on: ClusterSettings(brokers: other.bootstrapServers))
      try await expectHalt(worker, bench, "recreated")
      await other.shutdown()
    }
  }

  @Test func `a running worker whose broker comes back with another log halts (I6)`() async throws {
    try await LogBench.with(partitions: 1) { bench in
      let sale = try await bench.store.create(openSale("double11", stock: ["phone": 500]))
      let line = try FaultyLine(to: try port(of: bench.broker), speech: .kafka)
      let worker = try bench.startWorker(on: ClusterSettings(brokers: "127.0.0.1:\(line.port)"))
      try await bench.feed(try records(sale, Self.decided, of: "early", in: bench))
      #expect(try await bench.drained())
      let other = try await anotherLog(bench, sale)
      line.turn(to: try port(of: other))
      line.cut()
      try await expectHalt(worker, bench, "recreated")
      await other.shutdown()
    }
  }

  @Test func `another log is met right after a connection was lost for nothing (I6)`() async throws {
    try await LogBench.with(partitions: 1) { bench in
      let sale = try await bench.store.create(openSale("double11", stock: ["phone": 500]))
      let line = try FaultyLine(to: try port(of: bench.broker), speech: .kafka)
      let worker = try bench.startWorker(on: ClusterSettings(brokers: "127.0.0.1:\(line.port)"))
      // librdkafka tells of the first loss only: the next ones are the same within 30 s.
      for part in 1...2 {
        try await bench.feed(try records(sale, Self.decided / 2, of: "early-\(part)", in: bench))
        #expect(try await bench.drained())
        line.cut()
      }
      try await bench.feed(try records(sale, Self.decided, of: "late", in: bench))
      #expect(try await bench.drained())
      let other = try await anotherLog(bench, sale, longer: 2 * Self.decided)
      line.turn(to: try port(of: other))
      line.cut()
      try await expectHalt(worker, bench, "recreated", decided: 2 * Self.decided)
      await other.shutdown()
    }
  }

  @Test func `a copy of the log goes on where the log ended (I10)`() async throws {
    try await withDecided { bench, sale, records in
      let copy = try EmbeddedBroker(topics: [(LogBench.topic, 1)], logger: quietLogger)
      let cluster = ClusterSettings(brokers: copy.bootstrapServers)
      let late = try self.records(sale, 5, of: "late", in: bench)
      try await LogBench.feed(records + late, to: cluster)
      _ = try bench.startWorker(on: cluster)
      #expect(try await eventually { try await StoredRows(bench.database).orders().count == Self.decided + late.count })
      await copy.shutdown()
    }
  }

  @Test func `after a person has looked, the log counts as the right one`() async throws {
    try await withDecided { bench, sale, _ in
      let other = try await anotherLog(bench, sale)
      let worker = try bench.startWorker(on: ClusterSettings(brokers: other.bootstrapServers))
      try await expectHalt(worker, bench, "recreated")
      let answer = try await bench.store.resume(Partition(0), of: LogBench.topic, ResumeRequest(because: "a test"))
      #expect(answer == .resumed)
      #expect(try await eventually { try await StoredRows(bench.database).orders().count == 2 * Self.decided })
      await other.shutdown()
    }
  }

  @Test func `the log counts from its beginning if a person says so, where nothing is known by its offset`()
    async throws
  {
    try await withDecided { bench, sale, _ in
      let other = try await anotherLog(bench, sale)
      let worker = try bench.startWorker(on: ClusterSettings(brokers: other.bootstrapServers))
      try await expectHalt(worker, bench, "recreated")
      func resume(at offset: Int64) async throws -> ResumeAnswer {
        try await bench.store.resume(
          Partition(0), of: LogBench.topic, ResumeRequest(because: "a test", at: Offset(offset)))
      }
      let connection = try await bench.database.connect()
      _ = try await connection.query(
        "INSERT INTO quarantined_records (topic, partition, log_offset, error) VALUES ($1, 0, 3, 'a test')",
        LogBench.topic)
      // A record at 3 that cannot be decided could not be set aside.
      #expect(try await resume(at: 0) == .decided(upTo: Offset(3)))
      try await expectHalt(worker, bench, "recreated")
      _ = try await connection.query("DELETE FROM quarantined_records")
      await connection.close()
      #expect(try await resume(at: 0) == .resumed)
      #expect(try await eventually { try await StoredRows(bench.database).orders().count == 3 * Self.decided })
      #expect(try await StoredRows(bench.database).quarantined().isEmpty)
      await other.shutdown()
    }
  }

  @Test func `a partition that went on too far goes back to where it was, and so do relays`() async throws {
    try await withDecided { bench, _, _ in
      let connection = try await bench.database.connect()
      _ = try await connection.query("UPDATE partition_progress SET halted_at = now(), halted_reason = 'a test'")
      _ = try await connection.query(
        "INSERT INTO relay_progress (topic, partition, next_offset) VALUES ('far', 0, 5000), ('behind', 0, 7)")
      let far = try await bench.store.resume(
        Partition(0), of: LogBench.topic, ResumeRequest(because: "a slip", at: Offset(5_000)))
      #expect(far == .resumed)
      _ = try await connection.query("UPDATE partition_progress SET halted_at = now(), halted_reason = 'too far'")
      let end = Offset(Int64(Self.decided))
      let back = try await bench.store.resume(
        Partition(0), of: LogBench.topic, ResumeRequest(because: "a test", at: end))
      #expect(back == .resumed)
      #expect(try await bench.store.progress(topic: LogBench.topic).map(\.nextOffset) == [end])
      let told = try await connection.query("SELECT next_offset, epoch FROM relay_progress ORDER BY topic")
      #expect(try told.map { try [$0.int64(0), $0.int64(1)] } == [[7, 0], [end.rawValue, 1]])
      await connection.close()
    }
  }

  @Test func `a partition that the topic has grown by is told and not served, and the others go on`() async throws {
    try await LogBench.with(partitions: 3, recorded: 2) { bench in
      let sale = try await bench.store.create(openSale("double11", stock: ["phone": 500]))
      var stray = try bench.place(sale, "phone", buyer: "mallory")
      stray.partition = 2
      var good = try records(sale, Self.decided, of: "buyer", in: bench)
      for index in good.indices { good[index].partition = 1 }
      try await bench.feed(good + [stray])
      let worker = try bench.startWorker()
      #expect(
        try await eventually { worker.status.reasons.contains { $0.contains("grown to 3 partitions") } },
        "\(worker.status.reasons)")
      #expect(try await eventually { try await StoredRows(bench.database).orders().count == Self.decided })
      #expect(try await bench.store.progress(topic: LogBench.topic).map(\.partition) == [Partition(0), Partition(1)])
    }
  }

  // MARK: Set-up

  /// A bench whose only partition has records that a worker decided, and no worker any more.
  private func withDecided(
    _ body: (LogBench, StoredSale, [OutgoingRecord]) async throws -> Void
  ) async throws {
    try await LogBench.with(partitions: 1) { bench in
      let sale = try await bench.store.create(openSale("double11", stock: ["phone": 500]))
      let early = try records(sale, Self.decided, of: "early", in: bench)
      try await bench.feed(early)
      let worker = try bench.startWorker("before")
      #expect(try await bench.drained())
      #expect(await worker.stop())
      try await body(bench, sale, early)
    }
  }

  private func records(
    _ sale: StoredSale, _ count: Int, of name: String, in bench: LogBench
  ) throws -> [OutgoingRecord] {
    try (0..<count).map { try bench.place(sale, "phone", buyer: "\(name)-\($0)") }
  }

  /// Another broker whose log is longer than what was decided, by so much.
  private func anotherLog(
    _ bench: LogBench, _ sale: StoredSale, longer: Int = Self.decided
  ) async throws -> EmbeddedBroker {
    let broker = try EmbeddedBroker(topics: [(LogBench.topic, 1)], logger: quietLogger)
    try await LogBench.feed(
      try records(sale, Self.decided + longer, of: "other", in: bench),
      to: ClusterSettings(brokers: broker.bootstrapServers))
    return broker
  }

  private func port(of broker: EmbeddedBroker) throws -> UInt16 {
    try #require(broker.bootstrapServers.split(separator: ":").last.flatMap { UInt16($0) })
  }

  private func expectHalt(
    _ worker: RunningWorker, _ bench: LogBench, _ word: String, decided: Int = Self.decided
  ) async throws {
    #expect(try await eventually { worker.status.reasons.contains { $0.contains(word) } }, "\(worker.status)")
    #expect(try await StoredRows(bench.database).orders().count == decided)
    #expect(try await bench.store.progress(topic: LogBench.topic).map(\.nextOffset) == [Offset(Int64(decided))])
  }
}
