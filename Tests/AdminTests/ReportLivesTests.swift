import Admin
import FlashSale
import Postgres
import SaleStore
import TestSupport
import Testing
import Time

/// The report on orders that have lives, against rows that were made by hand.
@Suite struct ReportLivesTests {
  private func report(_ store: SaleStore, _ sale: StoredSale) async throws -> SaleReport {
    try await store.report(on: sale, topic: PlantedRows.topic) { _, _ in 0 }
  }

  /// A sale of 100 phones, of which 8 were added and 3 taken back since, with lives in every state.
  private func withLives(_ body: (SaleStore, PlantedRows, StoredSale) async throws -> Void) async throws {
    try await TestDatabase.with { database in
      try await database.withStore { store in
        let sale = try await store.create(.sample(items: [("phone", 100)]))
        try await PlantedRows.with(database) { planted in
          try await planted.decide(sale, "phone", .confirmed, count: 20, quantity: 2)
          try await planted.decide(sale, "phone", .waitlisted, count: 4, from: 20)
          for change in Self.lives(sale) { _ = try await planted.connection.query(change) }
          try await planted.tally(sale, requests: 24)
          try await body(store, planted, sale)
        }
      }
    }
  }

  private static func lives(_ sale: StoredSale) -> [Statement] {
    [
      // The orders 1 to 24 by offset; 17 to 20 have no row: they are confirmed.
      """
      INSERT INTO holds (order_id, log_offset, due, price_minor, refund_due, as_of, sale, partition, units, sequence,
        state, is_offer, is_lapsed, sku, currency, buyer, payment)
      SELECT o.order_id, o.log_offset, CASE WHEN s.state = 2 THEN now() END, 500,
        CASE WHEN s.state = 10 THEN 1000 ELSE 0 END, o.log_offset + 1, o.sale, 0, 2, 2, s.state, o.outcome = 100,
        s.state = 7, o.sku, 'CNY', o.buyer, CASE WHEN s.state IN (4, 5, 10, 11) THEN 'p' || o.log_offset END
      FROM orders o JOIN unnest(
        ARRAY[2, 2, 2, 4, 4, 4, 4, 5, 5, 6, 7, 7, 8, 10, 11, 3, 0, 0, 0, 0, 1, 1, 7, 2]::int2[]) WITH ORDINALITY
        AS s (state, place) ON s.place = o.log_offset WHERE s.state > 0
      """,
      """
      INSERT INTO payments (sale, payment, order_id, captured, refund_due, refunded, as_of, partition, currency,
        counted, sku)
      SELECT sale, payment, order_id, 1000, refund_due, CASE WHEN state = 11 THEN 1000 ELSE 0 END, as_of, 0, 'CNY',
        true, sku
      FROM holds WHERE payment IS NOT NULL
      """,
      """
      INSERT INTO payments (sale, payment, order_id, captured, refund_due, refunded, as_of, partition, currency,
        counted, sku)
      SELECT sale, 'yen', order_id, 7, 7, 0, as_of, 0, 'JPY', true, sku FROM holds WHERE log_offset = 1
      """,
      """
      INSERT INTO history (log_offset, at, minor, partition, sale, units, sequence, place, action, result, sku, by_whom,
        reason)
      SELECT 100 + n, now(), 0, 0, sale, units, 0, 0, action, 0, 'phone', 'admin', ''
      FROM (SELECT DISTINCT sale FROM holds) AS sales,
        unnest(ARRAY[5, 3, -3]::int4[], ARRAY[20, 20, 21]::int2[]) WITH ORDINALITY AS h (units, action, n)
      """,
      """
      INSERT INTO history (log_offset, at, minor, partition, sale, units, sequence, place, action, result, order_id,
        sku, by_whom, reason)
      SELECT log_offset + 200, now(), 0, 0, sale, 0, 0, 0, 6, 6, order_id, sku, 'scheduler', '' FROM holds
      WHERE state = 2
      """,
      // Reserved 8 units; paid 8, fulfilled 4, confirmed 10.
      "UPDATE stock SET put_up = 105, units_left = 75, reserved = 8",
    ]
  }

