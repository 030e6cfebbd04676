import Accounts
import FlashSale
import HTTPTypes
import HummingbirdTesting
import Postgres
import SaleStore
import TestSupport
import Testing

/// A form that is not valid comes back with what was typed, and says at its field what is wrong.
@Suite struct RefusedFormTests {
  private func with(
    _ body: @escaping @Sendable (AdminUnderTest, Client, PlantedRows) async throws -> Void
  ) async throws {
    try await AdminUnderTest.with { admin, client in
      let sale = try await admin.store.create(.sample(items: [("phone", 100), ("case", 100)]))
      try await PlantedRows.with(admin.database) { planted in
        try await planted.progress(0, nextOffset: 1_000)
        try await planted.progress(1, nextOffset: 12, halted: "the log was truncated")
        try await planted.decide(sale, "phone", .confirmed, count: 7)
        try await planted.quarantine(sale, count: 1)
        try await body(admin, client, planted)
      }
    }
  }

  /// Whether a page has a field as it was typed, and marks it as wrong or not.
  private static func has(_ page: String, _ name: String, _ value: String, isWrong: Bool) -> Bool {
    page.matches(of: /<input id="[^"]*" name="([a-z]+)" type="[a-z]+" value="([^"]*)"[^>]*>/).contains { field in
      field.output.1 == name && field.output.2 == value && field.output.0.contains("aria-invalid") == isWrong
    }
  }

  @Test func `a restock and a close`() async throws {
    try await with { admin, client, _ in
      let browser = try await Browser.signedIn("oscar", .operator, admin, client)
      let (page, path) = ("/admin/sales/double11", "/admin/sales/double11/restock")
      for units in ["0", "-1", "many", "2147483648"] {
        let answer = try await browser.submit(
          path, on: page, ["sku": "case", "units": units, "reason": "found <more>"])
        #expect(answer.status == 400, "\(answer.text)")
        #expect(Self.has(answer.text, "units", units, isWrong: true), "\(answer.text)")
        #expect(Self.has(answer.text, "reason", "found &lt;more&gt;", isWrong: false))
        #expect(answer.text.contains("<option value=\"case\" selected>"))
      }
      let blank = try await browser.submit(path, on: page, ["sku": "case", "units": "5", "reason": "   "])
      #expect(blank.status == 400 && Self.has(blank.text, "units", "5", isWrong: false), "\(blank.text)")
      #expect(Self.has(blank.text, "reason", "   ", isWrong: true))
      let unknown = try await browser.submit(path, on: page, ["sku": "none", "units": "5", "reason": "x"])
      #expect(unknown.status == 400 && unknown.text.contains("role=\"alert\""), "\(unknown.text)")
      let close = try await browser.submit("\(page)/close", on: page, ["reason": " "])
      #expect(close.status == 400 && Self.has(close.text, "reason", " ", isWrong: true), "\(close.text)")
      #expect(close.text.contains("action=\"/admin/sales/double11/close\"") && admin.log.commands.isEmpty)
    }
  }

  @Test func `a decision about a record, and a resume`() async throws {
    try await with { admin, client, _ in
      let browser = try await Browser.signedIn("oscar", .operator, admin, client)
      let page = "/admin/quarantine/1/1"
      let reason = String(repeating: "x", count: 3_000)
      let answer = try await browser.submit("\(page)/dismiss", on: page, ["because": reason])
      #expect(answer.status == 422 && Self.has(answer.text, "because", reason, isWrong: true), "\(answer.text)")
      // The other form of the page stays as it was.
      #expect(Self.has(answer.text, "because", "", isWrong: false))
      let resume = try await browser.submit(
        "/admin/partitions/1/resume", on: "/admin/quarantine", ["because": "looked at", "at": "-5"])
      #expect(resume.status == 422 && Self.has(resume.text, "at", "-5", isWrong: true), "\(resume.text)")
      #expect(Self.has(resume.text, "because", "looked at", isWrong: false))
      let again = try await browser.submit("/admin/quarantine/1/9/dismiss", on: page, ["because": "x"])
      #expect(again.status == 404)
    }
  }

  @Test func `a job's start and stop`() async throws {
    try await with { admin, client, _ in
      let finance = try await Browser.signedIn("fin", .finance, admin, client)
      let search = "/admin/sales/double11/jobs?action=cancel&search=outcome%3Dconfirmed"
      var fields = try await finance.get(search).hiddenFields
      fields["because"] = " "
      let empty = try await finance.submit("/admin/sales/double11/jobs", on: search, fields)
      #expect(empty.status == 422 && Self.has(empty.text, "because", " ", isWrong: true), "\(empty.text)")
      #expect(empty.text.contains("name=\"expected\" value=\"7\""))
      fields = empty.hiddenFields
      fields["because"] = "recall"
      #expect(try await finance.submit("/admin/sales/double11/jobs", on: search, fields).status == 303)
      let stop = try await finance.submit("/admin/jobs/1/stop", on: "/admin/jobs/1", ["because": ""])
      #expect(stop.status == 422 && Self.has(stop.text, "because", "", isWrong: true), "\(stop.text)")
      #expect(try await finance.submit("/admin/jobs/1/stop", on: "/admin/jobs/1", ["because": "enough"]).status == 303)
    }
  }

  @Test func `a search of the log, and of orders`() async throws {
    try await with { admin, client, _ in
      let browser = try await Browser.signedIn("mia", .owner, admin, client)
      let log = try await browser.get("/admin/log?from=2026-11-11&who=mia")
      #expect(log.status == 400 && Self.has(log.text, "from", "2026-11-11", isWrong: true), "\(log.text)")
      #expect(Self.has(log.text, "who", "mia", isWrong: false))
      #expect(try await browser.get("/admin/log").text.contains("2026-11-11T00:00:00+08:00"))
      let orders = try await browser.get("/admin/sales/double11/orders?until=tomorrow&state=paid")
      #expect(orders.status == 400 && Self.has(orders.text, "until", "tomorrow", isWrong: true), "\(orders.text)")
      #expect(orders.text.contains("<option value=\"paid\" selected>"))
      let state = try await browser.get("/admin/sales/double11/orders?state=gone")
      #expect(state.status == 400 && state.text.contains("role=\"alert\""))
    }
  }
}
