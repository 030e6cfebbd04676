import Admin
import FlashSale
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Postgres
import SaleStore
import Telemetry
import Testing

/// Creating, listing, showing and closing sales over HTTP.
@Suite struct SaleAPITests {
  private static let valid = """
    {"id":"s1","name":"双11 🎉","starts_at":"2026-11-11T00:00:00+08:00","ends_at":"2036-11-12T00:00:00+08:00",
     "per_buyer_limit":2,"items":[{"sku":"phone","stock":1000,"price_minor":199900,"currency":"CNY"},
     {"sku":"case","stock":5,"price_minor":0,"currency":"CNY"}]}
    """

  private static func room(opensAt time: String) -> String {
    #""shaping":{"room":{"rate_per_minute":60,"opens_at":"\#(time)"}}"#
  }

  @Test func `a sale's end cannot be moved before its room opens`() async throws {
    try await AdminUnderTest.with { admin, client in
      let body = Self.valid.replacing("\"per_buyer_limit\":2", with: Self.room(opensAt: "2036-01-01T00:00:00Z"))
      #expect(try await client.post("/admin/api/sales", json: body).status == 201)
      let moved = try await client.send(
        .patch, "/admin/api/sales/s1", headers: [.contentType: "application/json"],
        body: Data(#"{"ends_at":"2036-01-01T00:00:00Z","reason":"x"}"#.utf8))
      #expect(moved.status == 422)
      #expect(moved.string("field") == "ends_at")
      #expect(admin.log.commands.isEmpty)
    }
  }

  @Test func `a sale is created, shown and listed as it was sent`() async throws {
    try await AdminUnderTest.with { admin, client in
      let created = try await client.post("/admin/api/sales", json: Self.valid)
      #expect(created.status == 201)
      #expect(created.headers[.location] == "/admin/api/sales/s1")
      #expect(created.headers[.cacheControl] == "no-store")
      let shown = try await client.get("/admin/api/sales/s1")
      #expect(shown.status == 200)
      for answer in [created, shown] {
        #expect(answer.string("name") == "双11 🎉")
        #expect(answer.string("starts_at") == "2026-11-10T16:00:00.000Z")
        #expect(answer.string("ordering") == "sale")
        #expect(answer.json("per_buyer_limit") as? Int == 2)
        #expect(answer.json("number") as? Int == 1)
        #expect(answer.json("closed_at") is NSNull)
        let items = try #require(answer.json("items") as? [[String: Any]])
        #expect(items.map { $0["sku"] as? String } == ["phone", "case"])
        #expect(items.map { $0["left"] as? Int } == [1_000, 5])
      }
      _ = try await client.post("/admin/api/sales", json: Sale.sample("second").json)
      let list = try #require(try await client.get("/admin/api/sales").json("sales") as? [[String: Any]])
      #expect(list.map { $0["id"] as? String } == ["second", "s1"])
      #expect(list[0]["status"] as? String == "open")
      let status = try await client.get("/admin/api/sales/%73%31").status
      #expect(status == 200)
    }
  }

  @Test func `a second sale of the same id is refused and changes nothing`() async throws {
    try await AdminUnderTest.with { admin, client in
      _ = try await client.post("/admin/api/sales", json: Self.valid)
      let again = try await client.post(
        "/admin/api/sales", json: Self.valid.replacing("\"stock\":1000", with: "\"stock\":2000"))
      #expect(again.status == 409)
      #expect(again.string("code") == "sale_exists")
      #expect(try await admin.store.sales().map { $0.sale.items[0].stock } == [Units(1_000)])
    }
  }

  @Test(arguments: [
    // (in the valid sale, instead of it, field, code)
    ("\"id\":\"s1\"", "\"id\":\"a/b\"", "id", "invalid_field"), ("\"id\":\"s1\",", "", "id", "invalid_field"),
    (
      #""price_minor":0,"currency":"CNY"}]"#,
      #"""
      "price_minor":1,"currency":"CNY"}],"holds":{"seconds":60,"late_payment":"if_free"},
      "shaping":{"subjects":{"card":{"limit":1}}}
      """#, "holds.late_payment", "invalid_field"
    ),
    ("\"id\":\"s1\"", "\"id\":null", "id", "invalid_field"), ("\"id\":\"s1\"", "\"id\":7", "id", "invalid_field"),
    ("双11 🎉", "", "name", "invalid_field"), ("双11 🎉", "a\\u0000b", "name", "invalid_field"),
    ("双11 🎉", String(repeating: "x", count: 201), "name", "invalid_field"),
    ("2026-11-11T00:00:00+08:00", "yesterday", "starts_at", "invalid_field"),
    ("2036-11-12T00:00:00+08:00", "2026-11-11T00:00:00+08:00", "ends_at", "invalid_field"),
    ("\"per_buyer_limit\":2", "\"per_buyer_limit\":0", "per_buyer_limit", "invalid_field"),
    ("\"per_buyer_limit\":2", "\"per_byer_limit\":2", "per_byer_limit", "unknown_field"),
    ("\"per_buyer_limit\":2", "\"per_buyer_limit\":2,\"per_buyer_limit\":null", "per_buyer_limit", "duplicate_field"),
    ("\"per_buyer_limit\":2", "\"ordering\":\"random\"", "ordering", "invalid_field"),
    ("\"per_buyer_limit\":2", room(opensAt: "2036-11-12T00:00:00+08:00"), "shaping.room.opens_at", "invalid_field"),
    ("\"per_buyer_limit\":2", room(opensAt: "2037-01-01T00:00:00Z"), "shaping.room.opens_at", "invalid_field"),
    ("\"stock\":5", "\"stock\":0", "items[1].stock", "invalid_field"),
    ("\"stock\":5", "\"stock\":-1", "items[1].stock", "invalid_field"),
    ("\"stock\":5", "\"stock\":1.5", "items[1].stock", "invalid_field"),
    ("\"stock\":5", "\"stock\":9223372036854775808", "items[1].stock", "invalid_field"),
    ("\"stock\":5", "\"stock\":\"5\"", "items[1].stock", "invalid_field"),
    ("\"stock\":5,", "\"stock\":5,\"colour\":\"red\",", "items[1].colour", "unknown_field"),
    ("\"stock\":5,", "", "items[1].stock", "invalid_field"), ("\"case\"", "\"phone\"", "items[1].sku", "invalid_field"),
    ("\"case\"", "\"\(String(repeating: "x", count: 10_000))\"", "items[1].sku", "invalid_field"),
    ("\"price_minor\":0", "\"price_minor\":-1", "items[1].price_minor", "invalid_field"),
    ("\"currency\":\"CNY\"}]", "\"currency\":\"yuan\"}]", "items[1].currency", "invalid_field"),
  ])
  func `a wrong field is named`(_ part: String, _ instead: String, _ field: String, _ code: String) async throws {
    let body = Self.valid.replacing(part, with: instead)
    #expect(body != Self.valid)
    try await AdminUnderTest.with { admin, client in
      let answer = try await client.post("/admin/api/sales", json: body)
      let status = code == "invalid_field" ? 422 : 400
      #expect(answer.status.code == status)
      #expect(answer.headers[.contentType] == "application/problem+json")
      #expect(answer.string("field") == field)
      #expect(answer.string("code") == code)
      #expect(answer.string("type") == "urn:penstock:problem:\(code)")
      #expect(answer.json("status") as? Int == status)
      let detail = try #require(answer.string("detail"))
      #expect(detail.hasPrefix("\(field) ") && detail.hasSuffix("."))
      #expect(try await admin.store.sales().isEmpty)
    }
  }

  @Test func `what is no sale at all is refused, and the server lives on`() async throws {
    let cases: [(Data, Int)] = [
      (Data(), 400), (Data("{".utf8), 400), (Data([0xFF, 0xFE, 0x00]), 400), (Data(repeating: 0, count: 100), 400),
      (Data("{\"id\":\"\u{1}\"}".utf8), 400), (Data([0x7B, 0x22, 0xC3, 0x28, 0x22, 0x3A, 0x31, 0x7D]), 400),
      (Data(String(repeating: "[", count: 100_000).utf8), 400), (Data("[]".utf8), 400), (Data("7".utf8), 400),
      (Data("{\"items\":\(String(repeating: "[", count: 400))\(String(repeating: "]", count: 400))}".utf8), 400),
      (Data(repeating: 0x20, count: 600_000), 413),
    ]
    try await AdminUnderTest.with { admin, client in
      for (body, status) in cases {
        let answer = try await client.send(
          .post, "/admin/api/sales", headers: [.contentType: "application/json; charset=utf-8"], body: body)
        #expect(answer.status.code == status, "\(body.prefix(20)): \(answer.text)")
        #expect(answer.string("code") != nil)
      }
      for type in [
        "text/plain", "application/x-www-form-urlencoded", "application/jsonx", "application/vnd.api+json", ";", "",
      ] {
        let answer = try await client.send(
          .post, "/admin/api/sales", headers: [.contentType: type], body: Data(Self.valid.utf8))
        #expect(answer.status == 415)
      }
      let untyped = try await client.send(.post, "/admin/api/sales", body: Data(Self.valid.utf8)).status
      #expect(untyped == 415)
      let valid = try await client.post("/admin/api/sales", json: Self.valid).status
      #expect(valid == 201)
    }
  }

  @Test func `an unknown path is 404 and a wrong method 405 with what is allowed`() async throws {
    try await AdminUnderTest.with { admin, client in
      for path in ["/admin/api/sales/none", "/admin/api/sales/none/report", "/admin/sales/none"] {
        let status = try await client.get(path).status
        #expect(status == 404)
      }
      for path in [
        "/x", "/admin/api", "/admin/api/sales/a/b/c", "/admin/api/sales/a/nothing", "/admin/api/sales/%2F",
        "/admin/api/sales/\(String(repeating: "x", count: 65))",
      ] {
        let answer = try await client.get(path)
        #expect(answer.status == 404, "\(path)")
        #expect(answer.string("code") == "not_found")
      }
      for (method, path, allowed) in [
        (HTTPRequest.Method.delete, "/admin/api/sales", "GET, HEAD, POST, OPTIONS"),
        (.get, "/admin/api/sales/a/close", "POST, OPTIONS"),
        (.post, "/healthz", "GET, HEAD, OPTIONS"), (.put, "/admin/api/sales/a/report", "GET, HEAD, OPTIONS"),
      ] {
        let answer = try await client.send(method, path)
        #expect(answer.status == 405)
        #expect(answer.headers[.allow] == allowed)
      }
      let head = try await client.send(.head, "/admin/api/sales")
      #expect(head.status == 200)
      #expect(head.body.readableBytes == 0)
    }
  }

  @Test func `a request is told first what comes first: path, method, type, size, who asks, the body`() async throws {
    try await AdminUnderTest.with { admin, client in
      let stranger = client.stranger
      let large = Data(repeating: 0x20, count: Admin.Limits.bodyBytes + 1)
      let plain: HTTPFields = [.contentType: "text/plain"]
      let json: HTTPFields = [.contentType: "application/json"]
      let path = "/admin/api/sales"
      let answers = [
        try await stranger.send(.put, "/admin/api/sale", headers: plain, body: large),
        try await stranger.send(.put, path, headers: plain, body: large),
        try await stranger.send(.post, path, headers: plain, body: large),
        try await stranger.send(.post, path, headers: json, body: large),
        try await stranger.send(.post, path, headers: json, body: Data("[".utf8)),
        try await client.send(.post, path, headers: plain, body: large),
        try await client.send(.post, path, headers: json, body: large),
        try await client.send(.post, path, headers: json, body: Data("[".utf8)),
        try await client.send(.post, path, headers: json, body: Data("{}".utf8)),
      ]
      let told = [
        (404, "not_found"), (405, "method_not_allowed"), (415, "unsupported_media_type"), (413, "body_too_large"),
        (401, "unauthenticated"), (415, "unsupported_media_type"), (413, "body_too_large"), (400, "malformed_json"),
        (422, "invalid_field"),
      ]
      #expect(answers.map(\.status.code) == told.map(\.0))
      #expect(answers.map { $0.string("code") } == told.map(\.1))
    }
  }

  @Test func `every path that is read answers HEAD as GET and OPTIONS with what is allowed`() async throws {
    try await AdminUnderTest.with { admin, client in
      _ = try await admin.store.create(.sample())
      let sale = "/admin/api/sales/double11"
      let paths = [
        "/healthz", "/readyz", "/metrics", "/", "/admin", "/admin/sales", "/admin/sales/double11", "/admin/api/sales",
        "/admin/api/partitions", sale, "\(sale)/report", "\(sale)/report?format=csv", "\(sale)/orders.csv",
        "\(sale)/orders.jsonl",
      ]
      let stranger = client.stranger
      for path in paths {
        let get = try await client.get(path)
        let head = try await client.send(.head, path)
        #expect(head.status == get.status, "\(path)")
        #expect(head.headers[.contentType] == get.headers[.contentType], "\(path)")
        #expect(head.body.readableBytes == 0, "\(path)")
        // Metrics have another length each time; an export has none that is known.
        if path != "/metrics" {
          #expect(head.headers[.contentLength] == get.headers[.contentLength], "\(path)")
        }
        let options = try await stranger.send(.options, path)
        #expect(options.status == 204, "\(path)")
        let others = ["/admin/api/sales": "POST, ", sale: "PATCH, "][path] ?? ""
        #expect(options.headers[.allow] == "GET, HEAD, \(others)OPTIONS", "\(path)")
      }
      let close = try await stranger.send(.options, "\(sale)/close")
      #expect(close.headers[.allow] == "POST, OPTIONS")
    }
  }

  @Test func `what is told of a body is in the API's own words`() async throws {
    let cases: [(String, String)] = [
      ("[]", "It cannot be read: the body must be a JSON object."), ("{\"id\":1}", "id must be a string."),
      (
        Self.valid.replacing("\"stock\":5", with: "\"stock\":\"5\""),
        "items[1].stock must be a whole number from 1 to 1000000000."
      ),
      (
        Self.valid.replacing("2026-11-11T00:00:00+08:00", with: "1969-07-20T20:17:40Z"),
        "starts_at is before 1970, and such times are not taken."
      ),
      (
        Self.valid.replacing("\"s1\"", with: "\"..\""),
        "id must be 1 to 64 characters of A-Z a-z 0-9 . _ -, and not . or .. alone."
      ),
    ]
    try await AdminUnderTest.with { admin, client in
      for (body, detail) in cases {
        let answer = try await client.post("/admin/api/sales", json: body)
        #expect(answer.string("detail") == detail)
      }
    }
  }

  @Test func `a close goes through the log first, and again changes nothing`() async throws {
    try await AdminUnderTest.with { admin, client in
      _ = try await admin.store.create(.sample())
      let path = "/admin/api/sales/double11/close"
      admin.log.change { $0.decides = { _ in throw LogUnderTest.Unreachable() } }
      let failed = try await client.post(path, json: #"{"reason":"sold elsewhere"}"#)
      #expect(failed.status == 503)
      #expect(failed.string("code") == "outcome_unknown")
      #expect(failed.headers[.retryAfter] != nil)
      #expect(try await admin.store.sales()[0].closedAt == nil)

      admin.log.change { $0.decides = { _ in } }
      let closed = try await client.post(path, json: #"{"reason":"sold elsewhere"}"#)
      #expect(closed.status == 200)
      #expect(closed.string("status") == "closed")
      let again = try await client.post(path, json: #"{"reason":"sold elsewhere"}"#)
      #expect(again.status == 200)
      #expect(again.string("closed_at") == closed.string("closed_at"))
      #expect(admin.log.closes.count == 3)
      #expect(admin.log.closes.allSatisfy { $0.by.name == "admin" && $0.by.reason == "sold elsewhere" })
      let blank = try await client.post(path, json: #"{"reason":" "}"#)
      #expect(blank.status == 422 && blank.string("field") == "reason", "\(blank)")
      let status = try await client.post("/admin/api/sales/none/close", json: #"{"reason":"x"}"#).status
      #expect(status == 404)
      #expect(admin.log.closes.count == 3)
    }
  }

  @Test func `partitions tell their progress, their lag, and why one stands still`() async throws {
    try await AdminUnderTest.with { admin, client in
      try await PlantedRows.with(admin.database) { planted in
        try await planted.progress(0, nextOffset: 40)
        try await planted.progress(1, nextOffset: 7, halted: "offset 7 is no longer in the log")
      }
      admin.log.change {
        $0.ends = [Partition(0): Offset(50), Partition(1): Offset(7), Partition(2): Offset(3)]
      }
      var answer = try await client.get("/admin/api/partitions")
      var list = try #require(answer.json("partitions") as? [[String: Any]])
      #expect(list.map { $0["lag"] as? Int } == [10, 0, 3])
      #expect(list.map { $0["next_offset"] as? Int } == [40, 7, 0])
      #expect(list.map { $0["halted_reason"] as? String } == [nil, "offset 7 is no longer in the log", nil])
      #expect(list[0]["owner"] as? String == "host/1")

      admin.log.change { $0.ends = nil }
      answer = try await client.get("/admin/api/partitions")
      list = try #require(answer.json("partitions") as? [[String: Any]])
      #expect(list.count == 2)
      #expect(list.allSatisfy { $0["lag"] is NSNull && $0["end_offset"] is NSNull })
    }
  }

  @Test func `a database that does not answer is a 503, and readiness is a matter of the checks`() async throws {
    try await AdminUnderTest.with(checks: { [HealthCheck(name: "worker", isReady: false, detail: "no partition")] }) {
      admin, client in
      await admin.store.pool.close()
      for path in ["/admin/api/sales", "/admin/api/partitions", "/admin", "/admin/sales/a"] {
        let answer = try await client.get(path)
        #expect(answer.status == 503)
        #expect(answer.headers[.retryAfter] == "1")
      }
      let ready = try await client.get("/readyz")
      #expect(ready.status == 503)
      #expect(ready.json("ready") as? Bool == false)
      let checks = try #require(ready.json("checks") as? [[String: Any]])
      #expect(checks.map { $0["detail"] as? String } == ["no partition"])
      let status = try await client.get("/healthz").status
      #expect(status == 200)
    }
  }
}
