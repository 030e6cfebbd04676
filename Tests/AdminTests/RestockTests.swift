import Accounts
import FlashSale
import Postgres
import SaleStore
import TestSupport
import Testing
import Time

/// What a restock's preview says, by where the sale stands.
@Suite struct RestockTests {
  private static func sale(from start: Int64, to end: Int64, holds: HoldRules? = nil) throws -> Sale {
    let sample = try Sale.sample()
    let now = Timestamp.now
    return try Sale(
      id: sample.id, name: sample.name, startsAt: now.after(.seconds(start)), endsAt: now.after(.seconds(end)),
      perBuyerLimit: nil, holds: holds, items: sample.items)
  }

  private func preview(
    of sale: Sale, units: String = "7",
    _ prepare: @escaping @Sendable (StoredSale, PlantedRows) async throws -> Void = { _, _ in },
    check: @escaping @Sendable (String) -> Void
  ) async throws {
    try await AdminUnderTest.with { admin, client in
      let stored = try await admin.store.create(sale)
      try await PlantedRows.with(admin.database) { planted in
        try await planted.progress(0, nextOffset: 1_000_000)
        try await prepare(stored, planted)
      }
      let browser = try await Browser.signedIn("oscar", .operator, admin, client)
      let fields = ["sku": "phone", "units": units, "reason": "found more"]
      check(try await browser.submit("/admin/sales/double11/restock", on: "/admin/sales/double11", fields).text)
    }
  }

  @Test func `units of an open sale can be sold at once`() async throws {
    try await preview(
      of: Self.sale(from: -60, to: 3_600),
      check: { page in
        #expect(page.contains("7 more units of phone can be sold at once."), "\(page)")
        #expect(page.contains("<td class=\"words\" data-name=\"after\">1,007</td>"))
      })
  }

  @Test func `units of a sale that is yet to open can be sold from then on`() async throws {
    try await preview(
      of: Self.sale(from: 3_600, to: 7_200),
      check: { page in
        #expect(page.contains("can be sold from the opening on, at ") && !page.contains("at once"), "\(page)")
      })
  }

  @Test func `nobody can buy units of a sale that is over`() async throws {
    try await preview(
      of: Self.sale(from: -7_200, to: -3_600),
      check: { page in
        #expect(page.contains("nobody can buy them until its end is moved") && !page.contains("at once"), "\(page)")
      })
  }

  @Test func `units of a stock that is closed, and whose sale is over, wait for another end first`() async throws {
    try await preview(of: Self.sale(from: -7_200, to: -3_600)) { _, planted in
      _ = try await planted.connection.query("UPDATE stock SET closed = true")
    } check: { page in
      #expect(page.contains("nobody can buy them until its end is moved") && !page.contains("phone is closed."))
    }
  }

  @Test func `nobody can buy units of a stock that is closed`() async throws {
    try await preview(of: Self.sale(from: -60, to: 3_600)) { _, planted in
      _ = try await planted.connection.query("UPDATE stock SET closed = true")
    } check: { page in
      #expect(page.contains("phone is closed.") && !page.contains("at once"), "\(page)")
    }
  }

  @Test(arguments: [(Int32(10), true), (3_599, false)])
  func `units are offered to those who wait, as long as they have the time to pay`(
    least: Int32, isOffered: Bool
  ) async throws {
    let waitlist = try WaitlistRules(offerSeconds: 3_600, leastSeconds: least)
    let sale = try Self.sale(from: -3_600, to: 1_800, holds: HoldRules(seconds: 600, waitlist: waitlist))
    try await preview(of: sale) { stored, planted in
      try await planted.decide(stored, "phone", .waitlisted, count: 2, quantity: 2)
      _ = try await planted.connection.query(
        """
        INSERT INTO holds (order_id, log_offset, price_minor, as_of, sale, partition, units, sequence, state, sku,
          currency, buyer)
        SELECT order_id, log_offset, 19900, log_offset + 1, sale, partition, quantity, 1, 1, sku, 'CNY', buyer
        FROM orders
        """)
    } check: { page in
      #expect(page.contains("are offered to those who wait") == isOffered, "\(page)")
      #expect(page.contains("First in line for phone") == isOffered)
      // How many are left is for the lane to say then.
      #expect(page.contains(">left</td>") != isOffered)
      #expect(page.contains("would not have the time to pay") == !isOffered)
    }
  }

  @Test func `more than a stock takes is refused before it is confirmed`() async throws {
    try await preview(
      of: Self.sale(from: -60, to: 3_600), units: "999999999",
      check: { page in
        #expect(page.contains("All units of phone together would be more than"), "\(page)")
        #expect(!page.contains("name=\"confirmed\""))
      })
  }
}
