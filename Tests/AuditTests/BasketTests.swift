import Audit
import FlashSale
import Kafka
import Postgres
import SaleStore
import TestSupport
import Testing
import Time

/// The audit of orders of several lines: in a sale without lives, and in one with holds.
@Suite struct BasketTests {
  /// Ann's basket wins; bob's is refused for its second line; cid has the last case; dan's basket finds none.
  private func with(holds: HoldRules?, _ body: (AuditBench, StoredSale) async throws -> Void) async throws {
    try await AuditBench.with { bench in
      let open = try openSale("bundle", stock: ["case": 3, "phone": 3], limit: 9)
      let sale = try await bench.store.create(
        try Sale(
          id: open.id, name: open.name, startsAt: open.startsAt, endsAt: open.endsAt, perBuyerLimit: open.perBuyerLimit,
          holds: holds, items: open.items))
      try await bench.feed([
        place(bench, sale, "ann", [("phone", 1), ("case", 2)]), place(bench, sale, "bob", [("phone", 1), ("case", 2)]),
        bench.place(sale, "case", "cid"), place(bench, sale, "dan", [("case", 1), ("phone", 1)]),
      ])
      try await bench.decideAll()
      try await body(bench, sale)
    }
  }

  private func place(
    _ bench: AuditBench, _ sale: StoredSale, _ buyer: String, _ lines: [(String, Int32)]
  ) throws -> OutgoingRecord {
    let request = try PurchaseRequest(
      order: bench.order(sale, buyer), sale: sale.number,
      lines: lines.map { OrderLine(sku: try SKU(validating: $0), quantity: Units($1)) },
      buyer: BuyerID(validating: buyer), acceptedAt: insideTheSale)
    return bench.record(.place(request), sale, lines[0].0)
  }

  private func command(
    _ bench: AuditBench, _ sale: StoredSale, _ buyer: String, _ action: OrderCommand.Action
  ) throws -> OutgoingRecord {
    let command = try OrderCommand(
      order: bench.order(sale, buyer), stock: StockKey(sale: sale.number, sku: SKU(validating: "phone")),
      at: Timestamp(microseconds: insideTheSale.microseconds + 1), action: action, by: .shop)
    return bench.record(.order(command), sale, "phone")
  }

  @Test(.timeLimit(.minutes(3))) func `lines are decided again, and a row that has others is found (I10)`() async throws
  {
    try await with(holds: nil) { bench, _ in
      let report = try await bench.audit()
      #expect(report.verdict == .sound, "\(AuditText.text(report))")
      try await expectFound(
        bench,
        [
          ("UPDATE baskets SET lines = jsonb_set(lines, '{1,sku}', '\"phone\"') WHERE log_offset = 0", "in lines"),
          ("DELETE FROM baskets WHERE log_offset = 0", "in lines"),
          ("UPDATE baskets SET refused_line = 0 WHERE log_offset = 1", "refused for line 0"),
          ("UPDATE stock SET units_left = units_left + 1 WHERE sku = 'case'", "bundle/case: 3 put up and 1 left"),
          ("UPDATE baskets SET outcome = 0, refused_line = NULL WHERE log_offset = 1", "refused for line none"),
        ])
    }
  }

  @Test(.timeLimit(.minutes(3))) func `what becomes of lines is replayed, with their money (I9, I13)`() async throws {
    try await with(holds: try HoldRules(seconds: 600)) { bench, sale in
      let price = Int64(199_900)
      try await bench.feed([
        command(
          bench, sale, "ann", .pay(Capture(payment: PaymentID(validating: "p"), minor: 3 * price, currency: "CNY"))),
        command(bench, sale, "ann", .cancel(Units(1), of: SKU(validating: "case"))),
        place(bench, sale, "eve", [("case", 1), ("phone", 1)]),
        command(bench, sale, "eve", .release),
      ])
      try await bench.decideAll()
      let report = try await bench.audit()
      #expect(report.verdict == .sound, "\(AuditText.text(report))")
      #expect(report.money.first?.applied == 2 * price && report.money.first?.refundDue == price)
      try await expectFound(
        bench,
        [
          (
            """
            UPDATE holds SET lines = jsonb_set(jsonb_set(lines, '{0,units}', '0'), '{1,units}', '2')
            WHERE log_offset = 0
            """, "in lines"
          ),
          ("UPDATE history SET line_units = '[-1, 0]' WHERE action = 3", "in line_units"),
          ("UPDATE stock SET units_left = units_left + 1, reserved = reserved - 1 WHERE sku = 'case'", "bundle/case"),
        ])
    }
  }

  @Test func `a basket that wins what an order was refused is unfair, and one that is refused passes nobody over`()
    throws
  {
    let sale = SaleNumber(rawValue: 1)
    func record(_ offset: Int64, _ lines: [String], _ outcome: Outcome) throws -> FairnessRecord {
      let buyer = BuyerID(unchecked: "buyer-\(offset)")
      let request = try PurchaseRequest(
        order: OrderID(sale: sale, buyer: buyer, key: IdempotencyKey(unchecked: "k")), sale: sale,
        lines: lines.map { OrderLine(sku: SKU(unchecked: $0), quantity: Units(1)) }, buyer: buyer,
        acceptedAt: insideTheSale)
      return FairnessRecord(
        position: LogPosition(partition: Partition(0), offset: Offset(offset)), request: request,
        fate: .decided(outcome))
    }
    func unfair(_ records: [FairnessRecord]) -> Int64 {
      var check = FairnessCheck()
      for record in records { check.take(record) }
      return FairnessReport(of: "s", check).counts.unfair
    }
    let soldOut = Outcome.rejected(.soldOut)
    #expect(
      unfair([try record(0, ["phone", "case"], soldOut), try record(1, ["phone"], .confirmed)]) == 0,
      "the case was sold out")
    #expect(unfair([try record(0, ["case"], soldOut), try record(1, ["phone", "case"], .confirmed)]) == 1)
  }

  private func expectFound(_ bench: AuditBench, _ corruptions: [(Statement, String)]) async throws {
    let connection = try await bench.database.connect()
    for (statement, words) in corruptions {
      for table in Self.saved { _ = try await connection.query(table) }
      let changed = try await connection.query(statement).affected
      #expect(changed > 0, "\(words): nothing was changed")
      let report = try await bench.audit()
      #expect(
        report.exitCode == 1 && report.violations.contains { $0.words.contains(words) },
        "\(words): \(AuditText.text(report))")
      for table in Self.restored { _ = try await connection.query(table) }
    }
    await connection.close()
    #expect(try await bench.audit().verdict == .sound)
  }

  private static let saved: [Statement] = [
    "CREATE TABLE kept_baskets AS TABLE baskets", "CREATE TABLE kept_holds AS TABLE holds",
    "CREATE TABLE kept_history AS TABLE history", "CREATE TABLE kept_stock AS TABLE stock",
  ]

  private static let restored: [Statement] = [
    "DELETE FROM baskets", "INSERT INTO baskets TABLE kept_baskets", "DROP TABLE kept_baskets", "DELETE FROM holds",
    "INSERT INTO holds TABLE kept_holds", "DROP TABLE kept_holds", "DELETE FROM history",
    "INSERT INTO history TABLE kept_history", "DROP TABLE kept_history", "DELETE FROM stock",
    "INSERT INTO stock TABLE kept_stock", "DROP TABLE kept_stock",
  ]
}
