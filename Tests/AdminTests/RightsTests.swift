import Accounts
import FlashSale
import Foundation
import HTTPTypes
import HummingbirdTesting
import Postgres
import SaleStore
import Secrets
import TestSupport
import Testing
import Time

/// Who may do what, and what the admin log says of it.
@Suite struct RightsTests {
  private static let order = "00000000-0000-8000-8000-000000000001"

  /// Every call of the admin API, with the right that it needs.
  private static let calls: [(method: HTTPRequest.Method, path: String, right: Right)] = [
    (.get, "sales", .view), (.post, "sales", .operate), (.get, "sales/double11", .view),
    (.patch, "sales/double11", .operate), (.post, "sales/double11/close", .operate),
    (.get, "sales/double11/report", .view), (.get, "sales/double11/orders.csv", .export),
    (.get, "sales/double11/orders.jsonl", .export), (.get, "sales/double11/orders?buyer=a", .view),
    (.post, "sales/double11/items/phone/restock", .operate), (.post, "sales/double11/items/phone/reduce", .operate),
    (.post, "sales/double11/items/phone/reopen", .operate), (.post, "sales/double11/room/pause", .operate),
    (.post, "sales/double11/room/resume", .operate), (.post, "sales/double11/room/rate", .operate),
    (.post, "sales/double11/room/revoke", .operate), (.post, "sales/double11/room/beacon", .operate),
    (.get, "orders/\(order)", .view), (.post, "orders/\(order)/cancel", .refund),
    (.post, "orders/\(order)/refund", .refund), (.post, "orders/\(order)/extend", .operate),
    (.post, "orders/\(order)/release", .operate), (.post, "orders/\(order)/webhooks/resend", .operate),
    (.get, "partitions", .view),
    (.post, "partitions/0/resume", .operate), (.post, "workers/1/drain", .operate), (.get, "webhooks", .operate),
    (.post, "webhooks", .operate), (.get, "webhooks/1", .operate), (.delete, "webhooks/1", .operate),
    (.post, "webhooks/1/rotate", .operate),
    (.post, "webhooks/1/ping", .operate), (.post, "webhooks/1/enable", .operate),
    (.post, "webhooks/1/disable", .operate), (.post, "webhooks/1/resend", .operate),
    (.get, "webhooks/1/dead-letters", .operate), (.get, "log", .readLog), (.get, "log.csv", .readLog),
    (.get, "approvals", .view), (.get, "approvals/1", .view), (.post, "approvals/1/approve", .view),
    (.post, "approvals/1/refuse", .view), (.get, "sales/double11/moment", .view),
    (.get, "sales/double11/jobs/preview", .view), (.post, "sales/double11/jobs", .view), (.get, "jobs", .view),
    (.get, "jobs/1", .view), (.get, "jobs/1/result.csv", .export), (.post, "jobs/1/stop", .view),
    (.get, "orders", .view), (.get, "audits", .view), (.post, "audits", .operate), (.get, "audits/1", .view),
    (.get, "quarantine", .view), (.get, "quarantine/0/1", .view), (.post, "quarantine/0/1/requeue", .operate),
    (.post, "quarantine/0/1/dismiss", .operate),
  ]

  static func token(
    _ admin: AdminUnderTest, _ name: String, _ scopes: Set<Right>, days: Int = 1, by creator: String = "@test"
  ) async throws -> String {
    let secret = AccessSecret.token()
    let isAdded = try await admin.store.addToken(
      secret, named: UserName(validating: name), scopes: scopes,
      expiresAt: Timestamp.now.after(.seconds(days * 86_400)),
      logged: LogEntry.Content(who: creator, action: .tokenAdded, subject: name))
    #expect(isAdded)
    return secret.text.value
  }

  @Test func `each call needs its right, and no other`() async throws {
    try await AdminUnderTest.with { admin, client in
      _ = try await admin.store.create(.sample())
      for right in Right.allCases {
        let others = try await Self.token(admin, "not-\(right.rawValue)", Set(Right.allCases).subtracting([right]))
        let only = try await Self.token(admin, "only-\(right.rawValue)", [right])
        for call in Self.calls where call.right == right {
          func status(_ token: String) async throws -> String? {
            var headers: HTTPFields = [.authorization: "Bearer \(token)"]
            headers[.contentType] = "application/json"
            let body = call.method == .get ? Data() : Data("{}".utf8)
            let answer = try await client.send(call.method, "/admin/api/\(call.path)", headers: headers, body: body)
            return answer.string("code") ?? "\(answer.status.code)"
          }
          #expect(try await status(others) == "right_missing", "\(call.method) \(call.path)")
          #expect(try await status(only) != "right_missing", "\(call.method) \(call.path)")
        }
      }
    }
  }

