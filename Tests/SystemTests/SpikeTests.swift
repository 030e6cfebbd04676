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

      let spike = try await PenstockProcess.start(
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
        try await expectEverythingHeld(store, shop.environment)
      }
      let report = try await PenstockProcess.run(
        "penstock", ["report", "spike"],
        environment: shop.environment.merging(["PENSTOCK_ADMIN_URL": admin.admin.absoluteString]) { _, new in new })
      #expect(report.exit == .success, "\(report.output)\(report.errors)")
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `I4 everybody who listens to the events of an order hears its outcome`() async throws {
    try await Shop.with { shop, _ in
      let intake = try await shop.start("intake")
      let admin = try await shop.start("admin")
      _ = try await shop.start("worker")
      let http = try #require(intake.http)
      try await shop.createSale(at: admin.admin, id: "events", items: [(sku: "phone", stock: 100)])
      #expect(try await eventually { try await HTTP.get(http.appending(path: "v1/sales/events")).status == 200 })
      let spike = try await PenstockProcess.run(
        "spike",
        [
          "--url", http.absoluteString, "--sale", "events", "--requests", "2000", "--rate", "4000",
          "--buyers", "2000", "--connections", "64", "--follow", "events", "--follow-timeout", "60s",
        ])
      #expect(spike.exit == .success, "\(spike.output)\(spike.errors)")
    }
  }

  /// Lets the audit decide the log again and compare it with the store (I4, I5, I10), and looks at what only this crowd
  /// must have brought about.
  private func expectEverythingHeld(_ store: SaleStore, _ environment: [String: String]) async throws {
    let audit = try await PenstockProcess.run("penstock", ["audit"], environment: environment)
    #expect(audit.exit == .success, "\(audit.output)\(audit.errors)")
    #expect(try await storedOrders(store) > 10_000)
    let stored = try #require(try await store.sale(SaleID(unchecked: "spike")))
    // I2: half of 50,000 wanted the first SKU, so its 1,000 units must all be sold.
    #expect(stored.stock[SKU(unchecked: "sku0")]?.left == .zero)
  }

  private func storedOrders(_ store: SaleStore) async throws -> Int {
    try await store.pool.withConnection { connection in
      Int(try await connection.query("SELECT count(*) FROM orders").single().int64(0))
    }
  }
}
