import Accounts
import Admin
import FlashSale
import Foundation
import HTTPTypes
import HummingbirdTesting
import Postgres
import SaleStore
import TestSupport
import Testing

/// The pages about orders and instants, as a browser gets them.
@Suite struct DeskPageTests {
  private func withSale(
    _ body: @escaping @Sendable (AdminUnderTest, Client, PlantedRows) async throws -> Void
  ) async throws {
    try await AdminUnderTest.with { admin, client in
      let sale = try await admin.store.create(.sample(name: "<b>Double</b> 11"))
      try await PlantedRows.with(admin.database) { planted in
        try await planted.progress(0, nextOffset: 1_000)
        try await planted.decide(sale, "phone", .confirmed, count: 70)
        try await planted.decide(sale, "phone", .rejected(.soldOut), count: 60, from: 70)
        try await body(admin, client, planted)
      }
    }
  }

  @Test func `pages of orders lead from one to the next, and have each order once`() async throws {
    try await withSale { _, client, _ in
      for (query, count) in [("", 130), ("?outcome=confirmed", 70), ("?state=rejected&sku=phone&buyer=", 60)] {
        var path: String? = "/admin/sales/double11/orders\(query)"
        var found: [String] = []
        while let next = path {
          let page = try await client.get(next)
          #expect(page.status == 200, "\(page.text)")
          #expect(!page.text.contains("<b>Double"))
          found += page.text.matches(of: /href="\/admin\/orders\/([0-9a-f-]{36})"/).map { String($0.output.1) }
          path = page.text.firstMatch(of: /rel="next" href="([^"]+)"/).map {
            $0.output.1.replacingOccurrences(of: "&amp;", with: "&")
          }
        }
        #expect(found.count == count && Set(found).count == count, "\(query)")
      }
      let wrong = try await client.get("/admin/sales/double11/orders?state=gone")
      #expect(wrong.status == 400 && wrong.headers[.contentType] == "text/html; charset=utf-8")
    }
  }

  @Test func `an order's history is drawn as a line, with a table of the same`() async throws {
    try await withSale { admin, client, planted in
      _ = try await planted.connection.query(
        """
        INSERT INTO history (log_offset, at, minor, command_id, partition, sale, units, sequence, place, action, result,
          state, order_id, sku, by_whom, reason)
        SELECT 500, accepted_at + interval '90 s', 0, NULL, 0, sale, -1, 2, 0, 3, 0, 8, order_id, sku, 'eve',
          '<script>alert(1)</script>' FROM orders WHERE log_offset = 1
        """)
      let row = try await planted.connection.query("SELECT order_id::text FROM orders WHERE log_offset = 1").single()
      let order = try row.string(0)
      let found = try await client.get("/admin/orders?q=\(order)")
      #expect(found.status == 303 && found.headers[.location] == "/admin/orders/\(order)")
      let page = try await client.get("/admin/orders/\(order)").text
      #expect(page.components(separatedBy: "<circle").count == 3 && page.contains("+90 s"))
      #expect(page.contains("eve: &lt;script&gt;") && !page.contains("<script>"))
      #expect(try await client.get("/admin/orders").text.contains("/admin/sales/double11/orders"))
      // A payment's id is the provider's, and one in each sale.
      let other = try await admin.store.create(.sample("other"))
      try await planted.decide(other, "phone", .confirmed, count: 1, from: 900)
      _ = try await planted.connection.query(
        """
        INSERT INTO payments (sale, payment, order_id, captured, refund_due, refunded, as_of, partition, currency,
          counted, sku)
        SELECT DISTINCT ON (sale) sale, 'pay-1', order_id, 100, 0, 0, 3, 0, 'CNY', true, sku FROM orders
        """)
      let both = try await client.get("/admin/orders?q=pay-1").text
      #expect(both.matches(of: /href="\/admin\/orders\/[0-9a-f-]{36}"/).count == 2, "\(both)")
      for query in ["?q=no-such-payment", "?q=%3Cscript%3E"] {
        let answer = try await client.get("/admin/orders\(query)")
        #expect(answer.status == 404 && !answer.text.contains("<script>"), "\(query)")
      }
    }
  }

  @Test func `a scrubber goes through the sale`() async throws {
    try await withSale { _, client, _ in
      let last = try await client.get("/admin/sales/double11/moment")
      #expect(last.status == 200, "\(last.text)")
      #expect(last.text.contains("type=\"range\"") && last.text.contains("/moment?ms=0"))
      let first = try await client.get("/admin/sales/double11/moment?ms=0").text
      #expect(first.contains("In line"))
      #expect(try await client.get("/admin/sales/double11/moment?ms=-1").status == 400)
      #expect(try await client.get("/admin/sales/double11/moment?at=2025-11-10T18:40:00Z").status == 200)
    }
  }
}