  @Test func `the list of calls above is the one of openapi`() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let document = try String(contentsOf: root.appending(path: "docs/openapi.yaml"), encoding: .utf8)
    let paths = document.matches(of: /\n  \/admin\/api\/([^:]+):\n/).map { String($0.output.1) }
    let known = Set(
      Self.calls.map { call in
        String(call.path.prefix { $0 != "?" }).replacing("double11", with: "{sale}").replacing("phone", with: "{sku}")
          .replacing(Self.order, with: "{order}").replacing("partitions/0", with: "partitions/{partition}")
          .replacing("workers/1", with: "workers/{worker}").replacing("webhooks/1", with: "webhooks/{webhook}")
          .replacing("approvals/1", with: "approvals/{approval}").replacing("audits/1", with: "audits/{number}")
          .replacing("quarantine/0/1", with: "quarantine/{partition}/{offset}")
          .replacing(/^jobs\/1/, with: "jobs/{number}")
      })
    #expect(Set(paths) == known)
  }

  @Test func `who may not know buyers sees them masked, and each look at them is logged`() async throws {
    try await AdminUnderTest.with { admin, client in
      let sale = try await admin.store.create(.sample())
      try await PlantedRows.with(admin.database) { planted in
        try await planted.progress(0, nextOffset: 100)
        try await planted.decide(sale, "phone", .confirmed, count: 3)
      }
      let csv = "/admin/api/sales/double11/orders.csv"
      let plain = try await client.get(csv).text
      let buyer = try #require(plain.split(separator: "\r\n").dropFirst().first?.split(separator: ",")[4]).description
      let mask = BuyerMask.text(try BuyerID(validating: buyer))
      #expect(mask != buyer)
      for form in ["csv", "jsonl"] {
        let path = "/admin/api/sales/double11/orders.\(form)"
        let exporter = try await Self.token(admin, "exporter-\(form)", [.export])
        let masked = try await client.get(path, headers: [.authorization: "Bearer \(exporter)"]).text
        #expect(!masked.contains(buyer) && masked.contains(mask))
        let asked = try await client.get("\(path)?buyers=plain", headers: [.authorization: "Bearer \(exporter)"])
        #expect(asked.string("code") == "right_missing")
        #expect(try await !client.get("\(path)?buyers=masked").text.contains(buyer))
      }
      let found = "/admin/api/sales/double11/orders?buyer=\(buyer)"
      let viewer = try await Browser.signedIn("viewer", .viewer, admin, client)
      let finance = try await Browser.signedIn("finance", .finance, admin, client)
      #expect(try await viewer.get(found).text.contains("\"\(mask)\""))
      #expect(try await viewer.get("\(found)&buyers=plain").string("code") == "right_missing")
      // A person asks for it each time.
      #expect(try await !finance.get(found).text.contains("\"\(buyer)\""))
      #expect(try await finance.get("\(found)&buyers=plain").text.contains("\"\(buyer)\""))
      let looks = try await admin.log(.buyersUnmasked)
      #expect(looks.map(\.who) == ["finance"] && looks.map(\.subject) == ["double11"])
      #expect(try await admin.log(.ordersExported).count == 5)
    }
  }

  @Test func `a file needs the right to export, and leaves a line in the log`() async throws {
    try await AdminUnderTest.with { admin, client in
      let sale = try await admin.store.create(.sample())
      try await PlantedRows.with(admin.database) { planted in
        try await planted.progress(0, nextOffset: 100)
        try await planted.decide(sale, "phone", .confirmed, count: 3)
      }
      let json = #"{"action":"cancel","search":"","because":"recall"}"#
      #expect(try await client.post("/admin/api/sales/double11/jobs", json: json).status == 202)
      let viewer = try await Browser.signedIn("viewer", .viewer, admin, client)
      let finance = try await Browser.signedIn("finance", .finance, admin, client)
      let files: [(path: String, action: LogAction)] = [
        ("/admin/api/sales/double11/report?format=csv", .reportExported),
        ("/admin/sales/double11/report.html", .reportExported), ("/admin/api/jobs/1/result.csv", .jobExported),
        ("/admin/jobs/1/result.csv", .jobExported), ("/admin/api/sales/double11/orders.csv", .ordersExported),
        ("/admin/api/log.csv", .logExported),
      ]
      for file in files {
        #expect(try await viewer.get(file.path).status == 403, "\(file.path)")
        let before = try await admin.log(file.action).count
        #expect(try await finance.get(file.path).status == 200, "\(file.path)")
        #expect(try await admin.log(file.action).map(\.who).dropFirst(before) == ["finance"], "\(file.path)")
      }
      // A page offers what its reader may have, and the numbers as JSON are for everyone who may see them.
      #expect(try await viewer.get("/admin/api/sales/double11/report").status == 200)
      for (page, link) in [("/admin/sales/double11", "csv"), ("/admin/jobs/1", "result.csv")] {
        #expect(try await !viewer.get(page).text.contains(link), "\(page)")
        #expect(try await finance.get(page).text.contains(link), "\(page)")
      }
      let form = try await finance.get("/admin/sales/double11").text
      #expect(form.contains("name=\"bom\" value=\"true\"") && form.contains("name=\"buyers\" value=\"plain\""))
      let marked = try await finance.get("/admin/api/sales/double11/orders.csv?bom=true&buyers=plain").text
      #expect(marked.hasPrefix("\u{FEFF}order_id"))
    }
  }

  @Test func `what is done, and what fails, is in the log with who, what, from where to where, and why`() async throws {
    try await AdminUnderTest.with { admin, client in
      let created = try await client.post("/admin/api/sales", json: Sale.sample(name: "<script>alert(1)</script>").json)
      #expect(created.status == 201)
      #expect(try await client.post("/admin/api/sales", json: Sale.sample().json).status == 409)
      let lines = try await admin.log(.saleCreated)
      #expect(lines.map(\.who) == Array(repeating: "@machine (admin)", count: 3))
      #expect(lines.map(\.problem) == [nil, nil, "sale_exists"])
      #expect(lines[0].to?.contains("phone 1000 at 19900 CNY") ?? false)
      let api = try await client.get("/admin/api/log?action=sale.create&text=alert")
      #expect((api.json("entries") as? [Any])?.count == 1)
      let path = "/admin/api/sales/double11"
      // No lane decides it: it is in the log, and so is its line.
      _ = try await client.post("\(path)/items/phone/restock", json: #"{"units":5,"reason":"delivery"}"#)
      #expect(try await client.send(.post, "\(path)/close", body: Data(#"{"reason":"recall"}"#.utf8)).status == 200)
      #expect(try await client.send(.post, "\(path)/close").status == 200)
      #expect(try await client.send(.post, "\(path)/close", body: Data("{".utf8)).status == 400)
      let restock = try #require(try await admin.log(.stockRestocked).first)
      #expect(restock.from == "1000 put up, 1000 left" && restock.to == "+5" && restock.why == "delivery")
      let closes = try await admin.log(.saleClosed)
      #expect(closes.map(\.why) == ["recall", ""] && closes.allSatisfy { $0.to == "closed" })
      #expect(closes.map(\.from) == ["open, 1000 left", "closed, 1000 left"])
      let owner = try await Browser.signedIn("mia", .owner, admin, client)
      let page = try await owner.get("/admin/log?text=%3Cscript%3E").text
      #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && !page.contains("<script>"))
      let export = try await owner.get("/admin/log.csv?action=sale.create").text
      #expect(export.split(separator: "\r\n").count == 4)
      #expect(try await admin.log(.logExported).map(\.who) == ["mia"])
      for bad in ["action=x", "from=yesterday", "before=0", "text=%00", "who=\(String(repeating: "x", count: 10_240))"]
      {
        #expect(try await client.get("/admin/api/log?\(bad)").string("code") == "invalid_parameter", "\(bad)")
      }
    }
  }

  @Test func `pages of the log miss nothing and show nothing twice while it grows`() async throws {
    try await AdminUnderTest.with { admin, client in
      func grow(_ count: Int) async throws {
        for number in 0..<count {
          try await admin.store.log(LogEntry.Content(who: "@test", action: .saleChanged, subject: "\(number)"))
        }
      }
      try await grow(250)
      var (numbers, next) = ([Int64](), String?.some(""))
      while let query = next {
        let answer = try await client.get("/admin/api/log\(query)")
        numbers += ((answer.json("entries") as? [[String: Any]]) ?? []).compactMap {
          ($0["number"] as? NSNumber)?.int64Value
        }
        next = (answer.json("next") as? NSNumber).map { "?before=\($0)" }
        try await grow(3)
      }
      #expect(numbers == Array((1...250).reversed()))
    }
  }

  @Test func `the log cannot be changed, and who changes it all the same is found out`() async throws {
    try await AdminUnderTest.with { admin, _ in
      for number in 1...5 {
        try await admin.store.log(LogEntry.Content(who: "mia", action: .saleClosed, subject: "sale\(number)", why: "x"))
      }
      let connection = try await admin.database.connect()
      for statement in [
        "UPDATE admin_log SET who = 'eve' WHERE number = 3", "DELETE FROM admin_log WHERE number = 3",
        "TRUNCATE admin_log",
      ] as [Statement] {
        await #expect(throws: PostgresError.self) { _ = try await connection.query(statement) }
      }
      let audit = try await AuditStore.connect(admin.database.settings, logger: quietLogger)
      let honest = try await audit.checkAdminLog()
      #expect(honest.firstBroken == nil && honest.head.number == 5)
      // The owner of the table can switch the trigger off.
      _ = try await connection.query("ALTER TABLE admin_log DISABLE TRIGGER USER")
      _ = try await connection.query("UPDATE admin_log SET why = 'y' WHERE number = 3")
      #expect(try await audit.checkAdminLog().firstBroken == 3)
      _ = try await connection.query("UPDATE admin_log SET why = 'x' WHERE number = 3")
      #expect(try await audit.checkAdminLog().firstBroken == nil)
      _ = try await connection.query("DELETE FROM admin_log WHERE number >= 4")
      #expect(try await audit.checkAdminLog().firstBroken == 4)
      await audit.close()
      await connection.close()
    }
  }

  @Test func `a close that demands a second person is done when another one approves`() async throws {
    try await AdminUnderTest.with(secondPerson: [.close]) { admin, client in
      _ = try await admin.store.create(.sample())
      let leo = try await Browser.signedIn("leo", .operator, admin, client)
      let viewer = try await Browser.signedIn("eve", .viewer, admin, client)
      let asked = try await Self.program(of: "mia", admin, client)
        .post("/admin/api/sales/double11/close", json: #"{"reason":"a flaw"}"#)
      #expect(asked.status == 202 && admin.log.closes.isEmpty)
      let path = try #require(asked.headers[.location])
      #expect(path == "/admin/api/approvals/1")
      #expect(try await client.get(path).string("state") == "pending")
      // Not by who has not the right.
      #expect(try await viewer.submit("/admin/approvals/1/approve", on: "/admin/approvals", [:]).status == 403)
      #expect(try await leo.submit("/admin/approvals/1/approve", on: "/admin/approvals", [:]).status == 303)
      #expect(admin.log.closes.map(\.by) == [try Actor(name: "leo", reason: "a flaw")])
      #expect(try await client.get(path).string("state") == "approved")
      #expect(try await client.send(.post, "\(path)/refuse").string("code") == "approval_decided")
      #expect(try await client.send(.post, "/admin/api/approvals/7/approve").string("code") == "approval_not_found")
      #expect(try await admin.log(.saleClosed).map(\.who) == ["leo"])
    }
  }

  /// A client with a token that a user has added.
  private static func program(
    of user: String, named name: String = "ci", _ admin: AdminUnderTest, _ client: Client
  ) async throws -> Client {
    Client(http: client.http, token: try await token(admin, name, [.view, .operate], by: user))
  }

  @Test func `one person is one, with a session, with tokens and with the shared one`() async throws {
    try await AdminUnderTest.with(secondPerson: [.close]) { admin, shared in
      _ = try await admin.store.create(.sample())
      let mia = try await Browser.signedIn("mia", .operator, admin, shared)
      let leo = try await Browser.signedIn("leo", .operator, admin, shared)
      let first = try await Self.program(of: "mia", named: "machine-x", admin, shared)
      let second = try await Self.program(of: "mia", named: "other", admin, shared)
      let another = try await Self.program(of: "leo", named: "of-leo", admin, shared)
      let nobodys = try await Self.program(of: "@cli (root)", named: "nobodys", admin, shared)
      let close = "/admin/api/sales/double11/close"
      // Nobody knows who it is that has the shared token, or one that no user added: no second person can be told.
      for unknown in [shared, nobodys] {
        let asked = try await unknown.send(.post, close)
        #expect(asked.status == 403 && asked.string("code") == "second_person_needed", "\(asked.text)")
      }
      #expect(try await admin.store.approvals(limit: 9).isEmpty)
      #expect(try await first.send(.post, close).status == 202)
      #expect(
        try await mia.submit(
          "/admin/sales/double11/close", on: "/admin/sales/double11", ["reason": "x", "confirmed": "yes"]
        ).status == 303)
      for number in 1...2 {
        let path = "/admin/approvals/\(number)/approve"
        #expect(try await !mia.get("/admin/approvals").text.contains(path))
        #expect(try await leo.get("/admin/approvals").text.contains(path))
        #expect(try await mia.submit(path, on: "/admin/approvals", [:]).status == 403)
        // A token is no person, whosever it is.
        for program in [shared, first, second, another, nobodys] {
          let approved = try await program.send(.post, "/admin/api/approvals/\(number)/approve")
          #expect(approved.string("code") == "second_person_needed", "\(approved.text)")
        }
      }
      #expect(admin.log.closes.isEmpty)
      #expect(try await leo.submit("/admin/approvals/1/approve", on: "/admin/approvals", [:]).status == 303)
      #expect(admin.log.closes.count == 1)
    }
  }

  @Test func `on a console without a token a claimed name makes no second person`() async throws {
    try await AdminUnderTest.with(token: nil, secondPerson: [.close]) { admin, client in
      _ = try await admin.store.create(.sample())
      let name = try #require(HTTPField.Name("X-Admin-Name"))
      let asked = try await client.send(.post, "/admin/api/sales/double11/close", headers: [name: "a"])
      #expect(asked.string("code") == "second_person_needed", "\(asked.text)")
      #expect(admin.log.closes.isEmpty)
    }
  }

  @Test func `an approver whose close was not confirmed approves it again, and nobody else does`() async throws {
    try await AdminUnderTest.with(secondPerson: [.close]) { admin, client in
      _ = try await admin.store.create(.sample())
      let leo = try await Browser.signedIn("leo", .operator, admin, client)
      let mia = try await Browser.signedIn("mia", .operator, admin, client)
      let program = try await Self.program(of: "eve", admin, client)
      #expect(try await program.send(.post, "/admin/api/sales/double11/close").status == 202)
      let path = "/admin/approvals/1/approve"
      admin.log.change { $0.decides = { _ in throw LogUnderTest.Unreachable() } }
      let lost = try await leo.submit(path, on: "/admin/approvals", [:])
      #expect(lost.status == 503 && lost.text.contains("is safe: it is done once"), "\(lost.text)")
      #expect(lost.text.contains("Do it again") && lost.text.contains(path))
      #expect(try await admin.store.sale(SaleID(validating: "double11"))?.closedAt == nil)
      // For somebody else it is decided.
      #expect(try await !mia.get("/admin/approvals").text.contains(path))
      #expect(try await mia.submit(path, on: "/admin/approvals", [:]).status == 409)
      admin.log.change { $0.decides = { _ in } }
      #expect(try await leo.submit(path, on: "/admin/approvals", [:]).status == 303)
      #expect(try await admin.store.sale(SaleID(validating: "double11"))?.closedAt != nil)
      #expect(try await admin.log(.approvalGiven).count == 1)
    }
  }

  @Test func `a reduction that is asked for twice under one key waits once, and is done under that key`() async throws {
    try await AdminUnderTest.with(secondPerson: [.reduce]) { admin, client in
      _ = try await admin.store.create(.sample())
      let leo = try await Browser.signedIn("leo", .operator, admin, client)
      let key = try #require(HTTPField.Name("Idempotency-Key"))
      let program = try await Self.program(of: "mia", admin, client)
      func ask(_ units: Int, _ name: String?) async throws -> TestResponse {
        var headers: HTTPFields = [.contentType: "application/json"]
        headers[key] = name
        return try await program.send(
          .post, "/admin/api/sales/double11/items/phone/reduce", headers: headers,
          body: Data(#"{"units":\#(units),"reason":"damaged"}"#.utf8))
      }
      for _ in 0..<2 {
        let asked = try await ask(5, "damaged-3")
        #expect(asked.status == 202 && asked.headers[.location] == "/admin/api/approvals/1", "\(asked)")
      }
      let other = try await ask(6, "damaged-3")
      #expect(other.status == 422 && other.string("code") == "idempotency_conflict", "\(other)")
      #expect(try await ask(5, nil).headers[.location] != "/admin/api/approvals/1")
      _ = try await leo.submit("/admin/approvals/1/approve", on: "/admin/approvals", [:])
      let commands = admin.log.commands.compactMap { record in
        if case .stock(let command) = record { command } else { nil }
      }
      #expect(commands.map(\.action) == [.reduce(Units(5))])
      #expect(commands.map(\.id) == [CommandID(try IdempotencyKey(validating: "damaged-3"))])
    }
  }
}
