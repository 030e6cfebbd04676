import Accounts
import FlashSale
import HTTPTypes
import HummingbirdTesting
import Postgres
import SaleStore
import TestSupport
import Testing

/// What a bulk job would be about, before it is started.
@Suite struct BulkPreviewTests {
  private static let jobs = "/admin/api/sales/double11/jobs"

  private func withOrders(
    _ count: Int32, secondPerson: Set<GuardedCommand> = [],
    _ body: @escaping @Sendable (AdminUnderTest, Client) async throws -> Void
  ) async throws {
    try await AdminUnderTest.with(secondPerson: secondPerson) { admin, client in
      let sale = try await admin.store.create(.sample())
      try await PlantedRows.with(admin.database) { planted in
        try await planted.progress(0, nextOffset: 1_000_000)
        try await planted.decide(sale, "phone", .rejected(.soldOut), count: count)
        try await planted.decide(sale, "phone", .confirmed, count: 5, from: Int64(count))
      }
      try await body(admin, client)
    }
  }

  @Test func `a preview looks at so many orders and no more, also where none fits`() async throws {
    try await withOrders(210_000) { _, client in
      let preview = try await client.get("\(Self.jobs)/preview?action=cancel&buyer=ghost&refused=true")
      #expect(preview.json("is_complete") as? Bool == false && preview.json("matching") as? Int == 0, "\(preview.text)")
      let page = try await client.get(
        "/admin/sales/double11/jobs?action=cancel&search=buyer%3Dghost%26refused%3Dtrue"
      ).text
      #expect(page.contains("Not all orders were looked at"), "\(page)")
    }
  }

  @Test func `a page of a search says how many orders it has looked at`() async throws {
    try await withOrders(300) { _, client in
      let page = try await client.get("/admin/api/sales/double11/orders?limit=100")
      #expect((page.json("searched") as? Int ?? 0) >= 100, "\(page.json("searched") ?? "nothing")")
    }
  }

  @Test func `a preview needs the right of its action`() async throws {
    try await withOrders(0) { admin, client in
      let leo = try await Browser.signedIn("leo", .operator, admin, client)
      let mia = try await Browser.signedIn("mia", .viewer, admin, client)
      for (action, mayLeo) in [("cancel", false), ("refund", false), ("extend", true), ("resend", true)] {
        let path = "\(Self.jobs)/preview?action=\(action)"
        #expect(try await leo.get(path).status == (mayLeo ? 200 : 403), "\(action)")
        #expect(try await mia.get(path).string("code") == "right_missing", "\(action)")
      }
    }
  }

  @Test(arguments: [Set<GuardedCommand>(), [.massCancel]])
  func `what a preview has counted is not counted again when its job starts`(
    secondPerson: Set<GuardedCommand>
  ) async throws {
    try await withOrders(0, secondPerson: secondPerson) { admin, client in
      let fin = try await Browser.signedIn("fin", .finance, admin, client)
      let ann = try await Browser.signedIn("ann", .finance, admin, client)
      let preview = try await fin.get("\(Self.jobs)/preview?action=cancel&outcome=confirmed")
      let asOf = try #require(preview.string("as_of"))
      func start(expecting expected: Int) async throws -> TestResponse {
        try await fin.submit(
          "/admin/sales/double11/jobs", on: "/admin/sales",
          [
            "action": "cancel", "search": "outcome=confirmed", "as_of": asOf, "expected": "\(expected)",
            "because": "recall", "command_key": "recall",
          ])
      }
      // Who reads orders now waits until the call has lasted too long.
      try await admin.database.holding("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE") { () async throws in
        #expect(try await start(expecting: 4).status == 409)
        #expect(try await start(expecting: 5).status == 303)
        if !secondPerson.isEmpty {
          #expect(try await ann.submit("/admin/approvals/1/approve", on: "/admin/approvals", [:]).status == 303)
        }
        #expect(try await admin.store.bulkJobs().map(\.expected) == [5])
      }
    }
  }
}