/// Jobs, the quarantine and audits on pages, by people with rights of their own.
@Suite struct OperationPageTests {
  private func withOrders(
    secondPerson: Set<GuardedCommand> = [],
    _ body: @escaping @Sendable (AdminUnderTest, Client, PlantedRows) async throws -> Void
  ) async throws {
    try await AdminUnderTest.with(secondPerson: secondPerson) { admin, client in
      let sale = try await admin.store.create(.sample())
      try await PlantedRows.with(admin.database) { planted in
        try await planted.progress(0, nextOffset: 1_000)
        try await planted.decide(sale, "phone", .confirmed, count: 7)
        try await planted.quarantine(sale, count: 2)
        try await body(admin, client, planted)
      }
    }
  }

  private static let search = "/admin/sales/double11/jobs?action=cancel&search=outcome%3Dconfirmed"

  /// What the preview's form sends.
  private static func fields(_ page: String, because: String) -> [String: String] {
    var fields = ["because": because]
    for name in ["action", "search", "as_of", "expected", "command_key"] {
      let parts = page.components(separatedBy: "name=\"\(name)\" value=\"")
      let value = parts.count > 1 ? parts[1].components(separatedBy: "\"").first : nil
      fields[name] = value?.replacingOccurrences(of: "&amp;", with: "&")
    }
    return fields
  }

  @Test func `a job is previewed, started, worked on and stopped on pages, by who has its right`() async throws {
    try await withOrders { admin, client, _ in
      let finance = try await Browser.signedIn("fin", .finance, admin, client)
      let operatorBrowser = try await Browser.signedIn("leo", .operator, admin, client)
      #expect(try await operatorBrowser.get(Self.search).status == 403)
      let preview = try await finance.get(Self.search).text
      let fields = Self.fields(preview, because: "recall")
      #expect(fields["expected"] == "7" && fields["as_of"]?.isEmpty == false, "\(preview)")
      let path = "/admin/sales/double11/jobs"
      #expect(try await operatorBrowser.submit(path, on: "/admin/sales", fields).status == 403)
      let empty = try await finance.submit(path, on: Self.search, fields.merging(["because": ""]) { $1 })
      #expect(empty.status == 422)
      let started = try await finance.submit(path, on: Self.search, fields)
      #expect(started.status == 303 && started.headers[.location] == "/admin/jobs/1", "\(started.text)")
      // A form that is sent twice is one job; what is changed by hand in between is none.
      let again = try await finance.submit(path, on: Self.search, fields)
      #expect(again.status == 303 && again.headers[.location] == "/admin/jobs/1", "\(again.text)")
      let other = try await finance.submit(path, on: Self.search, fields.merging(["because": "bored"]) { $1 })
      #expect(other.status == 422)
      #expect(try await admin.store.bulkJobs().count == 1)
      for path in ["/admin/jobs/1", "/admin/jobs"] {
        #expect(try await finance.get(path).text.contains("data-moving"), "its page brings itself up to date")
      }
      while try await admin.jobs.step() {}
      #expect(try await !finance.get("/admin/jobs/1").text.contains("data-moving"))
      #expect(admin.log.commands.count == 7)
      let page = try await finance.get("/admin/jobs/1").text
      #expect(page.contains("7 of 7 written") && !page.contains("/admin/jobs/1/stop"))
      #expect(try await finance.get("/admin/jobs/1/result.csv").text.split(separator: "\r\n").count == 8)
      let lines = try await admin.log(.jobStarted)
      #expect(lines.map(\.who).allSatisfy { $0 == "fin" } && lines.first?.why == "recall")
      #expect(try await finance.submit("/admin/jobs/1/stop", on: "/admin/jobs", ["because": "late"]).status == 409)
    }
  }

