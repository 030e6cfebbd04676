import FlashSale
import Foundation
import OrderLog
import Postgres
import SaleStore
import TestSupport
import Testing

/// The whole line as real processes, under a spike.
@Suite(.serialized) struct SpikeTests {
  @Test(.timeLimit(.minutes(5)))
  func `I1 to I10 hold over 50,000 requests with two workers, one of them killed midway`() async throws {
    try await Shop.with { shop, database in
      let intake = try await shop.start("intake")
      let admin = try await shop.start("admin")
      let survivor = try await shop.start("worker")
      let victim = try await shop.start("worker")
      let http = try #require(intake.http)
      // 12 SKUs, each in a lane of its own, so that both workers have partitions; half of the crowd wants the first.
      let items = (0..<12).map { (sku: "sku\($0)", stock: 1_000) }
      try await shop.createSale(at: admin.admin, id: "spike", items: items)
      // Intake hears of a sale a moment later, and spike does not wait for one.
      #expect(try await eventually { try await HTTP.get(http.appending(path: "v1/sales/spike")).status == 200 })

      let spike = try PenstockProcess(
        "spike",
        [
          "--url", http.absoluteString, "--sale", "spike", "--requests", "50000", "--rate", "5000",
          "--buyers", "20000", "--hot", "0.5", "--retry-share", "0.1", "--connections", "64", "--follow-timeout", "60s",
        ])
      try await database.withStore { store in
        // Midway: when a good part is decided and the spike is still on.
        let midway = try await eventually(within: .seconds(180)) {
          try await store.progress(topic: "orders").reduce(0) { $0 + $1.nextOffset.rawValue } > 5_000
        }
        #expect(midway, "nothing was decided: \(survivor.process.standardError)")
        #expect(spike.isRunning)
        victim.process.send(signal: SIGKILL)
        #expect(await victim.process.exit() == .init(code: SIGKILL, bySignal: true))

        #expect(await spike.exit() == .success, "\(spike.standardOutput)\(spike.standardError)")
        let brokers = shop.environment["PENSTOCK_KAFKA_BROKERS"] ?? ""
        try await expectEverythingHeld(store, topic: "orders", brokers: brokers)
      }
      let report = try await PenstockProcess.run(
        "penstock", ["report", "spike"],
        environment: shop.environment.merging(["PENSTOCK_ADMIN_URL": admin.admin.absoluteString]) { _, new in new })
      #expect(report.exit == .success, "\(report.output)\(report.errors)")
    }
  }

  /// Replays the log through `decide` and compares it, order by order, with what the store has (I4, I5, I10).
  private func expectEverythingHeld(_ store: SaleStore, topic: String, brokers: String) async throws {
    let stored = try #require(try await store.sale(SaleID(unchecked: "spike")))
    let progress = try await store.progress(topic: topic)
    let reader = try OrderReader(cluster: ClusterSettings(brokers: brokers), topic: topic, logger: quietLogger)
    let rules = SaleRules(
      startsAt: stored.sale.startsAt, endsAt: stored.sale.endsAt, perBuyerLimit: stored.sale.perBuyerLimit)
    var replayed: [OrderID: (LogPosition, Outcome)] = [:]
    var confirmed: [SKU: Int32] = [:]
    for partition in progress {
      let end = try await reader.end(of: partition.partition)
      #expect(end == partition.nextOffset, "partition \(partition.partition) was not drained")
      var state = LaneStock()
      for item in stored.sale.items {
        let key = StockKey(sale: stored.number, sku: item.sku)
        state.stock[key] = .init(left: item.stock, isClosed: false, rules: rules)
      }
      try await reader.read(0..<end, of: partition.partition) { record in
        let decoded = try record.decoded()
        guard case .place(let request) = decoded else { return }
        guard case .decided(let outcome) = decide(&state, [decoded])[0] else { return }
        let position = LogPosition(partition: partition.partition, offset: record.offset)
        replayed[request.order] = (position, outcome)
        if outcome == .confirmed { confirmed[request.stock.sku, default: 0] += request.quantity.rawValue }
      }
    }
    #expect(replayed.count > 10_000)
    var compared = 0
    let ids = Array(replayed.keys)
    for start in stride(from: 0, to: ids.count, by: 5_000) {
      for order in try await store.orders(Array(ids[start...].prefix(5_000))) {
        let (position, outcome) = try #require(replayed[order.order])
        if order.position != position || order.outcome != outcome {
          Issue.record("order \(order.order): replay says \(outcome) at \(position), the store \(order)")
        }
        compared += 1
      }
    }
    #expect(compared == replayed.count)
    #expect(try await storedOrders(store) == replayed.count)
    for item in stored.sale.items {
      let left = try #require(stored.stock[item.sku]).left.rawValue
      #expect(left + confirmed[item.sku, default: 0] == item.stock.rawValue)
    }
    // I2: half of 50,000 wanted the first SKU, so its 1,000 units must all be sold.
    #expect(stored.stock[SKU(unchecked: "sku0")]?.left == .zero)
  }

  private func storedOrders(_ store: SaleStore) async throws -> Int {
    try await store.pool.withConnection { connection in
      Int(try await connection.query("SELECT count(*) FROM orders").single().int64(0))
    }
  }
}
