import FlashSale
import Foundation
import Kafka
import OrderLog
import Postgres
import SaleStore
import TestSupport
import Testing
import Time
import Worker

/// Whole workers that end what is over.
@Suite struct ExpiryTests {
  private func sale(
    _ seconds: Int32, stock: Int32, of skus: [String] = ["phone"], endsIn: Int64 = 3_600
  ) throws -> Sale {
    let now = Int64(Date().timeIntervalSince1970) * 1_000_000
    return try Sale(
      id: SaleID(validating: "held"), name: "Held", startsAt: Timestamp(microseconds: now - 60_000_000),
      endsAt: Timestamp(microseconds: now + endsIn * 1_000_000), perBuyerLimit: nil,
      holds: HoldRules(seconds: seconds, waitlist: WaitlistRules(offerSeconds: 60, leastSeconds: 1)),
      items: skus.map {
        try SaleItem(sku: SKU(validating: $0), stock: Units(stock), price: Price(minor: 100, currency: "CNY"))
      })
  }

  private func place(
    _ bench: LogBench, _ sale: StoredSale, _ buyer: String, of sku: String = "phone", waits: Bool = false,
    ago seconds: Int64 = 0
  ) throws -> (OrderID, OutgoingRecord) {
    let sku = try SKU(validating: sku)
    let request = try PurchaseRequest(
      order: OrderID(randomFor: sale.number), stock: StockKey(sale: sale.number, sku: sku),
      buyer: BuyerID(validating: buyer), quantity: Units(1),
      acceptedAt: Timestamp(microseconds: Timestamp.now.microseconds - seconds * 1_000_000),
      terms: waits ? OrderTerms(waits: true) : .none)
    return (request.order, bench.record(.place(request), under: RecordKey(sale: sale.sale, sku: sku)))
  }

  private func states(_ bench: LogBench, _ orders: [OrderID]) async throws -> [String?] {
    let stored = try await bench.store.orders(orders)
    return orders.map { id in stored.first { $0.order == id }?.life?.state.code }
  }

  private func become(_ states: [String], _ bench: LogBench, _ orders: [OrderID]) async throws -> Bool {
    try await eventually { try await self.states(bench, orders) == states }
  }