  @Test func `captures whose sum overflows 64 bits are told as the most that they hold (I13)`() async throws {
    try await withLives { store, planted, sale in
      _ = try await planted.connection.query(
        """
        INSERT INTO payments (sale, payment, order_id, captured, refund_due, refunded, as_of, partition, currency,
          counted, sku)
        SELECT sale, 'x' || n, order_id, $1, $1, 0, as_of, 0, 'EUR', false, sku
        FROM holds CROSS JOIN generate_series(1, 9300) AS n WHERE log_offset = 1
        """, FlashSale.Limits.captureMinor)
      let report = try await report(store, sale)
      let euros = try #require(report.money.first { $0.currency == "EUR" })
      #expect(euros.captured == .max && euros.refundDue == .max && euros.applied == 0 && report.moneyHolds)
      _ = try await planted.connection.query("UPDATE payments SET refund_due = 0 WHERE payment = 'x1'")
      _ = try await planted.connection.query(
        "UPDATE payments SET refund_due = 0 WHERE currency = 'EUR' AND payment > 'x2'")
      #expect(try await !self.report(store, sale).moneyHolds)
    }
  }

  @Test func `units and money add up, and what became of orders is counted (I13)`() async throws {
    try await withLives { store, _, sale in
      let report = try await report(store, sale)
      let item = try #require(report.items.first)
      #expect(item.stock == Units(105) && item.putUpAtFirst == 100 && item.restocked == 8 && item.reduced == 3)
      #expect(item.reserved == 8 && item.confirmed == 10 && item.paid == 8 && item.fulfilled == 4 && item.sold == 22)
      #expect(report.stockHolds && report.moneyHolds && report.isSound == true)
      #expect(report.unitsConfirmed == 40)
      #expect(
        report.lives.states == [
          "waiting": 2, "reserved": 4, "confirmed": 1, "paid": 4, "fulfilled": 2, "released": 1, "expired": 3,
          "cancelled": 1, "refund_due": 1, "refunded": 1,
        ])
      let lives = report.lives
      #expect([lives.joined, lives.waiting, lives.lapsed, lives.lapsedOffers] == [4, 2, 3, 1])
      #expect(lives.history.map(\.action) == ["expire", "restock", "reduce"])
      #expect(lives.history.map(\.result) == ["not_due", "applied", "applied"])
      #expect(lives.history.map(\.count) == [4, 2, 1])
      #expect(report.money.map(\.currency) == ["CNY", "JPY"] && report.money.map(\.exponent) == [2, 0])
      #expect(report.money.map(\.captured) == [8_000, 7] && report.money.map(\.applied) == [6_000, 0])
      #expect(report.money.map(\.refundDue) == [1_000, 7] && report.money.map(\.refunded) == [1_000, 0])
    }
  }

  @Test(
    arguments: [
      "UPDATE stock SET units_left = units_left + 1", "UPDATE stock SET reserved = 7, units_left = 76",
      "UPDATE holds SET units = 1 WHERE log_offset = 5", "DELETE FROM holds WHERE log_offset = 2",
      "UPDATE orders SET outcome = 5 WHERE log_offset = 17",
    ] as [Statement]) func `a unit that is nowhere, or twice, is seen`(_ change: Statement) async throws
  {
    try await withLives { store, planted, sale in
      _ = try await planted.connection.query(change)
      let report = try await report(store, sale)
      #expect(!report.stockHolds && report.isSound == false)
    }
  }

  @Test(
    arguments: [
      "UPDATE payments SET refund_due = 0 WHERE currency = 'JPY'",
      "UPDATE payments SET captured = 1001 WHERE payment = 'p5'",
      "UPDATE payments SET refund_due = 0 WHERE payment = 'p14'",
      "UPDATE holds SET payment = 'another' WHERE log_offset = 5",
    ] as [Statement]) func `money that is neither applied nor due nor back is seen (I13)`(_ change: Statement)
    async throws
  {
    try await withLives { store, planted, sale in
      _ = try await planted.connection.query(change)
      let report = try await report(store, sale)
      #expect(!report.moneyHolds && report.isSound == false)
    }
  }
}
