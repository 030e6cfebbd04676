import Accounts
import FlashSale
import Foundation
import HTTPTypes
import HummingbirdTesting
import Postgres
import SaleStore
import TestSupport
import Testing
import Time

/// Sessions of people with a browser.
@Suite struct SignInTests {
  @Test func `who has not signed in is sent to the sign-in, and from there on to where she wanted to go`() async throws
  {
    try await AdminUnderTest.with { admin, client in
      try await admin.add("mia", .viewer)
      let browser = Browser(client)
      let sent = try await browser.get("/admin/approvals?x=1")
      #expect(sent.status == 303)
      #expect(sent.headers[.location] == "/admin/sign-in?next=%2Fadmin%2Fapprovals%3Fx%3D1")
      let page = try await browser.get("/admin/sign-in?next=%2Fadmin%2Fapprovals%3Fx%3D1")
      #expect(page.text.contains("name=\"next\" value=\"/admin/approvals?x=1\""))
      for evil in ["https://evil.example/", "//evil.example", "/admin/../../x\\y", "/adminx", "javascript:alert(1)"] {
        let next = evil.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        let page = try await browser.get("/admin/sign-in?next=\(next)")
        #expect(page.text.contains("name=\"next\" value=\"/admin\""), "\(evil)")
      }
      #expect(try await browser.signIn("MIA").headers[.location] == "/admin")
      let sales = try await browser.get("/admin")
      #expect(sales.status == 200 && sales.text.contains(">mia</a>"))
      #expect(try await admin.log(.signIn).map(\.who) == ["mia"])
    }
  }

  @Test func `the cookie is for this site, no script and, over TLS, TLS only`() async throws {
    try await AdminUnderTest.with { admin, client in
      try await admin.add("mia", .viewer)
      func cookie(_ origin: String) async throws -> String? {
        try await Browser(client).signIn("mia", headers: [.origin: origin]).headers[values: .setCookie].last
      }
      let plain = try #require(try await cookie("http://localhost"))
      #expect(plain.hasPrefix("penstock=") && plain.hasSuffix("; Path=/; HttpOnly; SameSite=Strict"))
      let secure = try #require(try await cookie("https://localhost"))
      #expect(secure.hasPrefix("__Host-penstock=") && secure.hasSuffix("; HttpOnly; SameSite=Strict; Secure"))
      // A session that was made over TLS does not count by the cookie that any page of this host could set.
      let browser = Browser(client)
      browser.set("penstock", String(secure.dropFirst("__Host-penstock=".count).prefix { $0 != ";" }))
      #expect(try await browser.get("/admin").status == 303)
    }
  }

  @Test func `a wrong name, password or disabled user hears the same`() async throws {
    try await AdminUnderTest.with { admin, client in
      try await admin.add("mia", .viewer)
      try await admin.add("old", .viewer)
      _ = try await admin.store.switchAdminUser(
        UserName(validating: "old"), isOn: false,
        logged: LogEntry.Content(who: "@test", action: .userDisabled, subject: "old"))
      let long = String(repeating: "x", count: 10_240)
      for (name, password) in [
        ("mia", "wrong"), ("nobody", Browser.password), ("old", Browser.password), ("mia", ""), ("", ""),
        ("<script>alert(1)</script>", "x"), ("\u{202E}mia", "x"), ("mia\u{0}", Browser.password), (long, long),
        ("mia", long),
      ] {
        let answer = try await Browser(client).signIn(name, password: password)
        #expect(answer.status == 401)
        #expect(answer.text.contains("Name, password or code is wrong."))
        #expect(!answer.text.contains("<script>alert"))
      }
      #expect(try await admin.log(.signIn).isEmpty)
    }
  }

