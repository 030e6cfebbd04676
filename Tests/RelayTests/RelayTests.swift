@testable import FlashSale
import Foundation
import Kafka
import OrderLog
import Postgres
import Relay
import SaleStore
import SwiftProtobuf
import Synchronization
import TestSupport
import Testing
import Time

/// What becomes of orders is in the topic of events: at least once, and in order per order.
@Suite(.timeLimit(.minutes(3)))
struct RelayTests {
  @Test func `the life of an order is told from its first decision on`() async throws {
    try await RelayBench.with { bench in
      let sale = try await bench.store.create(openSale(holds: HoldRules(seconds: 600)))
      let pay = OrderCommand.Action.pay(
        try Capture(payment: PaymentID(validating: "pay-1"), minor: 20_000, currency: "CNY"))
      try await bench.feed([
        bench.place(sale, buyer: "ann", quantity: 2), bench.place(sale, buyer: "bob", quantity: 1_000),
        bench.does(pay, sale, buyer: "ann"), bench.does(.cancel(Units(1)), sale, buyer: "ann"),
        bench.does(.refunded(PaymentID(validating: "pay-1"), minor: 10_000), sale, buyer: "ann"),
        bench.does(.fulfil, sale, buyer: "ann"), bench.does(.fulfil, sale, buyer: "ann"),
        bench.does(.extend, sale, buyer: "nobody"),
      ])
      try bench.startWorker()
      let relay = try bench.startRelay()
      let events = try await bench.published(count: 5)
      #expect(events.map(\.kind) == [.reserved, .paid, .cancelled, .refunded, .fulfilled], "a refusal is no event")
      #expect(events.map(\.state) == ["reserved", "paid", "paid", "paid", "fulfilled"])
      #expect(events.map(\.sequence) == [1, 2, 3, 4, 5])
      #expect(events.map(\.units) == [2, 0, -1, 0, 0])
      #expect(events.map(\.capturedMinor) == [0, 20_000, 0, 0, 0])
      #expect(events.map(\.refundDueMinor) == [0, 0, 10_000, 0, 0])
      #expect(events.map(\.refundedMinor) == [0, 0, 0, 10_000, 0])
      #expect(events.map(\.payment) == ["", "pay-1", "pay-1", "pay-1", ""])
      #expect(events.allSatisfy { $0.buyer == "ann" && $0.sale == "double11" && $0.priceMinor == 10_000 })
      #expect(events[0].dueUs == UInt64(Timestamp.noon.microseconds + 600_000_000))
      #expect(Set(events.map(\.id)).count == 5)
      #expect(try await eventually { relay.service.status.isReady }, "\(relay.service.status.reasons)")
    }
  }

