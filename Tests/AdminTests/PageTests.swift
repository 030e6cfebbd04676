import Accounts
import FlashSale
import Foundation
import HTTPServing
import HTTPTypes
import HummingbirdTesting
import Postgres
import SaleStore
import TestSupport
import Testing

@testable import Admin

/// What holds for every page.
@Suite struct PageTests {
  private static let paths = [
    "/admin", "/admin/sales", "/admin/sales/double11", "/admin/sales/nothing", "/admin/log", "/admin/approvals",
    "/admin/users", "/admin/account", "/admin/orders", "/admin/sales/double11/orders", "/admin/sales/double11/moment",
    "/admin/jobs", "/admin/quarantine", "/admin/audits", "/admin/quarantine/1/1", "/admin/jobs/1",
    "/admin/sales/double11/jobs?action=cancel&search=state%3Dreserved",
  ]

  @Test func `every page has the headers that keep a browser safe, and loads only what is ours`() async throws {
    try await AdminUnderTest.with { admin, client in
      _ = try await admin.store.create(.sample())
      let browser = try await Browser.signedIn("mia", .owner, admin, client)
      let stranger = Browser(client)
      var pages: [(String, TestResponse)] = [("/admin/sign-in", try await stranger.get("/admin/sign-in"))]
      for path in Self.paths { pages.append((path, try await browser.get(path))) }
      for (path, page) in pages {
        #expect([200, 404].contains(page.status.code), "\(path)")
        let policy = page.headers[.contentSecurityPolicy] ?? ""
        #expect(policy.hasPrefix("default-src 'none';") && policy.contains("frame-ancestors 'none'"), "\(path)")
        #expect(!policy.contains("unsafe") && !policy.contains("*") && !policy.contains("http"), "\(path)")
        for (name, value) in [
          ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "same-origin"),
          ("Cross-Origin-Opener-Policy", "same-origin"), ("Cache-Control", "no-store"),
          ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
        ] {
          #expect(HTTPField.Name(name).flatMap { page.headers[$0] } == value, "\(path) \(name)")
        }
        #expect(page.text.matches(of: /<style| style="|<script>| on[a-z]+="|javascript:/).isEmpty, "\(path)")
        for link in page.text.matches(of: /(?:src|href|action)="([^"]*)"/) {
          #expect(link.output.1.hasPrefix("/") || link.output.1.hasPrefix("#") || link.output.1.hasPrefix("otpauth:"))
        }
        for asset in page.text.matches(of: /"(\/admin\/assets\/[^"]+)"/) {
          let answer = try await stranger.get(String(asset.output.1))
          #expect(answer.status == 200)
          #expect(answer.headers[.cacheControl]?.contains("immutable") ?? false)
        }
      }
    }
  }

  @Test func `who comes over TLS is held to it, and nobody else is`() async throws {
    try await AdminUnderTest.listening { _, port in
      func answer(_ path: String, _ headers: String, host: String = "console.example") async throws -> String? {
        let client = try await RawClient.connect(host: "127.0.0.1", port: port)
        try await client.send("GET \(path) HTTP/1.1\r\nHost: \(host)\r\n\(headers)\r\n")
        defer { client.close() }
        return try await client.answer().headers["strict-transport-security"]
      }
      for path in ["/admin/sign-in", "/admin", "/admin/api/sales", "/admin/nothing", Asset.script.path] {
        for header in [
          "Origin: https://console.example\r\n", "X-Forwarded-Proto: https\r\n", "X-Forwarded-Proto: HTTPS, http\r\n",
          "Cookie: a=b; __Host-penstock=x\r\n",
        ] {
          let sent = try await answer(path, header)
          #expect(sent == "max-age=31536000", "\(path) \(header)")
          #expect(try await answer(path, header, host: "localhost:8081") == nil, "\(path) \(header)")
        }
        for header in [
          "", "Origin: http://console.example\r\nX-Forwarded-Proto: https\r\n", "X-Forwarded-Proto: http\r\n",
          "X-Forwarded-Proto: http, https\r\n", "Cookie: penstock=__Host-penstock\r\n",
        ] { #expect(try await answer(path, header) == nil, "\(path) \(header)") }
      }
    }
  }

  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// Every file of the console's source.
  private static func sources() throws -> [(name: String, text: String)] {
    let files = FileManager.default.enumerator(
      at: root.appending(path: "Sources/Admin"), includingPropertiesForKeys: nil)
    return try #require(files).compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }.map { file in
      (file.path(percentEncoded: false), try String(contentsOf: file, encoding: .utf8))
    }
  }

  @Test func `no message lacks a language, and both have the same values`() throws {
    var checked: Set<String> = []
    func check<Words: Message>(_: Words.Type) {
      // Without its module.
      checked.insert(String(reflecting: Words.self).split(separator: ".").dropFirst().joined(separator: "."))
      for message in Words.allCases {
        let (english, chinese) = message.texts
        #expect(!english.isEmpty && !chinese.isEmpty, "\(message)")
        func values(_ text: String) -> Set<String> { Set(text.matches(of: /\{[0-9]\}/).map { String($0.output) }) }
        #expect(values(english) == values(chinese), "\(message)")
        let same = ["{1}: {2}", "JSON lines", "UTC", "{1} · Penstock", "p50; p99 {1} ms"]
        #expect(
          same.contains(english) || chinese.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) },
          "\(message)")
        #expect(english.unicodeScalars.allSatisfy { !(0x4E00...0x9FFF).contains($0.value) }, "\(message)")
      }
    }
    check(CommonWords.self)
    check(RightWords.self)
    check(AccountWords.self)
    check(UserWords.self)
    check(ReportWords.self)
    check(SaleWords.self)
    check(VerdictWords.self)
    check(DeskWords.self)
    check(OrderWords.self)
    check(ImportWords.self)
    check(LiveWords.self)
    check(AlertWords.self)
    check(ChartWords.self)
    check(LivesWords.self)
    check(Hold.State.self)
    check(HistoryEntry.Action.self)
    check(HistoryEntry.Result.self)
    check(Refusal.self)
    check(OutcomeWords.self)
    check(ProblemCode.self)
    check(DetailWords.self)
    check(RuleWords.self)
    check(FaultWords.self)
    check(AuditWords.self)
    check(DecodedRecord.Field.self)
    check(LogAction.self)
    check(GuardedCommand.self)
    check(ComparisonWords.self)
    check(CopyWords.self)
    let declared = try Self.sources().flatMap { source in
      source.text.matches(of: /(?:enum|struct|extension) ([A-Za-z.]+): (?:[A-Za-z]+, )*Message\b/).map {
        String($0.output.1)
      }
    }
    #expect(checked == Set(declared), "each table stands in the list above")
  }

  @Test func `the list of sales goes on behind its last, and a filter looks at all of them`() async throws {
    try await AdminUnderTest.with { admin, client in
      let count = Limits.listedSales + 5
      for number in 1...count { _ = try await admin.store.create(.sample("sale-\(number)")) }
      let browser = try await Browser.signedIn("mia", .viewer, admin, client)
      var found: [String] = []
      var path: String? = "/admin/sales"
      var pages = 0
      while let next = path {
        let page = try await browser.get(next).text
        found += page.matches(of: /href="\/admin\/sales\/(sale-[0-9]+)"/).map { String($0.output.1) }
        path = page.firstMatch(of: /href="([^"]+)" rel="next"/).map {
          String($0.output.1).replacing("&amp;", with: "&")
        }
        pages += 1
      }
      #expect(found == (1...count).reversed().map { "sale-\($0)" } && pages == 2)
      let old = try await browser.get("/admin/sales?text=SALE-3&status=open").text
      #expect(old.contains("/admin/sales/sale-3\"") && !old.contains("/admin/sales/sale-4\""))
      #expect(!old.contains("rel=\"next\""))
      #expect(try await !browser.get("/admin/sales?text=sale-3&status=closed").text.contains("/admin/sales/sale-3\""))
      let log = try await Browser.signedIn("olga", .owner, admin, client)
      log.set(SessionCookie.language, "zh-Hans")
      #expect(try await log.get("/admin/log").text.contains("<code>登录</code>"))
    }
  }

  /// Text between tags, and in attributes that are read out, comes from the tables of messages.
  @Test func `no page has a text of its own`() throws {
    let folders = ["/Pages/", "/Live/", "/Charts/"]
    let files = try Self.sources().filter { file in
      folders.contains { file.name.contains($0) } && !file.name.hasSuffix("Script.swift")
        && !file.name.hasSuffix("sheet.swift")
    }
    #expect(files.count > 40)
    for (name, source) in files {
      for attribute in source.matches(of: /(?:title|aria-label|placeholder|alt)=\\?"([^"\\]+)/) {
        Issue.record("\(name) says \(attribute.output.1)")
      }
      for text in source.matches(of: />([^<>"\\(){}]*[A-Za-z]{3,}[^<>"\\(){}]*)</) {
        let words = String(text.output.1)
        let names = ["Penstock", "CSV", "JSON", "SKU"]
        if !names.contains(words), !words.contains(/\n|\|\|/) { Issue.record("\(name) says \(words)") }
      }
    }
  }

  @Test(arguments: [
    ("", "en"), ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"), ("en-GB,zh;q=0.9", "en"), ("fr, zh;q=0.5", "zh-Hans"),
    ("zh;q=0, en", "en"), ("*", "en"), (";;q=,,=", "en"), ("zh;q=abc", "zh-Hans"),
  ])
  func `the language is the browser's, until the switch says another`(_ accepted: String, _ language: String)
    async throws
  {
    try await AdminUnderTest.with { _, client in
      let browser = Browser(client)
      let headers: HTTPFields = [.acceptLanguage: accepted]
      #expect(try await browser.get("/admin/sign-in", headers: headers).text.contains("<html lang=\"\(language)\">"))
      for chosen in ["zh-Hans", "en"] {
        let answer = try await browser.get("/admin/language/\(chosen)?next=%2Fadmin%2Flog")
        #expect(answer.status == 303 && answer.headers[.location] == "/admin/log")
        #expect(try await browser.get("/admin/sign-in", headers: headers).text.contains("<html lang=\"\(chosen)\">"))
      }
      #expect(try await browser.get("/admin/language/xx").status == 404)
    }
  }

  @Test func `an owner adds, changes and disables users, and says why`() async throws {
    try await AdminUnderTest.with { admin, client in
      let owner = try await Browser.signedIn("mia", .owner, admin, client)
      func send(_ path: String, _ fields: [String: String] = [:], why: String? = "why not") async throws -> TestResponse
      {
        try await owner.submit(path, on: "/admin/users", fields.merging(why.map { ["reason": $0] } ?? [:]) { $1 })
      }
      let new = ["name": "leo", "role": "operator", "password": Browser.password]
      #expect(try await send("/admin/users", new).status == 303)
      #expect(try await send("/admin/users", new).status == 422)
      for bad in ["", "<script>", "a b", String(repeating: "x", count: 10_240), "x\u{0}", "\u{202E}x"] {
        let answer = try await send("/admin/users", new.merging(["name": bad]) { $1 })
        #expect(answer.status == 422, "\(bad.prefix(20))")
        #expect(!answer.text.contains("<script>"))
      }
      let leo = Browser(client)
      #expect(try await leo.signIn("leo").status == 303)
      #expect(try await leo.get("/admin/users").status == 403)
      #expect(try await send("/admin/users/leo/role", ["role": "owner"]).status == 303)
      #expect(try await leo.get("/admin/users").status == 200)
      #expect(try await send("/admin/users/leo/disable").status == 303)
      #expect(try await leo.get("/admin").status == 303)
      #expect(try await send("/admin/users/nobody/disable").status == 404)
      let made = try await send("/admin/tokens", ["name": "ci", "scope": "view", "days": "7"])
      let token = try #require(made.text.firstMatch(of: /<code>(pst_[A-Za-z0-9_-]+)<\/code>/)).output.1
      let bearer: HTTPFields = [.authorization: "Bearer \(token)"]
      #expect(try await client.get("/admin/api/sales", headers: bearer).status == 200)
      #expect(try await !owner.get("/admin/users").text.contains(token))
      // Without a reason nothing is done, and the page says what is missing.
      let named = new.merging(["name": "new"]) { $1 }
      for (path, fields) in [
        ("/admin/users", named), ("/admin/users/leo/role", ["role": "viewer"]), ("/admin/users/leo/enable", [:]),
        ("/admin/tokens", ["name": "other", "scope": "view", "days": "7"]), ("/admin/tokens/ci/revoke", [:]),
      ] {
        for none in [nil, " ", "\u{202E}x"] {
          let answer = try await send(path, fields, why: none)
          #expect(answer.status == 422 && answer.text.contains("reason "), "\(path)")
        }
      }
      #expect(try await client.get("/admin/api/sales", headers: bearer).status == 200)
      #expect(try await send("/admin/tokens/ci/revoke").status == 303)
      #expect(try await client.get("/admin/api/sales", headers: bearer).status == 401)
      let lines = try await admin.log().filter { $0.who == "mia" }
      #expect(lines.map(\.action) == [.signIn, .userAdded, .userRole, .userDisabled, .tokenAdded, .tokenRevoked])
      #expect(lines.dropFirst().allSatisfy { $0.why == "why not" })
    }
  }

  @Test func `whoever acts at once on the last owners, one of them stays`() async throws {
    try await AdminUnderTest.with { admin, client in
      let names = ["ada", "mia", "zoe"]
      var owners: [Browser] = []
      for name in names { owners.append(try await Browser.signedIn(name, .owner, admin, client)) }
      let connection = try await admin.database.connect()
      let line = LogEntry.Content(who: "@test", action: .userRole, subject: "x")
      for round in 0..<12 {
        _ = try await connection.query("UPDATE admin_users SET role = 'owner', disabled_at = NULL")
        // Each is demoted or disabled, all at the same time, over as many connections as there are.
        let refused = try await withThrowingTaskGroup(of: Bool.self) { group in
          for (index, name) in names.enumerated() {
            group.addTask {
              let user = try UserName(validating: name)
              do {
                if (index + round).isMultiple(of: 2) {
                  _ = try await admin.store.changeAdminUser(user, to: .viewer, logged: line)
                } else {
                  _ = try await admin.store.switchAdminUser(user, isOn: false, logged: line)
                }
                return false
              } catch StoreError.lastOwner(let last) {
                #expect(last == name)
                return true
              }
            }
          }
          return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(refused == 1, "round \(round)")
        let left = try await admin.store.adminUsers().filter { $0.role == .owner && $0.disabledAt == nil }
        #expect(left.count == 1, "round \(round)")
      }
      let last = try #require(try await admin.store.adminUsers().first { $0.role == .owner && $0.disabledAt == nil })
      let owner = Browser(client)
      #expect(try await owner.signIn(last.name.rawValue).status == 303)
      let commands = [("disable", [:]), ("role", ["role": "viewer"])] as [(String, [String: String])]
      for (path, fields) in commands {
        let answer = try await owner.submit(
          "/admin/users/\(last.name)/\(path)", on: "/admin/users", fields.merging(["reason": "x"]) { $1 })
        #expect(answer.status == 422 && answer.text.contains("is the last owner"), "\(path)")
      }
      await connection.close()
    }
  }
}
