import Audit
import FlashSale
import Kafka
import OrderLog
import Postgres
import SaleStore
import TestSupport
import Testing

/// Logs that are not as simple as one that is whole and right.
@Suite struct LogTests {
  @Test(.timeLimit(.minutes(3))) func `a log that has lost its beginning vouches from there on, and no further`()
    async throws
  {
    try await AuditBench.with { bench in
      let sale = try await bench.store.create(openSale("double11", stock: ["phone": 4, "case": 2], limit: 2))
      let cases = StockKey(sale: sale.number, sku: SKU(unchecked: "case"))
      try await bench.feed([
        bench.place(sale, "phone", "alice", 2), bench.place(sale, "phone", "bob"),
        bench.record(.close(cases, at: insideTheSale), sale, "case"),
      ])
      // The embedded broker keeps 5 MiB of a partition, and drops whole batches from the beginning.
      try await bench.feed((0..<3).map { try bench.bulk(sale, filling: $0) })
      try await bench.feed([
        bench.place(sale, "phone", "alice", 2), bench.place(sale, "phone", "alice"),
        bench.place(sale, "phone", "carol"),
        bench.place(sale, "phone", "dave"), bench.place(sale, "case", "erin"),
      ])
      try await bench.decideAll()
      let reader = try OrderReader(cluster: bench.cluster, topic: AuditBench.topic, logger: quietLogger)
      for filling in 3..<6 as Range<UInt64> { try await bench.feed([bench.bulk(sale, filling: filling)]) }
      let low = try await reader.bounds(of: 0).lowerBound.rawValue
      #expect((3...6).contains(low), "the broker has dropped the first batch, and not the last")

      let report = try await bench.audit()
      #expect(report.exitCode == 2, "\(AuditText.text(report))")
      #expect(report.violations.isEmpty)
      #expect(report.unchecked.contains { $0.contains("vouches from there on") }, "\(report.unchecked)")
      #expect(report.partitions.map(\.vouchedFrom) == [low])
      #expect(report.counts.believed == 2 && report.counts.compared == 11 - low)

      let connection = try await bench.database.connect()
      _ = try await connection.query("UPDATE orders SET outcome = 0 WHERE buyer = 'dave'")
      await connection.close()
      let violated = try await bench.audit()
      #expect(violated.exitCode == 1 && violated.counts.oversold == 1)
      #expect(violated.has(.oversold, "0@9", "by the log it is sold_out"), "\(AuditText.text(violated))")
    }
  }

  @Test(.timeLimit(.minutes(3))) func `a log that is not the one decided from is told`() async throws {
    try await AuditBench.with { bench in
      let sale = try await bench.store.create(openSale("double11", stock: ["phone": 4]))
      try await bench.feed(["alice", "bob", "carol"].map { try bench.place(sale, "phone", $0) })
      try await bench.decideAll()
      #expect(try await bench.audit().verdict == .sound)
      let connection = try await bench.database.connect()
      // As if the last record had been another one.
      _ = try await connection.query("UPDATE partition_progress SET last_record = last_record + 1")
      await connection.close()
      let report = try await bench.audit()
      #expect(report.exitCode == 2 && report.violations.isEmpty, "\(AuditText.text(report))")
      #expect(report.unchecked.contains { $0.contains("not the one decided there") }, "\(report.unchecked)")
    }
  }

  @Test(.timeLimit(.minutes(3))) func `a record that PostgreSQL refused is no violation, and is told`() async throws {
    try await AuditBench.with { bench in
      let sale = try await bench.store.create(openSale("double11", stock: ["phone": 2]))
      let connection = try await bench.database.connect()
      _ = try await connection.query(
        "ALTER TABLE orders ADD CONSTRAINT orders_not_mallory CHECK (buyer <> 'mallory')")
      await connection.close()
      try await bench.feed(["alice", "mallory", "bob", "carol"].map { try bench.place(sale, "phone", $0) })
      try await bench.decideAll()
      let report = try await bench.audit()
      #expect(report.verdict == .sound, "\(AuditText.text(report))")
      #expect(report.counts.confirmed == 2 && report.counts.quarantined == 1)
      #expect(report.notes.contains { $0.contains("1 records that can be read are in quarantine") }, "\(report.notes)")
    }
  }

  @Test(.timeLimit(.minutes(3))) func `a request in another partition than its key's is found (I7)`() async throws {
    try await AuditBench.with(partitions: 2) { bench in
      let sale = try await bench.store.create(openSale("double11", stock: ["phone": 2]))
      var astray = try bench.place(sale, "phone", "bob")
      let right = astray.partition
      let wrong = Partition(1 - right.rawValue)
      astray.partition = wrong
      try await bench.feed([bench.place(sale, "phone", "alice"), astray])
      try await bench.decideAll()
      let report = try await bench.audit()
      #expect(report.has(.lane, "\(wrong)@0", "belongs to partition \(right)"), "\(AuditText.text(report))")
    }
  }

