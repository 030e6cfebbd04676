import Admin
import FlashSale
import Foundation
import HTTPTypes
import HummingbirdTesting
import Postgres
import SaleStore
import TestSupport
import Testing

/// The endpoints of webhooks, over HTTP.
@Suite struct WebhookAPITests {
  private static let path = "/admin/api/webhooks"

  @Test func `an endpoint is added, shown without its secret, and gets another one`() async throws {
    try await AdminUnderTest.with { _, client in
      let added = try await client.post(
        Self.path, json: #"{"url":"https://shop.example/hook","events":["refund_due","paid"],"concurrency":3}"#)
      #expect(added.status == 201)
      let id = try #require(added.json("id") as? Int)
      let secret = try #require(added.string("secret"))
      #expect(secret.hasPrefix("whsec_"))
      let shown = try await client.get("\(Self.path)/\(id)")
      #expect(shown.json("secret") == nil && shown.json("events") as? [String] == ["paid", "refund_due"])
      #expect(shown.json("enabled") as? Bool == true && shown.json("failing_since") is NSNull)
      let rotated = try await client.send(.post, "\(Self.path)/\(id)/rotate")
      #expect(rotated.status == 200 && rotated.string("secret") != secret)
      let list = try await client.get(Self.path)
      #expect((list.json("webhooks") as? [[String: Any]])?.count == 1)
      let off = try await client.send(.post, "\(Self.path)/\(id)/disable")
      #expect(off.json("enabled") as? Bool == false && off.json("disabled_reason") is String)
      #expect(try await client.send(.post, "\(Self.path)/\(id)/enable").json("enabled") as? Bool == true)
      let ping = try await client.send(.post, "\(Self.path)/\(id)/ping")
      #expect(ping.status == 200 && ping.json("delivered") as? Bool == false && ping.json("status") is NSNull)
    }
  }

  @Test(arguments: [
    ("", 400, "malformed_json"), ("{}", 422, "invalid_field"), (#"{"url":"file:///etc/passwd"}"#, 422, "invalid_field"),
    (#"{"url":"https://u:p@shop.example/"}"#, 422, "invalid_field"),
    (#"{"url":"https://shop.example/","events":["sold"]}"#, 422, "invalid_field"),
    (#"{"url":"https://shop.example/","concurrency":65}"#, 422, "invalid_field"),
    (#"{"url":"https://shop.example/","secret":"mine"}"#, 400, "unknown_field"),
  ])
  func `what is no endpoint is refused`(body: String, status: Int, code: String) async throws {
    try await AdminUnderTest.with { _, client in
      let answer = try await client.post(Self.path, json: body)
      #expect(answer.status.code == status && answer.string("code") == code, "\(answer)")
    }
  }

  @Test func `a secret is not taken from the shop that may still use it`() async throws {
    try await AdminUnderTest.with { _, client in
      let added = try await client.post(Self.path, json: #"{"url":"https://shop.example/"}"#)
      let rotate = "\(Self.path)/\(try #require(added.json("id") as? Int))/rotate"
      for _ in 0..<4 { #expect(try await client.send(.post, rotate).status == 200) }
      let full = try await client.send(.post, rotate)
      #expect(full.status == 409 && full.string("code") == "secrets_full")
    }
  }

  @Test func `there are at most 32`() async throws {
    try await AdminUnderTest.with { _, client in
      for _ in 0..<32 {
        #expect(try await client.post(Self.path, json: #"{"url":"https://shop.example/"}"#).status == 201)
      }
      let full = try await client.post(Self.path, json: #"{"url":"https://shop.example/"}"#)
      #expect(full.status == 409 && full.string("code") == "webhooks_full")
      let list = try #require(try await client.get(Self.path).json("webhooks") as? [[String: Any]])
      let id = try #require(list.last?["id"] as? Int)
      let removed = try await client.send(.delete, "\(Self.path)/\(id)")
      #expect(removed.status == 200 && removed.json("id") as? Int == id)
      let again = try await client.send(.delete, "\(Self.path)/\(id)")
      #expect(again.status == 404 && again.string("code") == "webhook_not_found")
      #expect(try await client.post(Self.path, json: #"{"url":"https://shop.example/"}"#).status == 201)
    }
  }

  @Test(arguments: ["rotate", "ping", "enable", "disable"])
  func `of an endpoint that there is not, nothing is changed`(call: String) async throws {
    try await AdminUnderTest.with { _, client in
      let answer = try await client.send(.post, "\(Self.path)/7/\(call)")
      #expect(answer.status == 404 && answer.string("code") == "webhook_not_found")
      #expect(try await client.send(.post, "\(Self.path)/07/\(call)").string("code") == "not_found")
    }
  }

  @Test func `dead letters are listed, and sent again once`() async throws {
    try await AdminUnderTest.with { admin, client in
      let added = try await client.post(Self.path, json: #"{"url":"https://shop.example/"}"#)
      let id = try #require(added.json("id") as? Int)
      let connection = try await admin.database.connect()
      _ = try await connection.query(
        """
        INSERT INTO webhook_deliveries (endpoint, kind, order_id, event_id, body, attempts, dead_at, last_error)
        SELECT $1, 5, '00000007-0000-8000-a000-000000000001', '0-' || i, '{}', 30, now(), 'HTTP 500'
        FROM generate_series(1, 3) AS i
        """, Int32(id))
      let letters = try #require(
        try await client.get("\(Self.path)/\(id)/dead-letters").json("dead_letters") as? [[String: Any]])
      #expect(
        letters.map { $0["event"] as? String } == ["0-1", "0-2", "0-3"] && letters[0]["type"] as? String == "paid")
      let first = try #require(letters[0]["delivery"] as? String)
      let resend = "\(Self.path)/\(id)/resend"
      #expect(try await client.post(resend, json: #"{"delivery":"\#(first)"}"#).json("resent") as? Int == 1)
      #expect(try await client.post(resend, json: #"{"delivery":"\#(first)"}"#).json("resent") as? Int == 0)
      #expect(try await client.post(resend, json: "{}").json("resent") as? Int == 2)
      for bad in [#"{"delivery":"x"}"#, #"{"delivery":7}"#, #"{"delivery":"-1"}"#] {
        #expect(try await client.post(resend, json: bad).string("code") == "invalid_field")
      }
      let waiting = try await connection.query(
        "SELECT count(*) FROM webhook_deliveries WHERE dead_at IS NULL AND next_at <= now() AND attempts = 0")
      #expect(try waiting.single().int64(0) == 3)
      await connection.close()
    }
  }
}