  @Test func `money for what is no order is told, a sale without payment confirms, and who waits is offered`()
    async throws
  {
    try await RelayBench.with(partitions: 1) { bench in
      let plain = try await bench.store.create(openSale("plain"))
      let rules = try HoldRules(
        seconds: 600, extensions: 1, extensionSeconds: 120, waitlist: WaitlistRules(offerSeconds: 60, leastSeconds: 10))
      let held = try await bench.store.create(openSale("held", holds: rules, units: 1))
      let pay = OrderCommand.Action.pay(
        try Capture(payment: PaymentID(validating: "stray"), minor: 700, currency: "EUR"))
      try await bench.feed([
        bench.place(plain, buyer: "ann"), bench.does(pay, plain, buyer: "nobody"), bench.place(held, buyer: "ann"),
        bench.does(.extend, held, buyer: "ann"), bench.place(held, buyer: "bob", waits: true),
        bench.does(.release, held, buyer: "ann"), bench.does(.expire, held, buyer: "bob", after: 3_600),
      ])
      try bench.startWorker()
      _ = try bench.startRelay()
      let events = try await bench.published(count: 8)
      #expect(
        events.map(\.kind) == [
          .confirmed, .refundDue, .reserved, .extended, .waitlisted, .released, .offered, .expired,
        ])
      #expect(events[1].sequence == 0 && events[1].refundDueMinor == 700 && events[1].moneyCurrency == "EUR")
      #expect(events[1].payment == "stray" && events[1].buyer.isEmpty && events[1].state.isEmpty)
      #expect(events[5].id.hasSuffix("-0") && events[6].id.hasSuffix("-1"), "one record, two events")
      #expect(events[6].buyer == "bob" && events[6].sequence == 2)
      let ends = [600, 720, 61].map { UInt64(Timestamp.noon.microseconds + $0 * 1_000_000) }
      #expect([events[2], events[3], events[6]].map(\.dueUs) == ends, "reserved, extended and offered say until when")
      #expect(events.filter { $0.dueUs > 0 }.count == 3)
    }
  }

  @Test func `two relays share the partitions, and one goes on alone when the other leaves`() async throws {
    try await RelayBench.with(partitions: 4) { bench in
      let sale = try await bench.store.create(openSale(skus: (0..<16).map { "sku-\($0)" }, units: 1_000))
      func records(_ range: Range<Int>) throws -> [OutgoingRecord] {
        try range.map { try bench.place(sale, "sku-\($0 % 16)", buyer: "buyer-\($0)") }
      }
      try bench.startWorker()
      let first = try bench.startRelay("first")
      let second = try bench.startRelay("second")
      try await bench.feed(records(0..<1_000))
      #expect(
        try await eventually {
          let owners = try await bench.query(
            "SELECT count(*) FROM relay_progress WHERE owner IS NOT NULL GROUP BY owner ORDER BY 1")
          return try owners.map { try $0.int64(0) } == [2, 3]
        }, "four partitions, and the webhooks")
      let events = try await bench.published(count: 1_000)
      #expect(events.firsts.count == 1_000 && events.areInOrder)
      await first.running.stop()
      try await bench.feed(records(1_000..<1_500))
      let all = try await bench.published(count: 1_500)
      #expect(all.firsts.count == 1_500 && all.areInOrder)
      #expect(try await eventually { second.service.status.isReady }, "\(second.service.status.reasons)")
    }
  }

  @Test func `a relay that froze before the database's clock was set back keeps nothing from the others`() async throws
  {
    try await RelayBench.with(partitions: 4) { bench in
      func owned() async throws -> Int64 {
        try await bench.query("SELECT count(*) FROM relay_progress WHERE owner <> 7").single().int64(0)
      }
      try bench.startWorker()
      _ = try bench.startRelay("first")
      #expect(try await eventually { try await owned() == 5 }, "four partitions, and the webhooks")
      let frozen = try await bench.database.connect()
      _ = try await frozen.query(
        """
        WITH frozen AS (
          INSERT INTO relays (id, topic, name, session_pid, session_started, last_seen)
          SELECT 7, topic, 'frozen', a.pid, a.backend_start, clock_timestamp() + interval '1 hour'
          FROM relays, pg_stat_activity a WHERE a.pid = pg_backend_pid() RETURNING id, topic
        )
        UPDATE relay_progress p SET owner = id, epoch = epoch + 1 FROM frozen WHERE p.topic = frozen.topic
        """)
      #expect(try await eventually { try await owned() == 5 })
      await frozen.close()
    }
  }

  @Test func `two relays get through a backlog of orders that change soon, which takes longer than their lease`()
    async throws
  {
    try await RelayBench.with(partitions: 8) { bench in
      let skus = (0..<64).map { "sku-\($0)" }
      let sale = try await bench.store.create(
        openSale(holds: HoldRules(seconds: 600), skus: skus, units: 1_000))
      let orders = 4_000
      try await bench.feed(
        (0..<orders).flatMap { index in
          let (sku, buyer) = (skus[index % skus.count], "buyer-\(index)")
          let pay = OrderCommand.Action.pay(
            try Capture(payment: PaymentID(validating: "pay-\(index)"), minor: 10_000, currency: "CNY"))
          return [try bench.place(sale, sku, buyer: buyer), try bench.does(pay, sale, sku, buyer: buyer)]
        })
      try bench.startWorker()
      let isDecided = try await eventually(within: .seconds(60)) {
        let decided = try await bench.query("SELECT coalesce(sum(next_offset), 0)::int8 FROM partition_progress")
        return try decided.single().int64(0) == 2 * orders
      }
      #expect(isDecided)
      for name in ["first", "second"] { _ = try bench.startRelay(name, lease: .seconds(2)) }
      let isMarked = try await eventually(within: .seconds(60)) {
        let marked = try await bench.query(
          "SELECT coalesce(sum(next_offset), 0)::int8 FROM relay_progress WHERE partition >= 0")
        return try marked.single().int64(0) == 2 * orders
      }
      #expect(isMarked)
      let events = try await bench.published()
      #expect(events.firsts.count == orders && events.areInOrder)
      let times = Dictionary(grouping: events, by: \.id).values.map(\.count)
      #expect(times.count == 2 * orders && times.allSatisfy { $0 <= 2 }, "\(events.count) in all")
    }
  }

  @Test func `a relay whose log is gone says that events wait, and goes on when it is back`() async throws {
    try await RelayBench.with(partitions: 1) { bench in
      let sale = try await bench.store.create(openSale())
      try await bench.feed((0..<10).map { try bench.place(sale, buyer: "buyer-\($0)") })
      try bench.startWorker()
      let lost = try bench.startRelay("lost", to: ClusterSettings(brokers: "127.0.0.1:1"))
      #expect(
        try await eventually(within: .seconds(60)) {
          !lost.service.status.isReady && lost.service.status.reasons.contains { $0.contains("events of 1 part") }
        })
      let marked = try await bench.query("SELECT next_offset FROM relay_progress WHERE partition = 0")
      #expect(try marked.single().int64(0) == 0, "nothing is marked that is not in the topic")
      await lost.running.stop()
      _ = try bench.startRelay("found")
      #expect(try await bench.published(count: 10).firsts.count == 10)
    }
  }

  @Test func `killed between publishing and marking: told again by the next one, with the same ids, none lost`()
    async throws
  {
    try await Shop.with(partitions: 1) { shop, database in
      try await database.withStore { store in
        let sale = try await store.create(openSale(holds: HoldRules(seconds: 600), units: 1_000))
        let servers = try #require(shop.environment["PENSTOCK_KAFKA_BROKERS"])
        let cluster = ClusterSettings(brokers: servers)
        let killed = try await shop.start("relay")
        _ = try await shop.start("worker")
        let blocker = try await database.connect()
        #expect(
          try await eventually {
            try await blocker.query("SELECT FROM relay_progress WHERE partition = 0 AND owner IS NOT NULL").count == 1
          })

        // Who holds the row keeps the relay from marking what it has published.
        let isHeld = Mutex(false)
        let isReleased = Mutex(false)
        let holding = Task {
          try await blocker.transaction { transaction in
            _ = try transaction.query("SELECT FROM relay_progress WHERE partition = 0 FOR UPDATE")
            isHeld.withLock { $0 = true }
            while !isReleased.withLock({ $0 }) { usleep(10_000) }
          }
        }
        #expect(try await eventually { isHeld.withLock { $0 } })
        try await Self.feed(sale, (0..<200).map { "buyer-\($0)" }, to: cluster)
        _ = try await eventually { try await RelayBench.published(on: cluster, partitions: 1).count >= 200 }
        killed.process.send(signal: SIGKILL)
        _ = await killed.process.exit()
        let before = try await RelayBench.published(on: cluster, partitions: 1)
        isReleased.withLock { $0 = true }
        try await holding.value
        await blocker.close()

        let start = ContinuousClock.now
        _ = try await shop.start("relay")
        _ = try await eventually {
          try await RelayBench.published(on: cluster, partitions: 1).count >= before.count + 200
        }
        let all = try await RelayBench.published(on: cluster, partitions: 1)
        #expect(all.count >= before.count + 200, "told again, after \(ContinuousClock.now - start)")
        #expect(all.firsts.count == 200 && all.areInOrder && Set(all.map(\.id)).count == 200)
      }
    }
  }

  private static func feed(_ sale: StoredSale, _ buyers: [String], to cluster: ClusterSettings) async throws {
    let records = try buyers.map { buyer in
      let buyer = try BuyerID(validating: buyer)
      let request = try PurchaseRequest(
        order: OrderID(sale: sale.number, buyer: buyer, key: IdempotencyKey(validating: "key")),
        stock: StockKey(sale: sale.number, sku: SKU(validating: "phone")), buyer: buyer,
        quantity: Units(1), acceptedAt: .noon)
      return OutgoingRecord(.place(request), under: RecordKey(sale: sale.sale, sku: request.stock.sku), partitions: 1)
    }
    try await OrderWriter(cluster: cluster, topic: "orders", logger: quietLogger).write(records)
  }
}
