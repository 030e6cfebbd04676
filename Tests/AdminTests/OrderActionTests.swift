import Accounts
import FlashSale
import Foundation
import HTTPTypes
import HummingbirdTesting
import Postgres
import SaleStore
import Synchronization
import TestSupport
import Testing

@testable import Admin

/// What a person does with one order on its page. The lane is what the test plants.
@Suite struct OrderActionTests {
  /// A sale with holds, and an order of 3 phones in a state of the test's choice.
  private struct Desk {
    let admin: AdminUnderTest
    let client: Client
    let connection: Connection
    let order: String

    var path: String { "/admin/orders/\(order)" }

    func signedIn(_ role: Role) async throws -> Browser {
      try await Browser.signedIn("\(role.rawValue)-1", role, admin, client)
    }

    /// Loads the order's page, and sends a form of it.
    func send(_ browser: Browser, _ action: String, _ fields: [String: String]) async throws -> TestResponse {
      try await browser.submit("\(path)/\(action)", on: path, fields)
    }

    var commands: [OrderCommand] {
      admin.log.commands.compactMap { if case .order(let command) = $0 { command } else { nil } }
    }
  }

  private static func sale() throws -> Sale {
    let sale = try Sale.sample(items: [("phone", 100), ("case", 100)])
    return try Sale(
      id: sale.id, name: sale.name, startsAt: sale.startsAt, endsAt: sale.endsAt, perBuyerLimit: nil,
      holds: HoldRules(
        seconds: 600, extensions: 2, extensionSeconds: 300,
        waitlist: WaitlistRules(offerSeconds: 60, leastSeconds: 10)), items: sale.items)
  }

  private func with(
    _ state: Hold.State = .reserved, result: HistoryEntry.Result = .applied,
    _ body: @escaping @Sendable (Desk) async throws -> Void
  ) async throws {
    try await AdminUnderTest.with { admin, client in
      let sale = try await admin.store.create(Self.sale())
      try await PlantedRows.with(admin.database) { planted in
        try await planted.progress(0, nextOffset: 1_000_000)
        try await planted.decide(sale, "phone", .confirmed, count: 1, quantity: 3)
        try await planted.decide(sale, "phone", .waitlisted, count: 2, quantity: 2, from: 1)
        _ = try await planted.connection.query(
          """
          INSERT INTO holds (order_id, log_offset, due, price_minor, as_of, sale, partition, units, sequence, state,
            sku, currency, buyer, payment)
          SELECT order_id, log_offset, CASE WHEN outcome = 0 AND $1 = 2 THEN '2030-01-01T00:00:00Z'::timestamptz END,
            19900, log_offset + 1, sale, partition, quantity, 1, CASE WHEN outcome = 0 THEN $1 ELSE 1 END, sku, 'CNY',
            buyer, CASE WHEN outcome = 0 AND $1 = 4 THEN 'pay-1' END
          FROM orders
          """, state.rawValue)
        if state == .paid {
          _ = try await planted.connection.query(
            """
            INSERT INTO payments (sale, payment, order_id, captured, refund_due, refunded, as_of, partition, counted,
              sku, currency)
            SELECT sale, 'pay-1', order_id, 59700, 0, 0, 2, 0, true, sku, 'CNY' FROM orders WHERE outcome = 0
            """)
          _ = try await planted.connection.query(
            """
            INSERT INTO history (log_offset, at, minor, partition, sale, units, sequence, place, action, result, state,
              order_id, sku, by_whom, reason, payment)
            SELECT 0, accepted_at, 59700, 1, sale, 0, 2, 0, 1, 0, 4, order_id, sku, 'provider', '', 'pay-1'
            FROM orders WHERE outcome = 0
            """)
        }
        let order = try await planted.connection.query("SELECT order_id::text FROM orders WHERE outcome = 0").single()
        let connection = planted.connection
        admin.log.change { $0.decides = { try await Self.decide($0, result, connection) } }
        try await body(
          Desk(admin: admin, client: client, connection: connection, order: order.string(0)))
      }
    }
  }

