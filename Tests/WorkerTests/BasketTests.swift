import FlashSale
import Lane
import Postgres
import SaleStore
import TestSupport
import Testing

/// Orders of several lines, on a real PostgreSQL.
@Suite struct BasketTests {
  private static let stock: [String: Int32] = ["case": 3, "phone": 3, "watch": 3]

  private func with(
    stock: [String: Int32] = Self.stock, limit: Int32? = nil, isOneLane: Bool = true,
    _ body: (LaneBench) async throws -> Void
  ) async throws {
    try await TestDatabase.with { database in
      try await database.withStore { store in
        try await store.record(topic: LaneBench.topic, partitions: 4)
        let sale = try await store.create(
          try openSale("bundle", stock: stock, limit: limit, ordering: isOneLane ? .sale : .sku))
        try await body(LaneBench(database: database, store: store, sale: sale))
      }
    }
  }

  private func place(
    _ bench: LaneBench, _ offset: Int64, _ buyer: String, _ lines: [(String, Int32)]
  ) throws -> LogEntry {
    let buyerID = try BuyerID(validating: buyer)
    let request = try PurchaseRequest(
      order: OrderID(sale: bench.sale.number, buyer: buyerID, key: try IdempotencyKey(validating: "of-\(buyer)")),
      sale: bench.sale.number, lines: try lines.map { OrderLine(sku: try SKU(validating: $0), quantity: Units($1)) },
      buyer: buyerID, acceptedAt: insideTheSale)
    return LogEntry(offset: Offset(offset), content: .record(.place(request)))
  }

  private func cancel(
    _ bench: LaneBench, _ offset: Int64, _ buyer: String, _ first: String, _ units: Int32?, of sku: String?
  ) throws -> LogEntry {
    let buyerID = try BuyerID(validating: buyer)
    let command = try OrderCommand(
      order: OrderID(sale: bench.sale.number, buyer: buyerID, key: try IdempotencyKey(validating: "of-\(buyer)")),
      stock: try bench.stockKey(first), at: insideTheSale,
      action: .cancel(units.map(Units.init(_:)), of: try sku.map { try SKU(validating: $0) }), by: .buyer)
    return LogEntry(offset: Offset(offset), content: .record(.order(command)))
  }

  private func left(_ bench: LaneBench) async throws -> [String: Int32] {
    let stock = try await bench.store.sale(bench.sale.sale.id)?.stock ?? [:]
    return Dictionary(uniqueKeysWithValues: stock.map { ($0.key.rawValue, $0.value.left.rawValue) })
  }

  private func rows(_ bench: LaneBench, _ sql: Statement) async throws -> [String] {
    let connection = try await bench.database.connect()
    let rows = try await connection.query(sql)
    await connection.close()
    return try rows.map { try $0.string(0) }
  }