  @Test(.timeLimit(.minutes(3))) func `a key used in two lanes is one order, wherever it was decided (I8)`()
    async throws
  {
    try await AuditBench.with(partitions: 4) { bench in
      let sale = try await bench.store.create(openSale("double11", stock: ["phone": 50, "case": 50, "cable": 50]))
      let records = try (0..<300).map { index in
        try bench.place(sale, ["phone", "case", "cable"][index % 3], "buyer-\(index / 3)", key: "key")
      }
      #expect(Set(records.map(\.partition)).count > 1)
      try await bench.feed(records)
      try await bench.decideAll()
      let report = try await bench.audit()
      #expect(report.verdict == .sound, "\(AuditText.text(report))")
      #expect(report.counts.decided == 100 && report.counts.repeats == 200)
    }
  }

  @Test(.timeLimit(.minutes(3))) func `over several stretches the limit, the repeats and the last unit hold (I2, I9)`()
    async throws
  {
    try await TestDatabase.with { database in
      try await database.withStore { store in
        let log = try await LongLog.fill(store, database, records: 150_000)
        let report = try await LongLog.audit(log, database)
        #expect(report.verdict == .sound, "\(AuditText.text(report))")
        #expect(report.counts.compared == 150_000 && report.counts.confirmed == log.buyers)

        let connection = try await database.connect()
        // The row at offset 100,000: a stretch begins there, and its buyer got their unit two stretches before.
        _ = try await connection.query("UPDATE orders SET outcome = 0 WHERE log_offset = 100000")
        await connection.close()
        let violated = try await LongLog.audit(log, database)
        #expect(violated.has(.limit, "0@100000", "by the log it is limit_reached"), "\(AuditText.text(violated))")
        #expect(violated.has(.stock, nil, "the confirmed orders have \(log.buyers + 1)"))
        #expect(violated.violations.count == 2)
      }
    }
  }

  @Test(.timeLimit(.minutes(2))) func `offsets without a record are summed up, however many there are`() async throws {
    try await TestDatabase.with { database in
      try await database.withStore { store in
        let log = try await PiercedLog.fill(store, database)
        let audited = try await AuditStore.connect(try database.settings, logger: quietLogger)
        let report = try await Auditor(store: audited, log: log, topic: AuditBench.topic).run()
        await audited.close()
        #expect(report.exitCode == 2, "\(AuditText.text(report))")
        #expect(report.counts.closes == PiercedLog.length / 2)
        #expect(
          report.unchecked == [
            "partition 0: the log has no records at \(PiercedLog.length / 2) of its offsets, the first of them 1 to 1"
          ])
      }
    }
  }
}

/// A log with a record at every second offset: each closes the same stock, and so has no row of its own.
private struct PiercedLog: AuditLog {
  static let length: Int64 = 120_000
  let stock: StockKey

  static func fill(_ store: SaleStore, _ database: TestDatabase) async throws -> PiercedLog {
    try await store.record(topic: AuditBench.topic, partitions: 1)
    let sale = try await store.create(openSale("closed", stock: ["phone": 1]))
    let connection = try await database.connect()
    _ = try await connection.query("UPDATE stock SET closed = true")
    _ = try await connection.query(
      "INSERT INTO partition_progress (topic, partition, next_offset) VALUES ($1, 0, $2)", AuditBench.topic, length)
    await connection.close()
    return PiercedLog(stock: StockKey(sale: sale.number, sku: SKU(unchecked: "phone")))
  }

  func bounds(of partition: Partition) async throws -> Range<Offset> { Offset(0)..<Offset(Self.length) }

  func records(
    of partition: Partition, in range: Range<Offset>, fingerprinting whole: Set<Offset>
  ) async throws -> [LoggedRecord] {
    (range.lowerBound.rawValue..<range.upperBound.rawValue).filter { $0.isMultiple(of: 2) }.map { offset in
      LoggedRecord(offset: Offset(offset), content: .success(.close(stock, at: insideTheSale)))
    }
  }
}

extension AuditBench {
  /// A record that nothing can read and nothing can compress, and that fills a fifth of a partition.
  fileprivate func bulk(_ sale: StoredSale, filling seed: UInt64) throws -> OutgoingRecord {
    var record = try place(sale, "phone", "nobody")
    var random = SeededGenerator(seed: seed)
    record.value = (0..<950_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    return record
  }
}