  @Test(.timeLimit(.minutes(2)))
  func `a hold that is not paid ends by itself, late by little and never early, and its unit goes to who waits`()
    async throws
  {
    try await LogBench.with { bench in
      let sale = try await bench.store.create(sale(2, stock: 1))
      let ann = try place(bench, sale, "ann")
      let bob = try place(bench, sale, "bob", waits: true)
      try await bench.feed([ann.1, bob.1])
      let workers = [try bench.startWorker("one"), try bench.startWorker("two")]
      let orders = [ann.0, bob.0]
      #expect(try await become(["reserved", "waiting"], bench, orders))
      #expect(try await become(["expired", "reserved"], bench, orders))
      let due = try #require(try await bench.store.orders([ann.0]).first).acceptedAt.after(.seconds(2))
      let connection = try await bench.database.connect()
      let rows = try await connection.query(
        "SELECT action, result, at FROM history WHERE order_id IS NOT NULL ORDER BY log_offset, place")
      await connection.close()
      // Expired, and offered by the same record.
      #expect(try rows.map { try $0.int16(0) } == [6, 8])
      let late = try rows[0].timestamp(2).microseconds(since: due)
      #expect((0..<1_500_000).contains(late), "\(late) µs")
      #expect(workers.allSatisfy { $0.status.isReady })
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func `2,000 holds that are over end once each, and those that wait when the sale is over lapse`() async throws {
    try await LogBench.with { bench in
      let sale = try await bench.store.create(sale(1, stock: 2_000, endsIn: 4))
      let held = try (0..<2_000).map { try place(bench, sale, "buyer-\($0)", ago: 10) }
      let waits = try place(bench, sale, "patient", waits: true)
      try await bench.feed(held.map(\.1) + [waits.1])
      _ = try bench.startWorker()
      let connection = try await bench.database.connect()
      #expect(
        try await eventually {
          let ended = try await connection.query("SELECT count(*) FROM holds WHERE state = 7").single().int64(0)
          return ended == 2_000
        })
      // Its offer ends with the sale; or it lapses if none was made.
      #expect(
        try await eventually {
          try await ["expired", "lapsed"].contains(states(bench, [waits.0])[0] ?? "")
        })
      let applied = try await connection.query(
        "SELECT count(*), count(DISTINCT order_id) FROM history WHERE action = 6 AND result = 0"
      ).single()
      #expect(try applied.int64(0) == 2_001 && applied.int64(1) == 2_001)
      let stock = try await connection.query("SELECT units_left, reserved FROM stock").single()
      #expect(try stock.int32(0) == 2_000 && stock.int32(1) == 0)
      await connection.close()
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func `a hold of a partition without a leader waits for it, and those of others end in time`() async throws {
    try await LogBench.with(partitions: 2) { bench in
      let skus = (0..<8).map { "sku-\($0)" }
      let sale = try await bench.store.create(sale(4, stock: 1, of: skus))
      let places = try skus.map { try place(bench, sale, "ann", of: $0) }
      let stuck = try #require(places.first { $0.1.partition == 0 })
      // It is due a second later.
      let sku = try #require(zip(skus, places).first { $1.1.partition == 1 }?.0)
      try await bench.feed([stuck.1])
      _ = try bench.startWorker()
      #expect(try await become(["reserved"], bench, [stuck.0]))
      let other = try place(bench, sale, "bob", of: sku)
      try await bench.feed([other.1])
      #expect(try await become(["reserved", "reserved"], bench, [stuck.0, other.0]))
      try bench.broker.moveLeader(topic: LogBench.topic, partition: 0, to: -1)
      #expect(try await become(["reserved", "expired"], bench, [stuck.0, other.0]))
      let due = try #require(try await bench.store.orders([other.0]).first).acceptedAt.after(.seconds(4))
      let connection = try await bench.database.connect()
      let ended = try await connection.query("SELECT at FROM history WHERE action = 6")
      await connection.close()
      let late = try ended.single().timestamp(0).microseconds(since: due)
      // A write to the other partition takes 10 s to fail. Some ms are usual; a busy machine may take longer.
      #expect((0..<5_000_000).contains(late), "\(late) µs")
      try bench.broker.moveLeader(topic: LogBench.topic, partition: 0, to: 1)
      #expect(try await become(["expired", "expired"], bench, [stuck.0, other.0]))
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `6,000 who wait when their sale is closed hear soon that they wait for nothing`() async throws {
    try await LogBench.with(partitions: 1) { bench in
      let sale = try await bench.store.create(sale(3_600, stock: 1))
      let orders = try (0..<6_001).map { try place(bench, sale, "buyer-\($0)", waits: $0 > 0) }
      let key = StockKey(sale: sale.number, sku: try SKU(validating: "phone"))
      let close = bench.record(.close(key, at: .now), under: RecordKey(sale: sale.sale, sku: key.sku))
      try await bench.feed(orders.map(\.1) + [close])
      _ = try bench.startWorker()
      #expect(try await bench.drained())
      let connection = try await bench.database.connect()
      #expect(
        try await eventually(within: .seconds(60)) {
          try await connection.query("SELECT count(*) FROM holds WHERE state = 9").single().int64(0) == 6_000
        })
      // Of each record, when the scheduler wrote it.
      let ends = try await connection.query(
        "SELECT extract(epoch FROM max(at) - min(at))::int4, count(*) FROM history WHERE action = 6 AND result = 0"
      ).single()
      #expect(try ends.int32(0) < 3 && ends.int64(1) == 6_000)
      await connection.close()
    }
  }
}