  @Test func `a mass cancellation waits for a second person, about the orders that fitted`() async throws {
    try await withOrders(secondPerson: [.massCancel]) { admin, client, planted in
      let finance = try await Browser.signedIn("fin", .finance, admin, client)
      let other = try await Browser.signedIn("ann", .finance, admin, client)
      let leo = try await Browser.signedIn("leo", .operator, admin, client)
      let fields = Self.fields(try await finance.get(Self.search).text, because: "recall")
      let asked = try await finance.submit("/admin/sales/double11/jobs", on: Self.search, fields)
      #expect(asked.headers[.location] == "/admin/jobs?waits=1", "\(asked.text)")
      #expect(try await finance.submit("/admin/sales/double11/jobs", on: Self.search, fields).status == 303)
      #expect(try await admin.store.approvals(limit: 9).count == 1)
      #expect(try await admin.jobs.step() == false)
      // More orders come meanwhile.
      _ = try await planted.connection.query("UPDATE partition_progress SET next_offset = 2000 WHERE partition = 0")
      let approve = "/admin/approvals/1/approve"
      #expect(try await leo.submit(approve, on: "/admin/approvals", [:]).status == 403)
      #expect(try await finance.submit(approve, on: "/admin/approvals", [:]).status == 403)
      #expect(try await other.submit(approve, on: "/admin/approvals", [:]).status == 303)
      while try await admin.jobs.step() {}
      #expect(admin.log.commands.count == 7)
      #expect(try await admin.log(.jobStarted).map(\.who) == ["ann"])
      // Who has not heard of it approves it again, and it is the same job.
      #expect(try await other.submit(approve, on: "/admin/approvals", [:]).status == 303)
      #expect(try await admin.store.bulkJobs().count == 1)
    }
  }

  @Test func `a buyer whom a mass job is about is masked for who may not know her`() async throws {
    try await withOrders(secondPerson: [.massCancel]) { admin, client, _ in
      let finance = try await Browser.signedIn("fin", .finance, admin, client)
      let leo = try await Browser.signedIn("leo", .operator, admin, client)
      let search = "/admin/sales/double11/jobs?action=cancel&search=buyer%3Dbuyer-1"
      let fields = Self.fields(try await finance.get(search).text, because: "recall")
      #expect(try await finance.submit("/admin/sales/double11/jobs", on: search, fields).status == 303)
      for path in ["/admin/approvals", "/admin/api/approvals", "/admin/api/approvals/1"] {
        let (masked, whole) = (try await leo.get(path).text, try await finance.get(path).text)
        #expect(masked.contains("buyer=b***") && !masked.contains("buyer-1"), "\(path)")
        #expect(whole.contains("buyer=buyer-1"), "\(path)")
      }
    }
  }

  @Test func `a record is requeued or dismissed with a reason, and shown whole to who may know buyers`() async throws {
    try await withOrders { admin, client, planted in
      _ = try await planted.connection.query("UPDATE quarantined_records SET record_key = 'alice-2039'")
      let leo = try await Browser.signedIn("leo", .operator, admin, client)
      let mia = try await Browser.signedIn("mia", .owner, admin, client)
      let page = "/admin/quarantine/1/1"
      #expect(try await leo.get("/admin/quarantine").text.contains(page))
      #expect(try await !leo.get(page).text.contains("alice-2039"))
      #expect(try await leo.get("\(page)?buyers=plain").status == 403)
      #expect(try await mia.get("\(page)?buyers=plain").text.contains("alice-2039"))
      #expect(try await admin.log(.buyersUnmasked).map(\.who) == ["mia"])
      #expect(try await leo.submit("\(page)/dismiss", on: page, ["because": " "]).status == 422)
      #expect(try await leo.submit("\(page)/requeue", on: page, ["because": "fixed"]).status == 303)
      #expect(try await leo.get(page).text.contains("fixed"))
      #expect(admin.log.requeued.count == 1)
      #expect(try await admin.log(.recordRequeued).map(\.why) == ["fixed"])
      let viewer = try await Browser.signedIn("eve", .viewer, admin, client)
      #expect(try await viewer.submit("/admin/audits", on: "/admin/audits", [:]).status == 403)
      let blank = try await leo.submit("/admin/audits", on: "/admin/audits", ["reason": " "])
      #expect(blank.status == 400 && blank.text.contains("reason-error"), "\(blank.text)")
      #expect(try await leo.submit("/admin/audits", on: "/admin/audits", ["reason": "Monday"]).status == 303)
      #expect(try await admin.log(.auditStarted).map(\.why) == ["Monday"])
    }
  }
}
