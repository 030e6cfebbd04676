import Audit
import FlashSale
import Kafka
import OrderLog
import Postgres
import SaleStore
import TestSupport
import Testing

/// The audit of orders that have lives: holds, payments, the waitlist, commands (I5, I9, I10, I13).
@Suite struct LivesTests {
  @Test(.timeLimit(.minutes(3))) func `lives, money and the history are decided again, and are sound`() async throws {
    try await LivesStory.with { story in
      let report = try await story.bench.audit()
      #expect(report.verdict == .sound, "\(AuditText.text(report))")
      let counts = report.counts
      #expect(counts.compared == 28 && counts.confirmed == 5 && counts.waitlisted == 2)
      #expect(counts.rejected["all_held"] == 1 && counts.commands == 20 && counts.closes == 0)
      #expect(counts.lives == 7 && counts.payments == 4 && counts.history == 22)
      // Alice's one unit is paid; the other, the second payment, bob's and frank's are to be paid back, or were.
      let money = try #require(report.money.first)
      #expect([money.captured, money.applied, money.refundDue, money.refunded] == [3_000, 500, 1_500, 1_000])
      #expect(AuditText.text(report).contains("captured 30.00 CNY = applied 5.00 CNY + refund due 15.00 CNY"))
    }
  }

  @Test(.timeLimit(.minutes(5))) func `each kind of row that is altered is found, named and placed`() async throws {
    try await LivesStory.with { story in
      let connection = try await story.bench.database.connect()
      for statement in Self.save { _ = try await connection.query(statement) }
      for corruption in Self.corruptions {
        let changed = try await connection.query(corruption.statement).affected
        #expect(changed > 0, "\(corruption.name): nothing was changed")
        let report = try await story.bench.audit()
        #expect(report.exitCode == 1, "\(corruption.name)")
        let isFound = report.violations.contains { violation in
          violation.kind == corruption.kind && violation.words.contains(corruption.words)
            && (corruption.at == nil || violation.at == corruption.at)
        }
        #expect(isFound, "\(corruption.name): \(AuditText.text(report))")
        for statement in Self.restore { _ = try await connection.query(statement) }
      }
      await connection.close()
      let report = try await story.bench.audit()
      #expect(report.verdict == .sound, "put back: \(AuditText.text(report))")
    }
  }

  @Test(.timeLimit(.minutes(3))) func `a cancellation in a sale without holds gives its unit to the next`() async throws
  {
    try await AuditBench.with { bench in
      let sale = try await bench.store.create(openSale("plain", stock: ["phone": 2], limit: 1))
      let story = LivesStory(bench: bench, sale: sale)
      try await bench.feed([
        bench.place(sale, "phone", "alice"), bench.place(sale, "phone", "bob"), bench.place(sale, "phone", "carol"),
        story.command("alice", .cancel(nil), at: 5, id: 9), story.command("carol", .cancel(nil), at: 6),
        bench.place(sale, "phone", "dave"), bench.place(sale, "phone", "alice", key: "again"),
        story.stock(.restock(Units(2)), at: 7), bench.place(sale, "phone", "alice", key: "again-2"),
      ])
      try await bench.decideAll()
      let report = try await bench.audit()
      #expect(report.verdict == .sound, "\(AuditText.text(report))")
      #expect(report.counts.confirmed == 4 && report.counts.rejected["sold_out"] == 2 && report.counts.lives == 1)
    }
  }

  @Test(.timeLimit(.minutes(3))) func `without the log's beginning lives are believed, and that is said`() async throws
  {
    try await LivesStory.with { story in
      let reader = try OrderReader(
        cluster: story.bench.cluster, topic: AuditBench.topic, logger: quietLogger)
      let log = BeheadedLog(log: reader, first: Offset(7))
      let report = try await story.bench.audit(log)
      #expect(report.exitCode == 2 && report.violations.isEmpty, "\(AuditText.text(report))")
      #expect(report.unchecked.contains { $0.contains("of 1 SKUs can be decided again from the log's first") })
      #expect(report.counts.believed > 7)
      let connection = try await story.bench.database.connect()
      _ = try await connection.query("UPDATE stock SET units_left = units_left + 1, put_up = put_up + 2")
      await connection.close()
      // The stock row and the orders still have to agree.
      let violated = try await story.bench.audit(log)
      #expect(violated.violations.contains { $0.kind == .stock }, "\(AuditText.text(violated))")
    }
  }

