import Audit
import FlashSale
import Lane
import OrderLog
import SaleStore
import TestSupport
import Testing
import Worker

/// Whole workers between a real log and a real PostgreSQL.
@Suite struct DrainTests {
  @Test func `10,000 buyers of 1,000 units: exactly 1,000 are confirmed, the first ones (I1, I2, I5, I10)`()
    async throws
  {
    try await LogBench.with { bench in
      let sale = try await bench.store.create(openSale("double11", stock: ["phone": 1_000]))
      try await bench.feed((0..<10_000).map { try bench.place(sale, "phone", buyer: "buyer-\($0)") })
      let worker = try bench.startWorker()
      #expect(try await bench.drained())
      let orders = try await StoredRows(bench.database).orders()
      #expect(orders.count == 10_000)
      // I2 and I5 at once: nobody was refused before the last unit was gone, and nobody confirmed after.
      #expect(orders.prefix(1_000).allSatisfy { $0.outcome == .confirmed })
      #expect(orders.dropFirst(1_000).allSatisfy { $0.outcome == .rejected(.soldOut) })
      try await bench.expectReplayed()
      #expect(worker.status.isReady, "\(worker.status.reasons)")
      #expect(await worker.stop())
    }
  }

  @Test func `several sales and SKUs over all partitions, with repeats and limits (I4, I5, I8, I9, I10)`() async throws
  {
    try await LogBench.with { bench in
      let hot = try await bench.store.create(
        openSale("hot", stock: ["phone": 300, "case": 100, "cable": 50], ordering: .sku))
      let limited = try await bench.store.create(openSale("limited", stock: ["phone": 400, "case": 400], limit: 2))
      var records: [OutgoingRecord] = []
      for index in 0..<4_000 {
        let sku = ["phone", "case", "cable"][index % 3]
        let quantity = Int32(index % 4 + 1)
        records.append(
          try bench.place(hot, sku, buyer: "buyer-\(index % 700)", quantity: quantity, key: "k-\(index % 2_100)"))
        if sku != "cable" {
          records.append(try bench.place(limited, sku, buyer: "buyer-\(index % 500)", key: "l-\(index)"))
        }
      }
      try await bench.feed(records)
      _ = try bench.startWorker()
      #expect(try await bench.drained())
      #expect(try await bench.expectReplayed().counts.repeats > 0)
      let orders = try await StoredRows(bench.database).orders()
      let held = Dictionary(
        grouping: orders.filter { $0.stock.sale == limited.number && $0.outcome == .confirmed }, by: \.buyer)
      #expect(held.values.allSatisfy { $0.count <= 2 }, "I9")
    }
  }

  @Test func `one key for SKUs in different lanes is one order (I8)`() async throws {
    try await LogBench.with { bench in
      let skus = (0..<8).map { "sku-\($0)" }
      let sale = try await bench.store.create(
        openSale("many", stock: Dictionary(uniqueKeysWithValues: skus.map { ($0, 1_000) }), ordering: .sku))
      let records = try (0..<500).flatMap { buyer in
        try skus.map { try bench.place(sale, $0, buyer: "buyer-\(buyer)", key: "the-same") }
      }
      #expect(Set(records.map(\.partition)).count > 1)
      try await bench.feed(records)
      _ = try bench.startWorker()
      #expect(try await bench.drained())
      let orders = try await StoredRows(bench.database).orders()
      #expect(Set(orders.map(\.buyer)).count == 500)
      #expect(orders.count == 500)
      let tally = try await StoredRows(bench.database).tallies()[sale.number]
      #expect(tally == .init(requests: 4_000, repeats: 3_500))
      let left = try await StoredRows(bench.database).left()
      #expect(left.values.reduce(0, +) == 8_000 - 500, "I1")
    }
  }

  @Test func `what can't be decided is quarantined whole, and the lane goes on (I4)`() async throws {
    try await LogBench.with { bench in
      let sale = try await bench.store.create(openSale("double11", stock: ["phone": 1_000]))
      let good = try (0..<300).map { try bench.place(sale, "phone", buyer: "buyer-\($0)") }
      let key = good[0]
      let unknown = try PurchaseRequest(
        order: OrderID(randomFor: SaleNumber(rawValue: 999)),
        stock: StockKey(sale: SaleNumber(rawValue: 999), sku: SKU(validating: "phone")),
        buyer: BuyerID(validating: "bob"), quantity: Units(1), acceptedAt: insideTheSale)
      func bad(_ value: [UInt8]) -> OutgoingRecord { .init(partition: key.partition, key: key.key, value: value) }
      let garbage = [bad([0xFF, 0xFE, 0x00]), bad([]), bad(LogRecord.place(unknown).encoded())]
      let truncated = bad(Array(key.value.dropLast(3)))
      try await bench.feed(
        Array(good[..<100]) + [garbage[0]] + Array(good[100..<200]) + [garbage[1], garbage[2], truncated]
          + Array(good[200...]))
      _ = try bench.startWorker()
      #expect(try await bench.drained())
      let stored = try await StoredRows(bench.database).quarantined()
      #expect(stored.map(\.raw.value) == [garbage[0].value, nil, garbage[2].value, truncated.value])
      #expect(stored.allSatisfy { $0.raw.key == key.key && $0.sale == sale.number })
      #expect(stored[2].order == unknown.order)
      #expect(try await bench.expectReplayed().counts.decided == 300)
    }
  }

  @Test func `records that make their batch fail are found and quarantined, and no other (I4, I5)`() async throws {
    try await LogBench.with { bench in
      let sale = try await bench.store.create(openSale("double11", stock: ["phone": 1_500]))
      try await StoredRows(bench.database).refuseOrders(of: "mallory")
      let records = try (0..<2_000).map { index in
        try bench.place(sale, "phone", buyer: [7, 8, 900, 1_999].contains(index) ? "mallory" : "buyer-\(index)")
      }
      try await bench.feed(records)
      let worker = try bench.startWorker()
      #expect(try await bench.drained())
      let stored = try await StoredRows(bench.database).quarantined()
      #expect(stored.map(\.position.offset.rawValue) == [7, 8, 900, 1_999])
      #expect(stored.allSatisfy { $0.error.contains("not this buyer") && $0.order != nil })
      #expect(stored.map(\.raw.value) == [7, 8, 900, 1_999].map { records[$0].value })
      #expect(try await bench.expectReplayed().counts.quarantined == 4)
      #expect(worker.status.isReady)
    }
  }
}
