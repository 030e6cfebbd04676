import FlashSale
import Foundation
import Lane
import Postgres
import SaleStore
import TestSupport
import Testing
import Time

/// What orders and stock were as of an earlier vector or instant, while lanes go on, on a real PostgreSQL.
@Suite struct AsOfTests {
  /// A sale with holds, and random records about a few buyers.
  private struct Crowd {
    let bench: LaneBench
    var random: SeededGenerator
    private(set) var next: Int64 = 0
    private var orders: [(OrderID, BuyerID)] = []
    private var payments = 0

    init(_ bench: LaneBench, seed: UInt64) { (self.bench, random) = (bench, SeededGenerator(seed: seed)) }

    /// Some records, all accepted at `time`.
    mutating func records(_ count: Int, at time: Timestamp) throws -> [LogEntry] {
      try (0..<count).map { _ in
        defer { next += 1 }
        return LogEntry(offset: Offset(next), content: .record(try record(at: time)))
      }
    }

    private mutating func record(at time: Timestamp) throws -> LogRecord {
      let stock = try bench.stockKey()
      guard let (order, buyer) = orders.randomElement(using: &random), Int.random(in: 0..<3, using: &random) > 0 else {
        let buyer = try BuyerID(validating: "buyer-\(orders.count % 7)")
        let request = try PurchaseRequest(
          order: OrderID(sale: bench.sale.number, buyer: buyer, key: IdempotencyKey(validating: "k\(orders.count)")),
          stock: stock, buyer: buyer, quantity: Units(Int32.random(in: 1...3, using: &random)), acceptedAt: time,
          terms: OrderTerms(waits: Bool.random(using: &random)))
        orders.append((request.order, buyer))
        return .place(request)
      }
      payments += 1
      let payment = PaymentID(unchecked: "p\(Int.random(in: 0..<payments, using: &random))")
      let action: OrderCommand.Action =
        switch Int.random(in: 0..<8, using: &random) {
        case 0...2:
          .pay(
            try Capture(
              payment: payment, minor: 199_900 * Int64.random(in: 1...3, using: &random),
              currency: Int.random(in: 0..<5, using: &random) == 0 ? "USD" : "CNY"))
        case 3: .cancel(Units(1))
        case 4: .cancel(nil)
        case 5: .release
        case 6: .refunded(payment, minor: 199_900)
        default: .expire
        }
      return .order(
        try OrderCommand(order: order, stock: stock, buyer: buyer, at: time, action: action, by: .shop))
    }
  }

  private func with(
    seed: UInt64, _ body: (LaneBench, LaneStore, Claim, Crowd) async throws -> Void
  ) async throws {
    try await TestDatabase.with { database in
      try await database.withStore { store in
        try await store.record(topic: LaneBench.topic, partitions: 4)
        let base = try openSale("held", stock: ["phone": 12])
        let sale = try await store.create(
          try Sale(
            id: base.id, name: base.name, startsAt: base.startsAt, endsAt: base.endsAt, perBuyerLimit: nil,
            holds: HoldRules(
              seconds: 5, latePayment: .ifFree, waitlist: WaitlistRules(offerSeconds: 60, leastSeconds: 1)),
            items: base.items))
        let bench = LaneBench(database: database, store: store, sale: sale)
        let (lane, claim) = try await bench.claimedLane()
        try await body(bench, lane, claim, Crowd(bench, seed: seed))
      }
    }
  }

  private func write(
    _ entries: [LogEntry], _ claim: Claim, on lane: LaneStore, _ memory: inout LaneMemory, at time: Timestamp
  ) async throws {
    func batch() -> LaneBatch {
      LaneBatch(
        claim: claim, prepared: memory.prepare(entries[...]), lastRecord: RecordFingerprint(of: nil), decidedAt: time
      ) { offsets in Dictionary(uniqueKeysWithValues: offsets.map { ($0, RawRecord(key: nil, value: nil)) }) }
    }
    var answer = await lane.write(batch())
    // As a lane does where it meets what it did not look for: once more, with a look-up.
    if case .conflict = answer {
      memory.forget(after: answer)
      answer = await lane.write(batch())
    }
    memory.remember(try committed(answer))
  }