  private struct Alteration {
    let name: String
    let statement: Statement
    let kind: Violation.Kind
    var at: String?
    let words: String
  }

  private static let corruptions: [Alteration] = lives + money + history + stock

  private static let lives = [
    Alteration(
      name: "a life is gone", statement: "DELETE FROM holds WHERE log_offset = 2", kind: .life,
      words: "is reserved by the log, and the store has no life of it"),
    Alteration(
      name: "paid without money",
      statement: "UPDATE holds SET state = 4, due = NULL, payment = 'p-9' WHERE log_offset = 2", kind: .life,
      at: "0@14",
      words: "is stored as paid and by the log it is reserved"),
    Alteration(
      name: "more units", statement: "UPDATE holds SET units = 2 WHERE log_offset = 2", kind: .life, at: "0@14",
      words: "differ in units"),
    Alteration(
      name: "a later end", statement: "UPDATE holds SET due = due + interval '1 s' WHERE log_offset = 2", kind: .life,
      words: "differ in due"),
    Alteration(
      name: "another sequence", statement: "UPDATE holds SET sequence = 9 WHERE log_offset = 0", kind: .life,
      words: "differ in sequence"),
    Alteration(
      name: "not lapsed", statement: "UPDATE holds SET is_lapsed = false WHERE log_offset = 3", kind: .life,
      words: "differ in is_lapsed"),
    Alteration(
      name: "another price", statement: "UPDATE holds SET price_minor = 1 WHERE log_offset = 18", kind: .life,
      words: "differ in price_minor"),
    Alteration(
      name: "nothing to be paid back", statement: "UPDATE holds SET refund_due = 1 WHERE log_offset = 1", kind: .life,
      words: "differ in refund_due"),
    Alteration(
      name: "past the progress", statement: "UPDATE holds SET as_of = 99 WHERE log_offset = 1", kind: .progress,
      at: "0@98", words: "past the partition's progress at 28"),
    Alteration(
      name: "a life of a refused order",
      statement: """
        INSERT INTO holds SELECT o.order_id, o.log_offset, NULL, 500, 0, 6, o.sale, 0, 1, 0, 2, 6, false, false, o.sku,
          'CNY', o.buyer, NULL FROM orders o WHERE log_offset = 5
        """, kind: .life, at: "0@5", words: "the log gives it no such life"),
    Alteration(
      name: "a card that counts more", statement: "UPDATE subjects_held SET units = 2", kind: .subject, at: "0@16",
      words: "its row differs in units"),
    Alteration(
      name: "a card that does not count", statement: "DELETE FROM subjects_held", kind: .subject, at: "0@16",
      words: "the rows do not say so"),
  ]

  private static let money = [
    Alteration(
      name: "a capture is gone", statement: "DELETE FROM payments WHERE payment = 'p-4'", kind: .money,
      words: "5.00 CNY, is in the log, and the store has nothing of it"),
    Alteration(
      name: "less is to be paid back", statement: "UPDATE payments SET refund_due = 0 WHERE payment = 'p-3'",
      kind: .money, at: "0@12", words: "differs from the log in refund_due"),
    Alteration(
      name: "a refund is swallowed", statement: "UPDATE payments SET refund_due = 0 WHERE payment = 'p-4'",
      kind: .money, words: "were captured, and 5.00 CNY are applied to orders"),
    Alteration(
      name: "more was captured", statement: "UPDATE payments SET captured = 1001 WHERE payment = 'p-1'", kind: .money,
      words: "differs from the log in captured"),
    Alteration(
      name: "another currency", statement: "UPDATE payments SET currency = 'JPY' WHERE payment = 'p-1'", kind: .money,
      words: "differs from the log in currency"),
    Alteration(
      name: "a capture that nobody made",
      statement: """
        INSERT INTO payments SELECT sale, 'p-9', order_id, 500, 500, 0, as_of, partition, counted, sku, currency
        FROM payments
        WHERE payment = 'p-3'
        """, kind: .money, words: "payment p-9 is stored, and the log has no such capture"),
  ]

