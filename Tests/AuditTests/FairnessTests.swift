import Audit
import FlashSale
import Foundation
import Kafka
import OrderLog
import Postgres
import SaleStore
import TestSupport
import Testing
import Time

/// What the fairness of planted logs is found to be.
@Suite struct FairnessCheckTests {
  private static let stock = StockKey(sale: SaleNumber(rawValue: 1), sku: SKU(unchecked: "phone"))

  private func record(
    _ offset: Int64, _ buyer: String, _ fate: FairnessRecord.Fate, quantity: Int32 = 1, at millisecond: Int64? = nil,
    partition: Int32 = 0, sku: String = "phone"
  ) throws -> FairnessRecord {
    let buyer = BuyerID(unchecked: buyer)
    let request = try PurchaseRequest(
      order: OrderID(sale: Self.stock.sale, buyer: buyer, key: IdempotencyKey(unchecked: "\(offset)")),
      stock: StockKey(sale: Self.stock.sale, sku: SKU(unchecked: sku)), buyer: buyer, quantity: Units(quantity),
      acceptedAt: Timestamp(microseconds: 1_800_000_000_000_000 + (millisecond ?? offset) * 1_000))
    return FairnessRecord(
      position: LogPosition(partition: Partition(partition), offset: Offset(offset)), request: request, fate: fate)
  }

  private func report(_ records: [FairnessRecord]) -> FairnessReport {
    var check = FairnessCheck()
    for record in records { check.take(record) }
    return FairnessReport(of: "s", check)
  }

  @Test func `first come, first served is fair (I5)`() throws {
    let report = report(
      try (0..<100).map { try record($0, "b\($0)", .decided($0 < 30 ? .confirmed : .rejected(.soldOut))) })
    #expect(report.verdict == .fair && report.exitCode == 0)
    #expect(report.counts.confirmed == 30 && report.counts.eligibleLosers == 70)
    #expect(report.deciles.map(\.confirmed) == [10, 10, 10, 0, 0, 0, 0, 0, 0, 0])
    #expect(report.resolution.maxMs == 0 && report.resolution.overtaken == 0)
    #expect(report.retrying == nil)
    #expect(FairnessText.text(report).contains("FAIR: no later request won"))
  }

  @Test func `a planted winner behind an eligible loser is found (I5)`() throws {
    let report = report([
      try record(0, "a", .decided(.confirmed)), try record(1, "b", .decided(.rejected(.soldOut))),
      try record(2, "c", .decided(.confirmed)), try record(3, "d", .decided(.rejected(.soldOut))),
    ])
    #expect(report.verdict == .unfair && report.exitCode == 1 && report.counts.unfair == 1)
    #expect(report.unfair.first?.contains("at 0@2") == true, "\(report.unfair)")
    #expect(FairnessText.text(report).contains("UNFAIR: 1 won out of turn"))
  }

  @Test func `who lost for a reason of their own was not passed over, nor who asked for more than was left`() throws {
    let fair = report([
      try record(0, "a", .decided(.rejected(.limitReached))), try record(1, "b", .decided(.rejected(.notStarted))),
      try record(2, "c", .decided(.rejected(.insufficientStock)), quantity: 5),
      try record(3, "d", .decided(.confirmed), quantity: 2),
      // Of other stock, and in another partition: no order is claimed.
      try record(4, "e", .decided(.rejected(.soldOut)), sku: "case"), try record(5, "f", .decided(.confirmed)),
      try record(0, "g", .decided(.rejected(.soldOut)), partition: 1), try record(6, "h", .decided(.confirmed)),
    ])
    #expect(fair.verdict == .fair && fair.counts.ineligible == 2, "\(fair.unfair)")
    let unfair = report([
      try record(0, "c", .decided(.rejected(.insufficientStock)), quantity: 3),
      try record(1, "d", .decided(.confirmed), quantity: 3),
    ])
    #expect(unfair.verdict == .unfair)
    // Each wins less than that, and together they win as much.
    let together = report([
      try record(0, "c", .decided(.rejected(.insufficientStock)), quantity: 3),
      try record(1, "d", .decided(.confirmed), quantity: 2), try record(2, "e", .decided(.confirmed)),
    ])
    #expect(together.counts.unfair == 1, "\(together.unfair)")
  }

  @Test func `a request without an outcome is not fair, one that was set aside is told`() throws {
    #expect(report([try record(0, "a", .missing)]).verdict == .unfair)
    let aside = report([try record(0, "a", .quarantined)])
    #expect(aside.verdict == .fair && aside.counts.quarantined == 1)
    #expect(report([]).verdict == .fair)
  }

  @Test func `the resolution is how much later somebody ahead was accepted`() throws {
    // Two intakes: one's records come 4 ms late into the log.
    var records: [FairnessRecord] = []
    for offset in Int64(0)..<200 {
      let isLate = offset.isMultiple(of: 2) && offset > 8
      records.append(try record(offset, "b\(offset)", .decided(.confirmed), at: isLate ? offset - 5 : offset))
    }
    let resolution = report(records).resolution
    #expect(resolution.maxMs == 4 && resolution.p99Ms == 4 && resolution.p50Ms == 0, "\(resolution)")
    #expect(resolution.overtaken == 95)
    #expect(FairnessText.text(report(records)).contains("fair to within 4 ms of arrival (p50 0, p99 4)"))
  }