  /// What an export would say of each order.
  private func exported(_ bench: LaneBench, asOf: OffsetVector) async throws -> [String] {
    var lines: [String] = []
    for try await page in bench.store.orderPages(of: bench.sale, asOf: asOf) {
      for order in page {
        let due = order.refundDue.map { "\($0.minor) \($0.currency)" }
        lines.append(
          "\(order.decision.order) \(order.state) \(order.liveUnits) \(order.amount.map { "\($0)" } ?? "-") \(due)")
      }
    }
    return lines
  }

  @Test(arguments: [UInt64(1), 2, 3, 4])
  func `an export as of a vector is the same then and later, and so is the stock of an instant`(seed: UInt64)
    async throws
  {
    try await with(seed: seed) { bench, lane, claim, crowd in
      var crowd = crowd
      var memory = LaneMemory()
      var then: [(vector: OffsetVector, lines: [String], at: Timestamp, stock: StockLevel, putUp: Int64)] = []
      for round in 0..<12 {
        let time = Timestamp(microseconds: insideTheSale.microseconds + Int64(round) * 3_000_000)
        var entries = try crowd.records(12, at: time)
        if round == 6 {
          let restock = try StockCommand(
            stock: bench.stockKey(), at: time, action: .restock(Units(5)), by: Actor(name: "admin"))
          entries[11] = LogEntry(offset: entries[11].offset, content: .record(.stock(restock)))
        }
        try await write(entries, claim, on: lane, &memory, at: time)
        let vector = try await bench.store.vector(topic: LaneBench.topic)
        let stored = try #require(try await bench.store.sale(bench.sale.sale.id))
        let level = try #require(stored.stock[SKU(validating: "phone")])
        then.append((vector, try await exported(bench, asOf: vector), time, level, round < 6 ? 12 : 17))
      }
      #expect(then.last?.lines.count ?? 0 > 20)
      for (vector, lines, at, level, putUp) in then {
        #expect(try await exported(bench, asOf: vector) == lines, "seed \(seed) as of \(at)")
        let moment = try await bench.store.moment(of: bench.sale, topic: LaneBench.topic, at: at)
        let item = try #require(moment.items.first)
        #expect(moment.asOf == "\(vector)")
        #expect(item.left == Int64(level.left.rawValue) && item.putUp == putUp, "seed \(seed) at \(at): \(item)")
        #expect(item.left + item.reserved + item.paid + item.confirmed + item.fulfilled == putUp)
        #expect(moment.decided == Int64(lines.count) && moment.accepted == moment.decided)
      }
    }
  }