  @Test func `I1 I6 the lines of a first decision are stored, whichever way its batch is written`() async throws {
    try await with { bench in
      let (lane, claim) = try await bench.claimedLane()
      var memory = LaneMemory()
      let first = [
        try place(bench, 0, "ann", [("phone", 1), ("case", 2)]),
        try place(bench, 1, "bob", [("watch", 1), ("case", 2)]),
        try bench.place(2, "phone", buyer: "cid"),
      ]
      let written = try committed(await lane.write(bench.batch(claim, first, memory: memory)))
      #expect(written.outcomes == [.confirmed, .rejected(.insufficientStock), .confirmed])
      memory.remember(written)
      // So many that the rows go by COPY.
      let crowd = try (3..<2_003).map { try place(bench, $0, "crowd-\($0)", [("watch", 1), ("phone", 1)]) }
      let many = try committed(await lane.write(bench.batch(claim, crowd, memory: memory)))
      #expect(many.outcomes.count { $0 == .confirmed } == 1)
      #expect(try await left(bench) == ["case": 1, "phone": 0, "watch": 2])
      #expect(
        try await rows(
          bench,
          """
          SELECT o.sku || ' ' || o.quantity || ' ' || b.outcome || ' ' || coalesce(b.refused_line, -1) || ' ' || b.lines
          FROM baskets b JOIN orders o ON o.order_id = b.order_id AND o.outcome = b.outcome
          WHERE b.log_offset < 2 ORDER BY b.log_offset
          """) == [
            #"phone 3 0 -1 [{"sku": "phone", "units": 1}, {"sku": "case", "units": 2}]"#,
            #"watch 3 6 1 [{"sku": "watch", "units": 1}, {"sku": "case", "units": 2}]"#,
          ])
      #expect(try await rows(bench, "SELECT count(*)::text FROM baskets") == ["2002"])
      let bob = OrderID(
        sale: bench.sale.number, buyer: BuyerID(unchecked: "bob"), key: IdempotencyKey(unchecked: "of-bob"))
      let stored = try #require(try await bench.store.orders([bob]).first)
      #expect(stored.lines.map(\.sku.rawValue) == ["watch", "case"] && stored.refusedSKU?.rawValue == "case")
    }
  }

  @Test func `lives of baskets that go by COPY keep their lines, and so does their history`() async throws {
    try await with(stock: ["case": 1_000, "phone": 1_000]) { bench in
      let (lane, claim) = try await bench.claimedLane()
      let won = try (0..<200).map { try place(bench, $0, "b\($0)", [("phone", 1), ("case", 2)]) }
      _ = try committed(await lane.write(bench.batch(claim, won)))
      let back = try (0..<200).map { try cancel(bench, 200 + $0, "b\($0)", "phone", 1, of: "case") }
      _ = try committed(await lane.write(bench.batch(claim, back)))
      let lines =
        "["
        + ["phone", "case"].map { #"{"sku": "\#($0)", "units": 1, "price_minor": 199900}"# }.joined(separator: ", ")
        + "]"
      #expect(
        try await rows(bench, "SELECT count(*) || ' ' || lines FROM holds GROUP BY lines") == ["200 \(lines)"])
      #expect(
        try await rows(bench, "SELECT count(*) || ' ' || line_units FROM history GROUP BY line_units")
          == ["200 [0, -1]"])
      #expect(try await left(bench) == ["case": 800, "phone": 800])
    }
  }

  @Test func `I9 what a buyer has over all lines counts in later batches, and a line that is given back does not`()
    async throws
  {
    try await with(limit: 3) { bench in
      let (lane, claim) = try await bench.claimedLane()
      let won = [try place(bench, 0, "ann", [("phone", 1), ("case", 2)])]
      _ = try committed(await lane.write(bench.batch(claim, won)))
      // Another lane knows nothing: neither of the buyer, nor of the stock of the lines that the command does not name.
      let next = try committed(
        await lane.write(
          bench.batch(
            claim,
            [
              try bench.place(1, "watch", buyer: "ann"), try cancel(bench, 2, "ann", "phone", 1, of: "case"),
              try bench.place(3, "watch", buyer: "ann"), try cancel(bench, 4, "ann", "phone", 1, of: "watch"),
              try cancel(bench, 5, "ann", "phone", 1, of: nil), try cancel(bench, 6, "ann", "phone", 2, of: "case"),
            ])))
      #expect(next.outcomes == [.rejected(.limitReached), .confirmed])
      #expect(next.effects.history.map(\.result) == [.applied, .unknownLine, .unknownLine, .tooMuch])
      #expect(try await left(bench) == ["case": 2, "phone": 2, "watch": 2])
      #expect(
        try await rows(bench, "SELECT units || ' ' || lines FROM holds")
          == [
            "2 ["
              + ["phone", "case"].map { #"{"sku": "\#($0)", "units": 1, "price_minor": 199900}"# }.joined(
                separator: ", ") + "]"
          ])
      #expect(try await rows(bench, "SELECT line_units::text FROM history WHERE units <> 0") == ["[0, -1]"])
      let last = [try cancel(bench, 7, "ann", "phone", nil, of: nil)]
      let end = try committed(await lane.write(bench.batch(claim, last)))
      #expect(end.effects.history.last?.lineUnits == [-1, -1])
      #expect(try await left(bench) == ["case": 3, "phone": 3, "watch": 2])
    }
  }

  @Test func `a lane remembers the stock of a basket's lines, and loads what it does not`() async throws {
    try await with { bench in
      let (lane, claim) = try await bench.claimedLane()
      var memory = LaneMemory()
      let first = [try place(bench, 0, "ann", [("phone", 1), ("case", 1)])]
      memory.remember(try committed(await lane.write(bench.batch(claim, first, memory: memory))))
      let back = [try cancel(bench, 1, "ann", "phone", nil, of: "case")]
      memory.remember(try committed(await lane.write(bench.batch(claim, back, memory: memory))))
      #expect(memory.levels[try bench.stockKey("case")]?.left == Units(3))
      // Its memory is what the store has: the next batch is not refused.
      let next = [try bench.place(2, "case", buyer: "bob", quantity: 3)]
      let written = try committed(await lane.write(bench.batch(claim, next, memory: memory)))
      #expect(written.outcomes == [.confirmed])
    }
  }

  @Test func `a basket in a sale that several lanes decide is kept for a person (I7)`() async throws {
    try await with(isOneLane: false) { bench in
      let (lane, claim) = try await bench.claimedLane()
      let entries = [try place(bench, 0, "ann", [("phone", 1), ("case", 1)]), try bench.place(1, buyer: "bob")]
      let written = try committed(await lane.write(bench.batch(claim, entries)))
      #expect(written.quarantined == [0] && written.outcomes == [.confirmed])
      #expect(try await left(bench) == ["case": 3, "phone": 2, "watch": 3])
    }
  }

  @Test(
    arguments: [
      "UPDATE holds SET units = units + 1", "UPDATE holds SET lines = '[{\"sku\": \"phone\", \"units\": 3}]'",
      "UPDATE holds SET lines = jsonb_set(lines, '{0,units}', '-1'), units = units - 2",
      "UPDATE baskets SET units = units + 1", "UPDATE baskets SET refused_line = 0",
      "UPDATE baskets SET outcome = 5", "UPDATE baskets SET outcome = 5, refused_line = 2",
      "UPDATE baskets SET lines = jsonb_set(lines, '{0,units}', '0'), units = units - 1",
    ] as [Statement])
  func `the database refuses lines that do not add up`(statement: Statement) async throws {
    try await with { bench in
      let (lane, claim) = try await bench.claimedLane()
      let entries = [
        try place(bench, 0, "ann", [("phone", 1), ("case", 2)]), try cancel(bench, 1, "ann", "phone", 1, of: "case"),
      ]
      _ = try committed(await lane.write(bench.batch(claim, entries)))
      let connection = try await bench.database.connect()
      await #expect(throws: PostgresError.self) { _ = try await connection.query(statement) }
      await connection.close()
    }
  }
}
