import FlashSale
import Foundation
import Lane
import Postgres
import SaleStore
import TestSupport
import Testing
import Time

/// The report as of a vector that lanes have left behind, on a real PostgreSQL.
@Suite struct EarlierReportTests {
  /// What kind of sale it is.
  enum Shape: String, CaseIterable {
    /// One SKU, held until it is paid, with people who wait.
    case waitlist
    /// Several SKUs in one order, held until they are paid.
    case baskets
    /// The same, and what is won is confirmed.
    case withoutHolds
  }

  /// Random records about a few buyers of a sale.
  private struct Crowd {
    let bench: LaneBench
    let shape: Shape
    var random: SeededGenerator
    private var next: Int64 = 0
    private var orders: [(request: PurchaseRequest, minor: Int64)] = []
    private var payments = 0

    init(_ bench: LaneBench, _ shape: Shape, seed: UInt64) {
      (self.bench, self.shape, random) = (bench, shape, SeededGenerator(seed: seed))
    }

    mutating func records(_ count: Int, at time: Timestamp) throws -> [LogEntry] {
      try (0..<count).map { _ in
        defer { next += 1 }
        let record = try record(at: time)
        // Now and then, one that no lane can decide.
        guard case .place = record, Int.random(in: 0..<12, using: &random) == 0 else {
          return LogEntry(offset: Offset(next), content: .record(record))
        }
        return LogEntry(offset: Offset(next), content: .poisonous(record, error: "a test"))
      }
    }

    private mutating func record(at time: Timestamp) throws -> LogRecord {
      switch Int.random(in: 0..<12, using: &random) {
      case 0: return try stock(at: time)
      case 1...4: return .place(try request(at: time))
      // Again, perhaps as a repeat.
      case 5 where !orders.isEmpty: return .place(orders[Int.random(in: orders.indices, using: &random)].request)
      default: return try orders.isEmpty ? .place(request(at: time)) : command(at: time)
      }
    }

    private mutating func request(at time: Timestamp) throws -> PurchaseRequest {
      let buyer = try BuyerID(validating: "buyer-\(orders.count % 9)")
      let order = OrderID(
        sale: bench.sale.number, buyer: buyer, key: try IdempotencyKey(validating: "k\(orders.count)"))
      let units = Int32.random(in: 1...3, using: &random)
      let request: PurchaseRequest
      if shape == .waitlist {
        request = try PurchaseRequest(
          order: order, stock: bench.stockKey(), buyer: buyer, quantity: Units(units), acceptedAt: time,
          terms: OrderTerms(waits: Bool.random(using: &random)))
      } else {
        let skus = ["phone", "case", "watch"].shuffled(using: &random).prefix(Int.random(in: 1...3, using: &random))
        request = try PurchaseRequest(
          order: order, sale: bench.sale.number,
          lines: skus.map { OrderLine(sku: try SKU(validating: $0), quantity: Units(units)) }, buyer: buyer,
          acceptedAt: time)
      }
      orders.append((request, Int64(request.quantity.rawValue) * 199_900))
      return request
    }

    private mutating func stock(at time: Timestamp) throws -> LogRecord {
      let units = Units(Int32.random(in: 1...3, using: &random))
      return .stock(
        try StockCommand(
          stock: bench.stockKey(), at: time,
          action: Bool.random(using: &random) ? .restock(units) : .reduce(units), by: Actor(name: "admin")))
    }

    private mutating func command(at time: Timestamp) throws -> LogRecord {
      let (request, minor) = orders[Int.random(in: orders.indices, using: &random)]
      payments += 1
      let payment = try PaymentID(validating: "p\(Int.random(in: 0..<payments, using: &random))")
      let sku = request.isBasket ? request.terms.lines.randomElement(using: &random)?.sku : nil
      let action: OrderCommand.Action =
        switch Int.random(in: 0..<10, using: &random) {
        case 0...3:
          .pay(
            try Capture(
              payment: payment, minor: Int.random(in: 0..<5, using: &random) == 0 ? 100 : minor,
              currency: Int.random(in: 0..<6, using: &random) == 0 ? "USD" : "CNY"))
        case 4: .cancel(Units(1), of: sku)
        case 5: .cancel(nil)
        case 6: .release
        case 7: .refunded(payment, minor: [100, minor].randomElement(using: &random) ?? minor)
        case 8: .fulfil
        default: .expire
        }
      return .order(
        try OrderCommand(
          order: request.order, stock: request.stock, buyer: request.buyer, at: time, action: action, by: .shop))
    }
  }

  private func with(
    _ shape: Shape, _ body: (LaneBench, LaneStore, Claim) async throws -> Void
  ) async throws {
    try await TestDatabase.with { database in
      try await database.withStore { store in
        try await store.record(topic: LaneBench.topic, partitions: 4)
        let stock: [String: Int32] =
          shape == .waitlist ? ["phone": 12] : ["phone": 14, "case": 14, "watch": 14]
        let waitlist = try shape == .waitlist ? WaitlistRules(offerSeconds: 60, leastSeconds: 1) : nil
        let held = try HoldRules(seconds: 5, latePayment: .ifFree, waitlist: waitlist)
        let holds = shape == .withoutHolds ? nil : held
        let sale = try await store.create(
          try openSale("earlier", stock: stock, ordering: shape == .waitlist ? nil : .sale, holds: holds))
        let bench = LaneBench(database: database, store: store, sale: sale)
        let (lane, claim) = try await bench.claimedLane()
        try await body(bench, lane, claim)
        await lane.close()
      }
    }
  }