  @Test func `what asking again gained is told beside those who came as early`() throws {
    var records: [FairnessRecord] = []
    var offset: Int64 = 0
    // In each tenth as many who ask once as five times; of the first half of them each second one wins.
    for person in 0..<400 {
      let hasWon = person < 200 && person / 2 % 2 == 0
      for attempt in 0..<(person.isMultiple(of: 2) ? 1 : 5) {
        records.append(
          try record(
            offset, "b\(person)", attempt > 0 ? .repeated : .decided(hasWon ? .confirmed : .rejected(.limitReached)),
            at: Int64(person)))
        offset += 1
      }
    }
    let report = report(records)
    #expect(report.persistence.map(\.requests) == ["1", "3 to 5"])
    #expect(report.persistence.map(\.buyers) == [200, 200] && report.persistence.map(\.winners) == [50, 50])
    let retrying = try #require(report.retrying)
    #expect(retrying.buyers == 200 && retrying.compared == 200 && retrying.winners == 50 && retrying.expected == 50)
    #expect(FairnessText.text(report).contains("a gain of 0 in 100"))
  }
}

/// The same of a real log and a real store.
@Suite(.timeLimit(.minutes(2))) struct FairnessReadingTests {
  private func run(
    _ bench: AuditBench, _ sale: String, brokers: EmbeddedBroker? = nil, topic: String = AuditBench.topic
  ) async throws -> (exit: Int32, output: String, errors: String) {
    let run = try await PenstockProcess.run(
      "penstock", ["fairness", "--sale", sale, "--format", "json"],
      environment: [
        "PENSTOCK_KAFKA_BROKERS": (brokers ?? bench.broker).bootstrapServers, "PENSTOCK_TOPIC": topic,
        "PENSTOCK_DATABASE_URL": bench.database.url, "PENSTOCK_LOG_LEVEL": "critical",
      ])
    return (run.exit.code, run.output, run.errors)
  }

  @Test func `a worker's decisions are fair, and an outcome that was changed is found`() async throws {
    try await Story.with { story in
      let fair = try await run(story.bench, "double11")
      #expect(fair.exit == 0, "\(fair)")
      let report = try JSONDecoder.ofReports.decode(FairnessReport.self, from: Data(fair.output.utf8))
      #expect(report.verdict == .fair, "\(report)")
      #expect(report.counts.confirmed == 5 && report.counts.eligibleLosers == 3 && report.counts.repeats == 1)
      #expect(report.counts.quarantined == 1 && report.counts.inFlight == 2)

      let connection = try await story.bench.database.connect()
      _ = try await connection.query("UPDATE orders SET outcome = 5 WHERE log_offset = 4")
      let unfair = try await run(story.bench, "double11")
      #expect(unfair.exit == 1 && unfair.output.contains("won 1 of phone"), "\(unfair)")
      await connection.close()

      let none = try await run(story.bench, "nope")
      #expect(none.exit == 1 && none.errors.contains("there is no sale nope"), "\(none)")
    }
  }

  @Test func `a topic or a log that is not the sale's says nothing about it`() async throws {
    try await Story.with { story in
      let topic = try await run(story.bench, "double11", topic: "orders-prod")
      #expect(topic.exit == 2 && topic.output.contains("the database knows no topic orders-prod"), "\(topic)")

      // Longer than the progress, once with requests of the sale's number and once without.
      for requests in [30, 0] {
        let other = try EmbeddedBroker(topics: [(AuditBench.topic, 1)], logger: quietLogger)
        var records = try (0..<30).map { try story.bench.place(story.sale, "phone", "other-\($0)") }
        for index in requests..<30 { records[index].value = [0xFF, 0xFE, 0x00] }
        try await OrderWriter(
          cluster: ClusterSettings(brokers: other.bootstrapServers), topic: AuditBench.topic, logger: quietLogger
        ).write(records)
        let foreign = try await run(story.bench, "double11", brokers: other)
        #expect(foreign.exit == 2 && foreign.output.contains("is not the one decided there"), "\(foreign)")
        #expect(foreign.output.contains("nothing of it was compared"), "\(foreign)")
        await other.shutdown()
      }
    }
  }

  @Test func `an outcome that no request asks for is told`() async throws {
    try await Story.with { story in
      let connection = try await story.bench.database.connect()
      // Of alice's repeat, of garbage, and of the record that closes the cases.
      for offset in [2, 9, 11] as [Int64] {
        _ = try await connection.query(
          """
          INSERT INTO orders SELECT ('00000001-0000-8000-8000-0000000000' || 10 + $1)::uuid, $1, accepted_at,
            decided_at, sale, quantity, partition, 5, sku, 'mallory', generation FROM orders WHERE log_offset = 7
          """, offset)
      }
      await connection.close()
      let run = try await run(story.bench, "double11")
      #expect(run.exit == 2 && run.output.contains("no request for 3 of the sale's outcomes"), "\(run)")
      #expect(run.output.contains("the first of them at 0@2"), "\(run)")
    }
  }

  /// Units come back there by a cancellation, by a hold that lapses and by a restock; some go to those who wait.
  @Test func `units that come back are followed, and who got them out of turn is found (I5)`() async throws {
    try await LivesStory.with { story in
      let fair = try await run(story.bench, "held")
      #expect(fair.exit == 0, "\(fair)")
      let report = try JSONDecoder.ofReports.decode(FairnessReport.self, from: Data(fair.output.utf8))
      #expect(report.verdict == .fair && report.counts.confirmed == 5 && report.counts.eligibleLosers == 3, "\(report)")

      // Without the restock, nothing was left for dave, gina and henry.
      let connection = try await story.bench.database.connect()
      _ = try await connection.query("UPDATE history SET units = 0 WHERE action = 20")
      let unfair = try await run(story.bench, "held")
      #expect(unfair.exit == 1 && unfair.output.contains("at most 1 can have been left"), "\(unfair)")
      await connection.close()
    }
  }
}

extension JSONDecoder {
  fileprivate static var ofReports: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return decoder
  }
}
