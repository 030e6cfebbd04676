import Admin
import FlashSale
import Foundation
import HTTPTypes
import HummingbirdTesting
import Postgres
import SaleStore
import TestSupport
import Testing

/// One order's records, a buyer's orders, and what the export says of what became of orders, over HTTP.
@Suite struct OrderTests {
  /// Four orders: a paid one with two captures and a cancelled unit, a waiting one, a refused one whose buyer paid, and
  /// a confirmed one of a sale without holds.
  private func withOrders(_ body: @Sendable (AdminUnderTest, Client, [OrderID]) async throws -> Void) async throws {
    try await AdminUnderTest.with { admin, client in
      let sale = try await admin.store.create(.sample())
      try await PlantedRows.with(admin.database) { planted in
        try await planted.progress(0, nextOffset: 100)
        try await planted.decide(sale, "phone", .confirmed, count: 1, quantity: 2)
        try await planted.decide(sale, "phone", .waitlisted, count: 1, from: 1)
        try await planted.decide(sale, "phone", .rejected(.allHeld), count: 1, from: 2)
        try await planted.decide(sale, "phone", .confirmed, count: 1, quantity: 3, from: 3)
        for statement in Self.statements { _ = try await planted.connection.query(statement) }
        let rows = try await planted.connection.query("SELECT order_id::text FROM orders ORDER BY log_offset")
        try await body(admin, client, try rows.map { try #require(OrderID(try $0.string(0))) })
      }
    }
  }

  private static let statements: [Statement] = [
    """
    INSERT INTO holds (order_id, log_offset, price_minor, refund_due, as_of, sale, partition, units, sequence, state,
      sku, currency, buyer, payment)
    SELECT order_id, log_offset, 500, 0, 9, sale, 0, 1, 3, CASE outcome WHEN 0 THEN 4 ELSE 1 END, sku, 'BHD', buyer,
      CASE outcome WHEN 0 THEN 'p-1' END FROM orders WHERE log_offset IN (1, 2)
    """,
    """
    INSERT INTO payments (sale, payment, order_id, captured, refund_due, refunded, as_of, partition, currency,
      counted, sku)
    SELECT o.sale, p.payment, o.order_id, p.captured, p.due, 0, 9, 0, p.currency, o.log_offset < 3, o.sku FROM orders o
    JOIN (VALUES (1, 'p-1', 1000, 500, 'BHD'), (1, 'p-2', 7, 7, 'JPY'), (3, 'p-3', 500, 500, 'BHD'))
      AS p (place, payment, captured, due, currency) ON p.place = o.log_offset
    """,
    """
    INSERT INTO history (log_offset, at, minor, command_id, partition, sale, units, sequence, place, action, result,
      state, order_id, sku, by_whom, reason, payment)
    SELECT h.log_offset, '2026-11-11T00:00:00Z', h.minor, NULL, 0, o.sale, h.units, h.sequence, 0, h.action, h.result,
      h.state, o.order_id, o.sku, h.by_whom, h.reason, h.payment FROM orders o
    JOIN (VALUES (1, 10, 1000, 0, 2, 1, 0, 4, 'provider', '', 'p-1'), (1, 11, 7, 0, 0, 1, 9, 4, 'provider', '', 'p-2'),
        (1, 12, 500, -1, 3, 3, 12, 4, 'admin', 'she asked', NULL),
        (3, 13, 500, 0, 0, 1, 3, NULL, 'provider', '', 'p-3'))
      AS h (place, log_offset, minor, units, sequence, action, result, state, by_whom, reason, payment)
      ON h.place = o.log_offset
    """,
    // All of the same buyer.
    "UPDATE orders SET buyer = 'al+ice' WHERE log_offset < 4",
  ]

  @Test func `an order is shown with every record that touched it`() async throws {
    try await withOrders { _, client, orders in
      let answer = try await client.get("/admin/api/orders/\(orders[0])")
      #expect(answer.status == 200)
      let order = try JSONDecoder().decode(OrderRecord.self, from: Data(answer.text.utf8))
      #expect(order.state == "paid" && order.outcome == "confirmed" && order.units == 1)
      #expect(order.amountMinor == 500 && order.currency == "BHD" && order.sale == "double11")
      #expect(order.events.map(\.action) == ["place", "pay", "pay", "cancel"])
      #expect(order.events.map(\.result) == ["confirmed", "applied", "wrong_amount", "refund_due"])
      #expect(order.events.map(\.offset) == [1, 10, 11, 12])
      #expect(order.events.map(\.by) == ["buyer", "provider", "provider", "admin"])
      #expect(order.payments.map(\.applied) == [500, 0] && order.payments.map(\.refundDue) == [500, 7])
      let text = OrderText.text(order)
      #expect(text.contains("paid  double11/phone  buyer al+ice  1 units  0.500 BHD"), "\(text)")
      #expect(text.contains("payment p-2: captured 7 JPY, applied 0 JPY, refund due 7 JPY"), "\(text)")
      #expect(text.contains("by admin (she asked)"), "\(text)")

      let refused = try await client.get("/admin/api/orders/\(orders[2])")
      let other = try JSONDecoder().decode(OrderRecord.self, from: Data(refused.text.utf8))
      #expect(other.state == "rejected" && other.reason == "all_held" && other.units == 0 && other.amountMinor == nil)
      #expect(other.events.map(\.result) == ["all_held", "refused"] && other.payments.map(\.refundDue) == [500])

      let plain = try await client.get("/admin/api/orders/\(orders[3])")
      let implied = try JSONDecoder().decode(OrderRecord.self, from: Data(plain.text.utf8))
      #expect(implied.state == "confirmed" && implied.units == 3 && implied.amountMinor == 59_700)
    }
  }

  @Test func `an order that nobody knows, or that is none, is told so`() async throws {
    try await AdminUnderTest.with { _, client in
      let unknown = try await client.get("/admin/api/orders/00000001-0000-8000-8000-00000000abcd")
      #expect(unknown.status == 404 && unknown.string("code") == "order_not_found")
      for path in ["1", "00000001-0000-8000-8000-00000000abcg", "%00"] {
        let answer = try await client.get("/admin/api/orders/\(path)")
        #expect(answer.status == 404 && answer.string("code") == "not_found", "\(path)")
      }
    }
  }

  @Test func `a buyer's orders are found, whatever became of them`() async throws {
    try await withOrders { _, client, orders in
      let answer = try await client.get("/admin/api/sales/double11/orders?buyer=al%2Bice&refused=true")
      #expect(answer.status == 200, "\(answer.text)")
      let found = try JSONDecoder().decode(FoundOrders.self, from: Data(answer.text.utf8))
      #expect(Set(found.orders.map(\.orderID)) == Set(orders[..<3]) && found.next == nil)
      #expect(Set(found.orders.map(\.state)) == ["paid", "waiting", "rejected"])
      let nobody = try await client.get("/admin/api/sales/double11/orders?buyer=nobody")
      #expect(
        OrderText.text(try JSONDecoder().decode(FoundOrders.self, from: Data(nobody.text.utf8))).contains("no decided"))
      for query in [
        "?buyer=\(String(repeating: "x", count: 65))", "?cursor=x", "?state=gone", "?limit=0", "?as_of=AAAA",
      ] {
        let wrong = try await client.get("/admin/api/sales/double11/orders\(query)")
        #expect(wrong.status == 400 && wrong.string("code") == "invalid_parameter", "\(query)")
      }
      #expect(try await client.get("/admin/api/sales/none/orders?buyer=a").status == 404)
    }
  }

  @Test func `the export says what became of each order, and never adds two currencies`() async throws {
    try await withOrders { _, client, orders in
      let text = try await client.get("/admin/api/sales/double11/orders.jsonl").text
      let lines = try text.split(separator: "\n").map { line in
        try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      }
      let byID = Dictionary(uniqueKeysWithValues: lines.map { ($0["order_id"] as? String ?? "", $0) })
      let found = try orders.map { try #require(byID["\($0)"]) }
      #expect(found.map { $0["state"] as? String } == ["paid", "waiting", "rejected", "confirmed"])
      #expect(found.map { $0["units_live"] as? Int } == [1, 1, 0, 3])
      #expect(found.map { $0["amount_minor"] as? Int } == [500, 500, nil, 59_700])
      #expect(found.map { $0["currency"] as? String } == ["BHD", "BHD", nil, "CNY"])
      #expect(found.map { $0["refund_due"] as? String } == ["500 BHD; 7 JPY", nil, "500 BHD", nil])
    }
  }
}