  /// - Parameter between: records between two pages: with more than 500, lives are walked through.
  @Test(arguments: [20, 800])
  func `pages of a search have each order once, as it stood, whatever happens between them`(between: Int)
    async throws
  {
    for state in [nil, Hold.State.reserved, .paid, .waiting, .expired, .refundDue] {
      try await with(seed: 9) { bench, lane, claim, crowd in
        var crowd = crowd
        var memory = LaneMemory()
        func write(_ count: Int, _ second: Int64) async throws {
          let time = Timestamp(microseconds: insideTheSale.microseconds + second * 1_000_000)
          try await self.write(try crowd.records(count, at: time), claim, on: lane, &memory, at: time)
        }
        try await write(90, 0)
        try await write(60, 7)
        let vector = try await bench.store.vector(topic: LaneBench.topic)
        var filter = OrderFilter()
        filter.state = state
        let all = try await exported(bench, asOf: vector).filter { line in
          state.map { line.split(separator: " ")[1] == $0.code } ?? true
        }
        var found: [OrderID] = []
        var cursor: OrderCursor?
        var second: Int64 = 8
        repeat {
          let page = try await bench.store.orders(of: bench.sale, filter, asOf: vector, after: cursor, limit: 3)
          for order in page.orders where state != nil { #expect(order.state == state?.code) }
          found += page.orders.map(\.decision.order)
          let text = page.next.map { "\($0)" }
          cursor = try text.map { try #require(OrderCursor($0)) }
          try await write(second == 8 ? between : 20, second)
          second += 3
        } while cursor != nil && second < 200
        #expect(Set(found).count == found.count)
        #expect(
          Set(found.map { "\($0)" }) == Set(all.map { String($0.split(separator: " ")[0]) }), "\(state?.code ?? "")")
      }
    }
  }

  @Test(arguments: [UInt64(5), 6])
  func `what a report keeps of its counts is what it would count anew`(seed: UInt64) async throws {
    try await with(seed: seed) { bench, lane, claim, crowd in
      var crowd = crowd
      var memory = LaneMemory()
      for round in 0..<40 {
        let time = Timestamp(microseconds: insideTheSale.microseconds + Int64(round) * 1_000_000)
        // Of one record, it is an order or a command; of none, nothing has happened.
        let records = round == 0 ? 30 : round % 3
        if records > 0 { try await write(crowd.records(records, at: time), claim, on: lane, &memory, at: time) }
        // One that has counted nothing.
        let fresh = SaleStore(pool: bench.store.pool)
        for _ in 0..<2 {
          #expect(try await report(bench.store, bench, anew: false) == report(fresh, bench, anew: true), "\(round)")
          let (kept, counted) = (try await decisions(bench.store, bench), try await decisions(fresh, bench))
          #expect(kept == counted && kept?.isEmpty == false, "\(round)")
          #expect(
            try await bench.store.span(of: bench.sale, topic: LaneBench.topic)
              == fresh.span(of: bench.sale, topic: LaneBench.topic))
          // The kept counts tell a moment behind the last decision as all rows do.
          #expect(
            try await bench.store.moment(of: bench.sale, topic: LaneBench.topic, at: time)
              == SaleStore(pool: bench.store.pool).moment(of: bench.sale, topic: LaneBench.topic, at: time), "\(round)")
        }
      }
    }
  }

  @Test func `a row that lanes have not counted shows in each report`() async throws {
    try await with(seed: 7) { bench, lane, claim, crowd in
      var crowd = crowd
      var memory = LaneMemory()
      try await write(crowd.records(30, at: insideTheSale), claim, on: lane, &memory, at: insideTheSale)
      let connection = try await bench.database.connect()
      _ = try await connection.query("CREATE TABLE lost AS SELECT * FROM orders LIMIT 1")
      _ = try await connection.query("DELETE FROM orders WHERE order_id = (SELECT order_id FROM lost)")
      #expect(try await report(bench.store, bench, anew: false).contains("\"identity_holds\":false"))
      _ = try await connection.query("INSERT INTO orders SELECT * FROM lost")
      for anew in [false, true, false] {
        #expect(try await report(bench.store, bench, anew: anew).contains("\"identity_holds\":true"))
      }
      await connection.close()
    }
  }

  @Test func `what has come since a report is all that the next one reads`() async throws {
    try await with(seed: 11) { bench, lane, claim, crowd in
      var crowd = crowd
      var memory = LaneMemory()
      try await write(crowd.records(120, at: insideTheSale), claim, on: lane, &memory, at: insideTheSale)
      _ = try await report(bench.store, bench, anew: false)
      // A row that was read is lost: whoever counts all rows sees it, and whoever adds the new ones does not.
      let connection = try await bench.database.connect()
      _ = try await connection.query(
        "DELETE FROM orders WHERE order_id = (SELECT order_id FROM orders WHERE outcome BETWEEN 1 AND 99 LIMIT 1)")
      let later = insideTheSale.after(.seconds(2))
      try await write(crowd.records(20, at: later), claim, on: lane, &memory, at: later)
      #expect(try await report(bench.store, bench, anew: false).contains("\"identity_holds\":true"))
      #expect(try await report(bench.store, bench, anew: true).contains("\"identity_holds\":false"))
      await connection.close()
    }
  }

  @Test func `rows that were in flight below the end of the table are found, or all are counted`() async throws {
    try await with(seed: 12) { bench, lane, claim, crowd in
      var crowd = crowd
      var memory = LaneMemory()
      let (slow, other) = (try await bench.database.connect(), try await bench.database.connect())
      try await write(crowd.records(30, at: insideTheSale), claim, on: lane, &memory, at: insideTheSale)
      // Another lane's batch: far below the end of the table by the time it commits.
      _ = try await other.query("SELECT pg_advisory_lock(1)")
      let late = Task {
        try await slow.query(
          """
          WITH placed AS (
            INSERT INTO orders (order_id, log_offset, accepted_at, decided_at, sale, quantity, partition, outcome, sku,
              buyer)
            SELECT (left(order_id::text, 9) || 'ffff-8fff-afff-ffffffffffff')::uuid, 0, accepted_at, decided_at, sale,
              1, 1, 5, sku, 'slow' FROM orders LIMIT 1 RETURNING 1
          ), tallied AS (
            INSERT INTO tallies (topic, partition, sale, requests, repeats)
            SELECT topic, 1, sale, 1, 0 FROM tallies LIMIT 1 RETURNING 1
          ), moved AS (
            INSERT INTO partition_progress (topic, partition, next_offset) VALUES ('orders', 1, 1) RETURNING 1
          ) SELECT pg_advisory_xact_lock(1) FROM placed, tallied, moved
          """)
      }
      let isInFlight = try await eventually {
        try await other.query("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").count == 1
      }
      #expect(isInFlight)
      for round in 1...4 {
        // More rows than are looked for below the end.
        _ = try await other.query(
          """
          INSERT INTO orders (order_id, log_offset, accepted_at, decided_at, sale, quantity, partition, outcome, sku,
            buyer)
          SELECT gen_random_uuid(), -1 - i - $1 * 100000, now(), now(), -1, 1, 3, 5, repeat('x', 400), 'bulk'
          FROM generate_series(1, 30000) AS i
          """, Int64(round))
        let time = insideTheSale.after(.seconds(Int64(round)))
        try await write(crowd.records(10, at: time), claim, on: lane, &memory, at: time)
        if round == 4 {
          _ = try await other.query("SELECT pg_advisory_unlock(1)")
          _ = try await late.value
        }
        let fresh = SaleStore(pool: bench.store.pool)
        #expect(try await report(bench.store, bench, anew: false) == report(fresh, bench, anew: true), "\(round)")
        #expect(try await decisions(bench.store, bench) == decisions(fresh, bench), "\(round)")
      }
      await slow.close()
      await other.close()
    }
  }

  /// A report as JSON, without when it was made.
  private func report(_ store: SaleStore, _ bench: LaneBench, anew: Bool) async throws -> String {
    let report = try await store.report(on: bench.sale, topic: LaneBench.topic, countsAnew: anew) { _, _ in 0 }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let text = String(decoding: try encoder.encode(report), as: UTF8.self)
    return text.replacing(/"generated_at":"[^"]*",/, with: "")
  }

  /// A chart's slots of one second, and its delays.
  private func decisions(_ store: SaleStore, _ bench: LaneBench) async throws -> [String]? {
    let found = try await store.decisions(of: bench.sale, topic: LaneBench.topic) { whole in
      let first = whole.lowerBound.microseconds / 1_000_000 * 1_000_000
      return (Timestamp(microseconds: first)..<whole.upperBound.after(.seconds(1)), 1_000)
    }
    return found.map { found in
      ["\(found.whole)"] + found.decisions.slots.map { "\($0)" }
        + found.decisions.delays.sorted { $0.key < $1.key }.map { "\($0)" }
    }
  }
}