  /// As a lane, for the first of each command.
  private static func decide(
    _ records: [LogRecord], _ result: HistoryEntry.Result, _ connection: Connection
  ) async throws {
    for case .order(let command) in records {
      var (units, minor): (Int32, Int64) = (0, 0)
      if case .cancel(let some, _) = command.action { units = -(some?.rawValue ?? 3) }
      if case .refunded(_, let paidBack, _) = command.action { minor = paidBack }
      _ = try await connection.query(
        """
        INSERT INTO history (log_offset, at, minor, command_id, partition, sale, units, sequence, place, action, result,
          state, order_id, sku, by_whom, reason)
        SELECT coalesce(max(log_offset) + 1, 0), now(), $1, $2, 0, $3, $4, 2, 0, $5,
          CASE WHEN bool_or(command_id = $2) THEN 1 ELSE $6 END, 2, $7::text::uuid, 'phone', $8, $9
        FROM history WHERE partition = 0
        """, minor, command.id?.rawValue, command.stock.sale.rawValue, units, command.action.historyAction.rawValue,
        result.rawValue, "\(command.order)", command.by.name, command.by.reason)
    }
  }

  @Test(arguments: [
    (Hold.State.reserved, Role.viewer, []), (.reserved, .operator, ["extend", "release"]),
    (.reserved, .finance, ["cancel"]), (.reserved, .owner, ["cancel", "extend", "release"]),
    (.paid, .operator, []), (.paid, .finance, ["cancel", "refund"]), (.fulfilled, .owner, []),
    (.released, .owner, []), (.waiting, .operator, ["release"]),
  ])
  func `a page offers what the state and the rights allow`(_ state: Hold.State, _ role: Role, _ offers: [String])
    async throws
  {
    try await with(state) { desk in
      let browser = try await desk.signedIn(role)
      let page = try await browser.get(desk.path).text
      let found = page.matches(of: /action="\/admin\/orders\/[0-9a-f-]+\/([a-z]+)"/).map { String($0.output.1) }
      #expect(found == offers, "\(page)")
      for action in OrderAction.allCases where !role.rights.contains(action.right) {
        let answer = try await desk.send(browser, action.rawValue, ["reason": "x", "confirmed": "yes"])
        #expect(answer.status == 403, "\(action)")
        // Who is signed in keeps the menu.
        #expect(answer.text.contains("<nav") && answer.text.contains("/admin/sign-out"))
      }
      #expect(desk.commands.isEmpty)
    }
  }

