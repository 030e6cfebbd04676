import FlashSale
import Lane
import Postgres
import SaleStore
import TestSupport
import Testing

/// Which index PostgreSQL takes while a table has no statistics, as each sale's has none in its first minute. With the
/// wrong one a look-up reads all winners of the sale.
@Suite struct PlanTests {
  private func scans(_ bench: LaneBench) async throws -> [String: Int64] {
    let connection = try await bench.database.connect()
    let rows = try await connection.query(
      "SELECT indexrelname::text, idx_scan FROM pg_stat_user_indexes WHERE relname IN ('orders', 'history')")
    await connection.close()
    var scans: [String: Int64] = [:]
    for row in rows { scans[try row.string(0)] = try row.int64(1) }
    return scans
  }

  @Test func `what buyers hold is looked up by buyer, and winners by their place in the log`() async throws {
    try await LaneBench.with(stock: ["phone": 100], limit: 1) { bench in
      let (lane, claim) = try await bench.claimedLane()
      _ = try committed(await lane.write(bench.batch(claim, [bench.place(0), bench.place(1, buyer: "bob")])))
      // A session tells what it did when it ends.
      await lane.close()
      let isTold = try await eventually { try await scans(bench)["orders_held", default: 0] > 0 }
      #expect(isTold)
      let before = try await scans(bench)
      #expect(before["orders_won"] == 0, "\(before)")

      try await bench.database.withStore { store in
        let all = [SaleLane(sale: bench.sale.number, partition: claim.partition): Offset(0)]
        try await store.winners(from: all) { _ in }
      }
      let areRead = try await eventually { try await scans(bench)["orders_won", default: 0] > 0 }
      let after = try await scans(bench)
      #expect(areRead && after["orders_held"] == before["orders_held"], "\(after)")
      #expect(after["history_offers"] == 1 && after["history_pkey"] == before["history_pkey"], "\(after)")
    }
  }

  @Test func `an order is looked up by one look at the primary key for each generation`() async throws {
    try await LaneBench.with { bench in
      let connection = try await bench.database.connect()
      _ = try await connection.query("ALTER TABLE orders SET (autovacuum_enabled = off)")
      _ = try await connection.query(
        """
        INSERT INTO orders
        SELECT ('00000001' || substr(md5(i::text), 9))::uuid, i, now(), now(), 1, 1, 0, 5, 'phone', 'buyer', i % 3
        FROM generate_series(1, 30000) AS i
        """)
      _ = try await connection.query("UPDATE sale_generations SET sizes = '{10000, 10000}'")
      let id = try await connection.query("SELECT ('00000001' || substr(md5('5'), 9))::uuid").single().uuid(0)
      await connection.close()
      let order = OrderID(high: id.high, low: id.low)
      let before = try await read(bench)
      try await bench.database.withStore { store in
        for _ in 0..<10 {
          let found = try await store.orders([order]).map(\.order)
          #expect(found == [order])
        }
      }
      let isTold = try await eventually { try await read(bench).looks >= before.looks + 30 }
      let after = try await read(bench)
      #expect(isTold && after.rows - before.rows <= 30, "\(before) \(after)")
    }
  }

  /// Looks at the indexes of orders, and rows read by them or without them.
  private func read(_ bench: LaneBench) async throws -> (looks: Int64, rows: Int64) {
    let connection = try await bench.database.connect()
    let row = try await connection.query(
      "SELECT idx_scan, seq_tup_read + idx_tup_fetch FROM pg_stat_user_tables WHERE relname = 'orders'"
    ).single()
    await connection.close()
    return (try row.int64(0), try row.int64(1))
  }
}