  /// A report as JSON, without when it was made, and without what an earlier one does not know.
  private func text(_ report: SaleReport) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let text = String(decoding: try encoder.encode(report), as: UTF8.self)
    return text.replacing(/"(generated_at":"[^"]*"|repeats":[^,]*|asked":[^,]*),/, with: "")
  }

  private func report(_ bench: LaneBench, asOf: OffsetVector? = nil) async throws -> SaleReport {
    guard let asOf else {
      return try await bench.store.report(on: bench.sale, topic: LaneBench.topic) { _, _ in 0 }
    }
    return try await bench.store.report(on: bench.sale, topic: LaneBench.topic, asOf: asOf)
  }

  @Test(arguments: Shape.allCases, [UInt64(1), 2, 3])
  func `a report as of a vector is what the report said then (I13)`(_ shape: Shape, seed: UInt64) async throws {
    try await with(shape) { bench, lane, claim in
      var crowd = Crowd(bench, shape, seed: seed)
      var then: [(vector: OffsetVector, report: String)] = [(OffsetVector([:]), try text(await report(bench)))]
      for round in 0..<12 {
        let time = insideTheSale.after(.seconds(Int64(round) * 2))
        _ = try await bench.write(bench.batch(claim, crowd.records(20, at: time)), on: lane)
        let report = try await report(bench)
        #expect(report.isSound == true, "\(shape) \(seed) \(round)")
        then.append((try await bench.store.vector(topic: LaneBench.topic), try text(report)))
      }
      for (round, (vector, said)) in then.enumerated() {
        let earlier = try await report(bench, asOf: vector)
        #expect(try text(earlier) == said, "\(shape) \(seed) \(round)")
        #expect(earlier.repeats == nil && earlier.asked == nil)
      }
      // So many things have happened that a fault would show.
      let last = try await report(bench)
      #expect(last.lives.history.count > 8 && last.requests.quarantined > 0, "\(last.lives.history)")
    }
  }

  @Test(arguments: Shape.allCases)
  func `between any two records, the report adds up and has the sums of the export (I13)`(_ shape: Shape)
    async throws
  {
    try await with(shape) { bench, lane, claim in
      var crowd = Crowd(bench, shape, seed: 7)
      for round in 0..<6 {
        let time = insideTheSale.after(.seconds(Int64(round) * 2))
        _ = try await bench.write(bench.batch(claim, crowd.records(25, at: time)), on: lane)
      }
      let connection = try await bench.database.connect()
      for offset in stride(from: Int64(1), to: 150, by: 7) {
        let vector = OffsetVector([0: Offset(offset)])
        let report = try await report(bench, asOf: vector)
        #expect(report.isSound == true && report.asOf == "\(vector)", "\(shape) at \(offset)")
        try await compare(report, with: bench.store.orderPages(of: bench.sale, asOf: vector), "\(shape) at \(offset)")
        // What providers took and what was paid back, by the history alone.
        let moved = try await connection.query(
          """
          SELECT coalesce(sum(minor) FILTER (WHERE action = 1 AND result <> 1), 0)::int8,
            coalesce(sum(minor) FILTER (WHERE action = 2 AND result = 0), 0)::int8
          FROM history WHERE log_offset < $1
          """, offset
        ).single()
        let (captured, refunded) = (try moved.int64(0), try moved.int64(1))
        #expect(report.money.reduce(0) { $0 + $1.captured } == captured, "\(shape) at \(offset)")
        #expect(report.money.reduce(0) { $0 + $1.refunded } == refunded, "\(shape) at \(offset)")
      }
      await connection.close()
    }
  }

  /// Outcomes and reasons, units and orders by state, and what is to be paid back.
  private func compare(_ report: SaleReport, with pages: OrderPages, _ what: String) async throws {
    var (outcomes, states, due) = ([String: Int64](), [String: Int64](), [String: Int64]())
    var held: Int64 = 0
    for try await page in pages {
      for order in page {
        let outcome = order.decision.outcome
        if case .rejected(let refusal) = outcome { outcomes[refusal.code, default: 0] += 1 }
        if case .confirmed = outcome { outcomes["confirmed", default: 0] += 1 }
        if case .waitlisted = outcome { outcomes["waitlisted", default: 0] += 1 }
        if let life = order.life, !life.isImplied { states[life.state.code, default: 0] += 1 }
        if order.state != "waiting" { held += Int64(order.liveUnits.rawValue) }
        for money in order.refundDue { due[money.currency, default: 0] += money.minor }
      }
    }
    let requests = report.requests
    #expect(outcomes["confirmed"] ?? 0 == requests.confirmed && outcomes["waitlisted"] ?? 0 == requests.waitlisted)
    outcomes["confirmed"] = nil
    outcomes["waitlisted"] = nil
    #expect(outcomes == requests.rejected.filter { $0.value > 0 }, "\(what)")
    #expect(states == report.lives.states, "\(what)")
    #expect(held == report.items.reduce(0) { $0 + $1.reserved + $1.sold }, "\(what)")
    // A capture for an order that has no outcome yet is of no row.
    let owed = report.money.filter { $0.refundDue > 0 }
    #expect(due.allSatisfy { currency, minor in owed.contains { $0.currency == currency && $0.refundDue >= minor } })
  }
}