  @Test func `a cancellation is previewed in words and numbers, and a double click does it once`() async throws {
    try await with(.paid) { desk in
      let browser = try await desk.signedIn(.finance)
      let preview = try await desk.send(browser, "cancel", ["units": "1", "reason": "<b>too many</b>"])
      #expect(preview.status == 200 && desk.commands.isEmpty)
      for words in [
        "1 of phone will go back to the stock.", "199.00 CNY will be due", "will keep 2 of its units",
        "The order will be: paid.", "First in line for phone", ": 2</li>", "&lt;b&gt;too many",
      ] { #expect(preview.text.contains(words), "\(words): \(preview.text)") }
      var fields = preview.hiddenFields
      fields["reason"] = "too many"
      for _ in 0..<2 {
        let answer = try await browser.post("\(desk.path)/cancel", fields)
        #expect(answer.status == 303 && answer.headers[.location] == "\(desk.path)?record=0@0", "\(answer.text)")
      }
      #expect(desk.commands.map(\.action) == Array(repeating: .cancel(Units(1)), count: 2))
      #expect(Set(desk.commands.map(\.id)).count == 1 && desk.commands[0].id != nil)
      #expect(desk.commands[0].by == (try Actor(name: "finance-1", reason: "too many")))
      let page = try await browser.get("\(desk.path)?record=0@0").text
      #expect(page.contains("Record 0@0 is decided. cancel: applied. Units: -1."), "\(page)")
      #expect(try await browser.get("\(desk.path)?record=0@77").text.contains("0@77 is in the log, and not decided"))
      let lines = try await desk.admin.log(.orderCancelled)
      #expect(lines.count == 2 && lines[0].to == "1 units" && lines[0].why == "too many")
      // The preview again is another command.
      let again = try await desk.send(browser, "cancel", ["units": "1", "reason": "x"]).hiddenFields
      #expect(again["command_key"] != fields["command_key"] && again["command_key"]?.isEmpty == false)
    }
  }

  @Test func `a refund is of a part, of all, or refused in place in both languages`() async throws {
    try await with(.paid) { desk in
      let browser = try await desk.signedIn(.finance)
      let part = try await desk.send(
        browser, "refund", ["payment": "pay-1", "amount": "199,00", "reason": "scratched"])
      #expect(part.text.contains("199.00 CNY of payment pay-1 will count as paid back"), "\(part.text)")
      #expect(part.text.contains("199.00 CNY of it is not due") && part.text.contains("The order will be: paid."))
      let all = try await desk.send(browser, "refund", ["payment": "pay-1", "amount": "597", "reason": "x"])
      #expect(all.text.contains("The order will be: refunded.") && all.text.contains("3 of phone will go back"))
      let done = try await browser.post("\(desk.path)/refund", part.hiddenFields)
      #expect(done.status == 303, "\(done.text)")
      #expect(desk.commands.map(\.action) == [.refunded(try PaymentID(validating: "pay-1"), minor: 19_900)])
      let page = try await browser.get(try #require(done.headers[.location])).text
      #expect(page.contains("refund: applied. Money: 199.00 CNY."), "\(page)")
      for (language, words) in [("en", "It was refused."), ("zh-Hans", "已被拒绝")] {
        browser.set(SessionCookie.language, language)
        for (payment, amount, status) in [
          ("pay-1", "", 400), ("pay-1", "1,000.00", 400), ("pay-1", "-1", 400), ("pay-1", "1.999", 400),
          ("pay-1", "0", 400), ("pay-1", "597.01", 409), ("pay-2", "1", 404),
        ] {
          let answer = try await desk.send(
            browser, "refund", ["payment": payment, "amount": amount, "reason": "in vain"])
          #expect(answer.status.code == status && answer.text.contains(words), "\(amount): \(answer.text)")
          // The form comes back as it was filled.
          #expect(answer.text.contains("value=\"in vain\"") && answer.text.contains("value=\"\(amount)\""))
        }
      }
      #expect(desk.commands.count == 1)
    }
  }

  @Test func `what is wrong with a form is told in place, and nothing is written`() async throws {
    try await with { desk in
      let owner = try await desk.signedIn(.owner)
      for (action, fields, status) in [
        ("cancel", ["units": "4", "reason": "x"], 409), ("cancel", ["units": "0", "reason": "x"], 400),
        ("cancel", ["units": "many", "reason": "x"], 400), ("cancel", ["sku": "case", "reason": "x"], 422),
        ("cancel", ["sku": "a b", "reason": "x"], 400), ("cancel", ["units": "1", "reason": " "], 400),
        ("extend", ["reason": "\u{0}"], 400), ("release", ["reason": ""], 400),
        ("refund", ["payment": "pay-1", "reason": "x"], 404),
        ("extend", ["reason": "x", "confirmed": "yes"], 400),
        ("release", ["reason": "x", "confirmed": "yes", "command_key": "a b"], 400),
      ] {
        let answer = try await desk.send(owner, action, fields)
        #expect(answer.status.code == status, "\(action) \(fields) \(answer.text)")
        #expect(answer.text.contains("role=\"alert\""))
      }
      #expect(desk.commands.isEmpty)
      // Without the token of the session's forms.
      let forged = try await owner.post("\(desk.path)/release", ["reason": "x", "confirmed": "yes"])
      #expect(forged.status == 403 && desk.commands.isEmpty)
    }
  }

  @Test func `a hold is extended and released by an operator`() async throws {
    try await with { desk in
      let leo = try await desk.signedIn(.operator)
      let extend = try await desk.send(leo, "extend", ["reason": "her bank is slow"])
      #expect(extend.text.contains("00:05") && extend.text.contains("Extensions that are left then: 1"))
      #expect(try await leo.post("\(desk.path)/extend", extend.hiddenFields).status == 303)
      let release = try await desk.send(leo, "release", ["reason": "she called"])
      #expect(release.text.contains("3 of phone will go back") && release.text.contains("No money will be due."))
      #expect(try await leo.post("\(desk.path)/release", release.hiddenFields).status == 303)
      #expect(desk.commands.map(\.action) == [.extend, .release])
      #expect(try await desk.admin.log(.orderExtended).map(\.why) == ["her bank is slow"])
      #expect(try await desk.admin.log(.orderReleased).map(\.why) == ["she called"])
    }
  }

  @Test func `what a lane refuses is told on the order's page`() async throws {
    try await with(result: .notAllowed) { desk in
      let leo = try await desk.signedIn(.operator)
      let preview = try await desk.send(leo, "release", ["reason": "x"])
      let answer = try await leo.post("\(desk.path)/release", preview.hiddenFields)
      #expect(answer.status == 409 && answer.text.contains("Nothing was done."), "\(answer.text)")
      #expect(answer.text.contains("<svg class=\"line\""))
    }
  }

  @Test func `what may be done can be confirmed again under the same key (I12)`() async throws {
    try await with { desk in
      let leo = try await desk.signedIn(.operator)
      let connection = desk.connection
      let isLost = Mutex(true)
      desk.admin.log.change { log in
        log.decides = { records in
          try await Self.decide(records, .applied, connection)
          let loses = isLost.withLock { lost in
            defer { lost = false }
            return lost
          }
          if loses { throw LogUnderTest.Unreachable() }
        }
      }
      let fields = try await desk.send(leo, "extend", ["reason": "x"]).hiddenFields
      let lost = try await leo.post("\(desk.path)/extend", fields)
      #expect(lost.status == 503 && lost.text.contains("it is done once"), "\(lost.text)")
      let again = lost.hiddenFields
      #expect(again == fields)
      let done = try await leo.post("\(desk.path)/extend", again)
      #expect(done.headers[.location] == "\(desk.path)?record=0@0", "\(done.text)")
      #expect(Set(desk.commands.map(\.id)).count == 1)
    }
  }

  @Test func `webhooks that were given up are listed and sent again, on the page and over the API`() async throws {
    try await with { desk in
      _ = try await desk.client.post("/admin/api/webhooks", json: #"{"url":"https://shop.example/"}"#)
      func giveUp() async throws {
        _ = try await desk.connection.query(
          """
          INSERT INTO webhook_deliveries (endpoint, kind, order_id, event_id, body, attempts, dead_at, last_error)
          SELECT e.id, 5, o.order_id, '0-1', '{}', 30, now(), 'HTTP <500>' FROM orders o, webhook_endpoints e
          """)
      }
      func dead() async throws -> Int64 {
        try await desk.connection.query("SELECT count(*) FROM webhook_deliveries WHERE dead_at IS NOT NULL").single()
          .int64(0)
      }
      try await giveUp()
      let leo = try await desk.signedIn(.operator)
      #expect(try await leo.get(desk.path).text.contains("\(desk.path)/resend"))
      let preview = try await desk.send(leo, "resend", [:])
      #expect(preview.text.contains("sent again: 1") && preview.text.contains("HTTP &lt;500&gt;"), "\(preview.text)")
      #expect(try await dead() == 3)
      let blank = try await leo.post("\(desk.path)/resend", preview.hiddenFields)
      #expect(blank.status == 400 && blank.text.contains("role=\"alert\""), "\(blank.text)")
      let done = try await leo.post(
        "\(desk.path)/resend", preview.hiddenFields.merging(["reason": "mended"]) { $1 })
      #expect(done.headers[.location] == "\(desk.path)?resent=1")
      // Those of the other orders stay.
      #expect(try await dead() == 2)
      #expect(try await leo.get("\(desk.path)?resent=1").text.contains("Webhooks that are sent again: 1"))
      #expect(try await !leo.get(desk.path).text.contains("\(desk.path)/resend"))
      try await giveUp()
      let api = "/admin/api/orders/\(desk.order)/webhooks/resend"
      #expect(try await desk.client.send(.post, api).json("resent") as? Int == 1)
      #expect(try await desk.client.send(.post, api).json("resent") as? Int == 0)
      let unknown = "/admin/api/orders/00000001-0000-8000-8000-000000000000/webhooks/resend"
      #expect(try await desk.client.send(.post, unknown).string("code") == "order_not_found")
      #expect(try await desk.admin.log(.webhookResent).map(\.subject).allSatisfy { $0 == desk.order })
    }
  }

  @Test func `the API extends and releases with a reason, and extends only under a key`() async throws {
    try await with { desk in
      func ask(_ call: String, _ json: String, key: String? = nil) async throws -> TestResponse {
        var headers: HTTPFields = [.contentType: "application/json"]
        if let name = HTTPField.Name("Idempotency-Key") { headers[name] = key }
        return try await desk.client.send(
          .post, "/admin/api/orders/\(desk.order)/\(call)", headers: headers, body: Data(json.utf8))
      }
      #expect(try await ask("extend", #"{"reason":"x"}"#).string("code") == "invalid_header")
      #expect(try await ask("extend", "{}", key: "e-1").string("code") == "invalid_field")
      #expect(try await ask("release", #"{"units":1,"reason":"x"}"#).string("code") == "unknown_field")
      #expect(desk.commands.isEmpty)
      for _ in 0..<2 {
        let answer = try await ask("extend", #"{"reason":"slow bank"}"#, key: "e-1")
        let effect = try #require((answer.json("effects") as? [[String: Any]])?.first, "\(answer)")
        #expect(effect["command"] as? String == "extend" && effect["result"] as? String == "applied")
      }
      #expect(try await ask("release", #"{"reason":"she called"}"#).status == .ok)
      #expect(desk.commands.map(\.action) == [.extend, .extend, .release])
      #expect(Set(desk.commands.map(\.id)).count == 2)
    }
  }
}