  private static let history = [
    Alteration(
      name: "an entry is gone", statement: "DELETE FROM history WHERE log_offset = 14", kind: .history, at: "0@14",
      words: "is applied by the log: the history does not say so"),
    Alteration(
      name: "another result", statement: "UPDATE history SET result = 0 WHERE log_offset = 20", kind: .history,
      at: "0@20", words: "is not_due by the log, and the history says otherwise in result"),
    Alteration(
      name: "another admin", statement: "UPDATE history SET by_whom = 'mallory' WHERE log_offset = 21",
      kind: .history, at: "0@21", words: "in by_whom"),
    Alteration(
      name: "a repeat that was done", statement: "UPDATE history SET result = 0, units = -1 WHERE log_offset = 26",
      kind: .history, at: "0@26", words: "is repeated by the log, and the history says otherwise in result, units"),
    Alteration(
      name: "another command", statement: "UPDATE history SET digest = digest + 1 WHERE log_offset = 21",
      kind: .history, at: "0@21", words: "in digest"),
    Alteration(
      name: "another amount", statement: "UPDATE history SET minor = 1 WHERE log_offset = 12", kind: .history,
      at: "0@12", words: "in minor"),
    Alteration(
      name: "an entry of nothing",
      statement: """
        INSERT INTO history SELECT 15, at, minor, command_id, partition, sale, units, sequence, 7, action, result,
          state, order_id, sku, by_whom, reason FROM history WHERE log_offset = 14
        """, kind: .history, at: "0@15", words: "the log has nothing of it there"),
    Alteration(
      name: "an entry past the progress", statement: "UPDATE history SET log_offset = 30 WHERE log_offset = 25",
      kind: .progress, at: "0@30", words: "the history has an entry there"),
    Alteration(
      name: "an offer past the one before",
      statement: """
        UPDATE history SET order_id = (SELECT order_id FROM orders WHERE buyer = 'erin')
        WHERE log_offset = 11 AND action = 8
        """, kind: .waitlist, at: "0@11", words: "was before it, at 3"),
  ]

  private static let stock = [
    Alteration(
      name: "a unit comes back", statement: "UPDATE stock SET units_left = units_left - 1", kind: .stock,
      words: "but the orders hold"),
    Alteration(
      name: "units are held by nobody",
      statement: "UPDATE stock SET reserved = reserved + 1, units_left = units_left - 1",
      kind: .stock, words: "but the orders hold"),
    Alteration(
      name: "more was put up", statement: "UPDATE stock SET put_up = put_up + 1, units_left = units_left + 1",
      kind: .outcome, words: "and by the log it is confirmed"),
    Alteration(
      name: "a restock is altered", statement: "UPDATE history SET units = 2 WHERE log_offset = 11 AND action = 20",
      kind: .history, at: "0@11", words: "in units"),
    Alteration(
      name: "another price is asked", statement: "UPDATE stock SET price_minor = 1", kind: .stock,
      words: "price_minor (400 by the log)"),
    Alteration(
      name: "another limit", statement: "UPDATE stock SET per_buyer_limit = 9", kind: .stock, words: "per_buyer_limit"),
    Alteration(
      name: "a longer sale", statement: "UPDATE stock SET ends_at = '2031-01-01'", kind: .stock, words: "ends_at"),
  ]

  private static let save: [Statement] = [
    "CREATE TABLE saved_holds AS TABLE holds", "CREATE TABLE saved_payments AS TABLE payments",
    "CREATE TABLE saved_history AS TABLE history", "CREATE TABLE saved_stock AS TABLE stock",
    "CREATE TABLE saved_subjects AS TABLE subjects_held",
  ]

  private static let restore: [Statement] = [
    "DELETE FROM holds", "INSERT INTO holds TABLE saved_holds", "DELETE FROM payments",
    "INSERT INTO payments TABLE saved_payments", "DELETE FROM history", "INSERT INTO history TABLE saved_history",
    "DELETE FROM stock", "INSERT INTO stock TABLE saved_stock", "DELETE FROM subjects_held",
    "INSERT INTO subjects_held TABLE saved_subjects",
  ]
}

/// A log that has lost its first records.
private struct BeheadedLog: AuditLog {
  let log: OrderReader
  let first: Offset

  func bounds(of partition: Partition) async throws -> Range<Offset> {
    first..<(try await log.bounds(of: partition).upperBound)
  }

  func records(
    of partition: Partition, in range: Range<Offset>, fingerprinting whole: Set<Offset>
  ) async throws -> [LoggedRecord] {
    try await log.records(of: partition, in: range, fingerprinting: whole)
  }
}