  @Test func `after wrong passwords nobody may try for a while, not even with the right one`() async throws {
    try await AdminUnderTest.with { admin, client in
      try await admin.add("mia", .viewer)
      for _ in 1...6 { #expect(try await Browser(client).signIn("mia", password: "wrong").status == 401) }
      let answer = try await Browser(client).signIn("mia")
      #expect(answer.status == 429)
      #expect(try #require(answer.headers[.retryAfter].flatMap { Int($0) }) <= 3)
      #expect(try await admin.log(.signInFailed).count == 6)
    }
  }

  @Test func `a name that nobody has is locked like one that somebody has`() async throws {
    try await AdminUnderTest.with { admin, client in
      try await admin.add("mia", .viewer)
      for name in ["mia", "nobody"] {
        for _ in 1...6 { #expect(try await Browser(client).signIn(name, password: "wrong").status == 401) }
        #expect(try await Browser(client).signIn(name, password: "wrong").status == 429, "\(name)")
      }
      #expect(try await Browser(client).signIn("another", password: "wrong").status == 401)
    }
  }

  @Test func `of those who try at once when a pause ends, none comes in behind a wrong one`() async throws {
    try await AdminUnderTest.with { admin, client in
      try await admin.add("mia", .viewer)
      let connection = try await admin.database.connect()
      _ = try await connection.query(
        "UPDATE admin_users SET failures = 6, failed_at = now(), locked_until = now() - interval '1 s'")
      let user = try #require(try await admin.store.adminUser(UserName(validating: "mia")))
      #expect(user.lockout.wait(at: .now) == nil)
      // Two have passed the look at the pause. The first was wrong; the second is right, and has looked before that.
      let line = LogEntry.Content(who: "mia", action: .signInFailed, subject: "mia")
      try await admin.store.noteFailure(of: user.id, at: .now, logged: line)
      let isIn = try await admin.store.signIn(
        user.id, .session(), codeStep: nil, isOverTLS: false, at: .now, logged: line)
      #expect(!isIn)
      let statuses = try await withThrowingTaskGroup { group in
        _ = try await connection.query("UPDATE admin_users SET locked_until = now() - interval '1 s'")
        for number in 0..<12 {
          group.addTask {
            try await Browser(client).signIn("mia", password: number < 11 ? "wrong" : Browser.password).status.code
          }
        }
        return try await group.reduce(into: [Int]()) { $0.append($1) }
      }
      #expect(statuses.allSatisfy { [303, 401, 429].contains($0) })
      // If the right one was first of all, it is in; otherwise nobody is.
      let sessions = try await admin.store.sessions(of: user.id).count
      #expect(sessions == statuses.count { $0 == 303 })
      await connection.close()
    }
  }

  @Test func `codes are turned off by the password and a code, and wrong ones count`() async throws {
    try await AdminUnderTest.with { admin, client in
      let browser = try await Browser.signedIn("mia", .viewer, admin, client)
      let user = try #require(try await admin.store.adminUser(UserName(validating: "mia")))
      let codes = OneTimeCodes.random()
      let line = LogEntry.Content(who: "mia", action: .codesOn, subject: "mia")
      #expect(try await admin.store.changeCodes(of: user.id, from: nil, to: codes, step: nil, logged: line))
      func off(_ password: String, _ code: String) async throws -> TestResponse {
        try await browser.submit(
          "/admin/account/codes/off", on: "/admin/account", ["password": password, "code": code])
      }
      func right() -> String { codes.code(at: OneTimeCodes.step(at: .now)) }
      #expect(try await off("wrong", right()).status == 422)
      for _ in 1...5 { #expect(try await off(Browser.password, "000000").status == 422) }
      #expect(try await admin.log(.signInFailed).count == 6)
      // By then even the right ones are not looked at.
      #expect(try await off(Browser.password, right()).status == 422)
      #expect(try await admin.store.adminUser(UserName(validating: "mia"))?.codes != nil)
      let connection = try await admin.database.connect()
      _ = try await connection.query("UPDATE admin_users SET failures = 0, locked_until = NULL")
      await connection.close()
      #expect(try await off(Browser.password, right()).status == 303)
      #expect(try await admin.store.adminUser(UserName(validating: "mia"))?.codes == nil)
    }
  }

  @Test func `10,000 wrong passwords end soon, and the sign-in works beside them`() async throws {
    try await AdminUnderTest.with { admin, client in
      for number in 0..<10 { try await admin.add("user\(number)", .viewer) }
      try await admin.add("mia", .viewer)
      let page = Browser(client)
      let text = try await page.get("/admin/sign-in").text
      let token = String(try #require(text.firstMatch(of: /name="form_token" value="([^"]*)"/)).output.1)
      let cookie = try #require(page.cookie("penstock-form"))
      let statuses = try await withThrowingTaskGroup(of: [UInt].self) { group in
        for worker in 0..<8 {
          group.addTask {
            var statuses: [UInt] = []
            for _ in 0..<1_250 {
              let answer = try await page.client.send(
                .post, "/admin/sign-in",
                headers: [.contentType: "application/x-www-form-urlencoded", .cookie: "penstock-form=\(cookie)"],
                body: Data("form_token=\(token)&name=user\(worker)&password=wrong".utf8))
              statuses.append(UInt(answer.status.code))
            }
            return statuses
          }
        }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      #expect(statuses.count == 10_000)
      #expect(Set(statuses).isSubset(of: [401, 429, 503]))
      #expect(try await Browser(client).signIn("mia").status == 303)
    }
  }

  @Test func `a session that is forged, expired or signed out counts no more`() async throws {
    try await AdminUnderTest.with { admin, client in
      let browser = try await Browser.signedIn("mia", .viewer, admin, client)
      let cookie = try #require(browser.cookie("penstock"))
      for forged in [
        "", "x", String(cookie.dropLast()), String(cookie.reversed()), cookie + "x",
        String(repeating: "x", count: 10_240),
      ] {
        let other = Browser(client)
        other.set("penstock", forged)
        #expect(try await other.get("/admin").status == 303)
        #expect(try await other.get("/admin/api/sales").status == 401)
      }
      let connection = try await admin.database.connect()
      for interval in ["last_used_at = now() - interval '31 minutes'", "signed_in_at = now() - interval '13 hours'"] {
        let kept = Browser(client)
        #expect(try await kept.signIn("mia").status == 303)
        #expect(try await kept.get("/admin").status == 200)
        if interval.hasPrefix("last") {
          _ = try await connection.query("UPDATE admin_sessions SET last_used_at = now() - interval '31 minutes'")
        } else {
          _ = try await connection.query("UPDATE admin_sessions SET signed_in_at = now() - interval '13 hours'")
        }
        #expect(try await kept.get("/admin").status == 303, "\(interval)")
      }
      await connection.close()
    }
  }

  @Test func `signing out ends this session, and everywhere ends all`() async throws {
    try await AdminUnderTest.with { admin, client in
      let first = try await Browser.signedIn("mia", .viewer, admin, client)
      let others = [Browser(client), Browser(client)]
      for other in others { #expect(try await other.signIn("mia").status == 303) }
      let cookie = try #require(first.cookie("penstock"))
      #expect(try await first.submit("/admin/sign-out", on: "/admin", [:]).status == 303)
      first.set("penstock", cookie)
      #expect(try await first.get("/admin").status == 303)
      #expect(try await others[0].get("/admin").status == 200)
      #expect(try await others[0].submit("/admin/account/sign-out", on: "/admin/account", [:]).status == 303)
      #expect(try await others[1].get("/admin").status == 303)
    }
  }

  @Test func `a form that was not served to this session changes nothing`() async throws {
    try await AdminUnderTest.with { admin, client in
      let (mia, eve) = (
        try await Browser.signedIn("mia", .owner, admin, client),
        try await Browser.signedIn("eve", .owner, admin, client)
      )
      let page = try await eve.get("/admin/users").text
      let stolen = String(try #require(page.firstMatch(of: /name="form_token" value="([^"]*)"/)).output.1)
      let fields = ["name": "new", "role": "owner", "password": Browser.password]
      for token in [nil, "", "x", stolen] {
        let answer = try await mia.post("/admin/users", fields.merging(token.map { ["form_token": $0] } ?? [:]) { $1 })
        #expect(answer.status == 403 && answer.text.contains("form_refused"))
      }
      // The API by a cookie asks for the same, in a header.
      _ = try await admin.store.create(.sample())
      #expect(try await mia.send(.post, "/admin/api/sales/double11/room/pause").string("code") == "form_refused")
      #expect(admin.log.closes.isEmpty)
      let foreign = try await mia.submit(
        "/admin/users", on: "/admin/users", fields, headers: [.origin: "https://evil.example"])
      #expect(foreign.status == 403)
      #expect(foreign.text.contains("https://evil.example") && foreign.text.contains("proxy_set_header Host"))
      let form = try await Browser(client).post("/admin/sign-in", ["name": "mia", "password": Browser.password])
      #expect(form.status == 403)
      #expect(try await admin.store.adminUsers().map(\.name.rawValue) == ["eve", "mia"])
    }
  }

  @Test func `a code of the app is asked for once it is set up, and counts once`() async throws {
    try await AdminUnderTest.with { admin, client in
      let browser = try await Browser.signedIn("mia", .viewer, admin, client)
      let codes = OneTimeCodes.random()
      let step = OneTimeCodes.step(at: .now)
      func on(_ codes: OneTimeCodes, _ code: String, _ password: String = Browser.password)
        async throws -> HTTPResponse.Status
      {
        let fields = ["secret": codes.secretText, "code": code, "password": password]
        return try await browser.submit("/admin/account/codes", on: "/admin/account", fields).status
      }
      #expect(try await on(codes, "000") == 422)
      // Who has a session alone can't shut its owner out.
      #expect(try await on(codes, codes.code(at: step - 1), "") == 422)
      #expect(try await admin.log(.signInFailed).count == 1)
      #expect(try await on(codes, codes.code(at: step - 1)) == 303)
      // Nor put another app in the place of hers.
      let others = OneTimeCodes.random()
      #expect(try await on(others, others.code(at: step)) == 422)
      let user = try #require(try await admin.store.adminUser(UserName(validating: "mia")))
      #expect(user.codes == codes)
      let line = LogEntry.Content(who: "mia", action: .codesOn, subject: "mia")
      #expect(try await !admin.store.changeCodes(of: user.id, from: nil, to: others, step: nil, logged: line))
      #expect(try await Browser(client).signIn("mia").status == 401)
      #expect(try await Browser(client).signIn("mia", code: codes.code(at: step - 1)).status == 401)
      #expect(try await Browser(client).signIn("mia", code: codes.code(at: step + 1)).status == 303)
      #expect(try await Browser(client).signIn("mia", code: codes.code(at: step + 1)).status == 401)
      #expect(try await admin.log(.codesOn).count == 1)
    }
  }

  @Test func `another password ends the other sessions, and the old one counts no more`() async throws {
    try await AdminUnderTest.with { admin, client in
      let browser = try await Browser.signedIn("mia", .viewer, admin, client)
      let other = Browser(client)
      #expect(try await other.signIn("mia").status == 303)
      func change(from old: String, to new: String) async throws -> UInt {
        let fields = ["old": old, "new": new]
        return try await UInt(browser.submit("/admin/account/password", on: "/admin/account", fields).status.code)
      }
      #expect(try await change(from: "wrong", to: "another horse battery") == 422)
      #expect(try await change(from: Browser.password, to: "short") == 422)
      #expect(try await change(from: Browser.password, to: "another horse battery") == 303)
      #expect(try await browser.get("/admin").status == 200)
      #expect(try await other.get("/admin").status == 303)
      #expect(try await Browser(client).signIn("mia").status == 401)
      #expect(try await Browser(client).signIn("mia", password: "another horse battery").status == 303)
    }
  }
}
