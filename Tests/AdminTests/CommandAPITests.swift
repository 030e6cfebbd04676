import Accounts
import Postgres
import FlashSale
import Foundation
import HTTPTypes
import HummingbirdTesting
import SaleStore
import Telemetry
import TestSupport
import Testing

/// Commands about stock, rules and orders over the admin API; the lane is what the test plants.
@Suite struct CommandAPITests {
  private func send(
    _ client: Client, _ method: HTTPRequest.Method, _ path: String, _ json: String, name: String? = nil
  ) async throws -> TestResponse {
    var headers: HTTPFields = [.contentType: "application/json"]
    if let name, let field = HTTPField.Name("X-Admin-Name") { headers[field] = name }
    return try await client.send(method, "/admin/api/\(path)", headers: headers, body: Data(json.utf8))
  }

  @Test(
    "what is wrong with a command is told, and nothing is written",
    arguments: [
      ("sales/s1/items/phone/restock", #"{"units":1}"#, 422, "invalid_field"),
      ("sales/s1/items/phone/restock", #"{"units":1,"reason":" "}"#, 422, "invalid_field"),
      ("sales/s1/items/phone/restock", #"{"units":0,"reason":"x"}"#, 422, "invalid_field"),
      ("sales/s1/items/phone/restock", #"{"units":2147483649,"reason":"x"}"#, 422, "invalid_field"),
      ("sales/s1/items/phone/restock", #"{"reason":"x"}"#, 422, "invalid_field"),
      ("sales/s1/items/phone/reopen", #"{"units":1,"reason":"x"}"#, 400, "unknown_field"),
      ("sales/s1/items/tablet/reduce", #"{"units":1,"reason":"x"}"#, 404, "unknown_sku"),
      ("sales/s2/items/phone/reduce", #"{"units":1,"reason":"x"}"#, 404, "sale_not_found"),
      ("orders/00000001-0000-8000-8000-000000000000/cancel", #"{"reason":"x"}"#, 404, "order_not_found"),
      ("orders/00000001-0000-8000-8000-000000000000/cancel", #"{"units":1,"reason":"x"}"#, 400, "invalid_header"),
      ("orders/00000001-0000-8000-8000-000000000000/cancel", "{}", 422, "invalid_field"),
      ("orders/nonsense/cancel", #"{"reason":"x"}"#, 404, "not_found"),
    ])
  func refused(_ path: String, _ json: String, _ status: Int, _ code: String) async throws {
    try await AdminUnderTest.with { admin, client in
      _ = try await admin.store.create(try .sample("s1"))
      let answer = try await send(client, .post, path, json)
      #expect(answer.status.code == status && answer.string("code") == code, "\(answer)")
      #expect(admin.log.commands.isEmpty)
    }
  }

  @Test(
    "a window in which the lottery could not be drawn is refused",
    arguments: [
      // The value would be known before the room opens with the sale.
      ("starts_at", #""starts_at":"2090-01-01T12:00:00Z""#),
      // The sale would be over before it is known.
      ("ends_at", #""ends_at":"2090-01-01T11:04:00Z""#),
    ])
  func undrawable(_ field: String, _ window: String) async throws {
    let lottery = """
      {"id":"s1","name":"A lottery","starts_at":"2090-01-01T11:00:00Z","ends_at":"2090-01-01T13:00:00Z",
      "items":[{"sku":"phone","stock":1,"price_minor":1,"currency":"CNY"}],
      "shaping":{"room":{"order":"lottery","rate_per_minute":60,
      "beacon":{"name":"closing prices","known_at":"2090-01-01T11:05:00Z"}}}}
      """
    try await AdminUnderTest.with { admin, client in
      let made = try await send(client, .post, "sales", lottery)
      #expect(made.status == .created, "\(made)")
      let answer = try await send(client, .patch, "sales/s1", "{\(window),\"reason\":\"later\"}")
      #expect(answer.status == .unprocessableContent && answer.string("field") == field, "\(answer)")
      #expect(answer.text.contains("without a draw"), "\(answer)")
      #expect(admin.log.commands.isEmpty)
    }
  }

  @Test func `a lottery that is forgotten is not opened again, and its room takes no commands`() async throws {
    let json = """
      {"id":"s1","name":"A lottery","starts_at":"2026-01-01T11:00:00Z","ends_at":"2026-01-01T13:00:00Z",
      "items":[{"sku":"phone","stock":1,"price_minor":1,"currency":"CNY"}],
      "shaping":{"room":{"order":"lottery","rate_per_minute":60,
      "beacon":{"name":"closing prices","known_at":"2026-01-01T11:05:00Z"}}}}
      """
    try await AdminUnderTest.with { admin, client in
      _ = try await admin.store.create(try Array(json.utf8).withUnsafeBytes { try Sale(parsing: $0) })
      let later = try await send(client, .patch, "sales/s1", #"{"ends_at":"2090-01-01T00:00:00Z","reason":"more"}"#)
      #expect(later.status == .unprocessableContent && later.text.contains("lottery is forgotten"), "\(later)")
      let again = try await send(client, .post, "sales/s1/items/phone/reopen", #"{"reason":"more"}"#)
      #expect(again.status == .conflict && again.text.contains("lottery is forgotten"), "\(again)")
      let paused = try await send(client, .post, "sales/s1/room/pause", "{}")
      #expect(paused.status == .notFound && paused.text.contains("waiting room is forgotten"), "\(paused)")
      #expect(admin.log.commands.isEmpty)
    }
  }

  @Test(
    "a change that cannot be is refused",
    arguments: [
      #"{"reason":"x"}"#, #"{"prices":{"phone":1},"reason":"x"}"#, #"{"ends_at":"2020-01-01T00:00:00Z","reason":"x"}"#,
      // What a limit would count was not counted. The rest of the change is not done without it.
      #"{"per_buyer_limit":2,"ends_at":"2090-01-01T00:00:00Z","reason":"x"}"#,
    ])
  func changes(_ json: String) async throws {
    try await AdminUnderTest.with { admin, client in
      _ = try await admin.store.create(try .sample("s1"))
      let answer = try await send(client, .patch, "sales/s1", json)
      #expect(answer.status.code == 422, "\(answer)")
      #expect(admin.log.commands.isEmpty)
    }
  }

  @Test("a command has its admin's name and reason, and is answered with what the lane decided")
  func decided() async throws {
    try await AdminUnderTest.with { admin, client in
      let sale = try await admin.store.create(try .sample("s1"))
      let connection = try await admin.database.connect()
      try await PlantedRows.with(admin.database) { try await $0.progress(0, nextOffset: 1) }
      admin.log.change { log in
        log.decides = { records in
          guard case .stock(let command)? = records.first else { return }
          _ = try await connection.query(
            """
            INSERT INTO history (log_offset, at, minor, partition, sale, units, sequence, place, action, result, sku,
              by_whom, reason, command_id, digest)
            VALUES (0, now(), 0, 0, $1, 500, 0, 0, 20, 0, 'phone', 'mia', 'delivery', $2, $3)
            """, sale.number.rawValue, command.id?.rawValue, command.action.digest.rawValue)
        }
      }
      let answer = try await send(
        client, .post, "sales/s1/items/phone/restock", #"{"units":500,"reason":"delivery"}"#, name: "mia")
      #expect(answer.status == .ok, "\(answer)")
      let effect = try #require((answer.json("effects") as? [[String: Any]])?.first)
      #expect(effect["result"] as? String == "applied" && effect["units"] as? Int == 500)
      guard case .stock(let command) = admin.log.commands.first else {
        Issue.record("no command was written")
        return
      }
      #expect(command.by == (try Actor(name: "mia", reason: "delivery")))
      #expect(command.action == .restock(Units(500)))
      await connection.close()
    }
  }

  @Test func `a change of a waiting room says why, if its caller does`() async throws {
    try await AdminUnderTest.with { admin, client in
      let json = try Sale.sample("s1").json
      let roomed = json.dropLast() + #","shaping":{"room":{"rate_per_minute":600}}}"#
      #expect(try await client.post("/admin/api/sales", json: String(roomed)).status == 201)
      for (call, body) in [
        ("pause", #"{"reason":"stuck"}"#), ("resume", ""), ("rate", #"{"rate_per_minute":60,"reason":"slower"}"#),
        ("rate", #"{"rate_per_minute":70}"#), ("revoke", #"{"reason":"a bot","buyer":"alice"}"#),
      ] {
        let answer = try await send(client, .post, "sales/s1/room/\(call)", body)
        #expect(answer.status == 200, "\(call) \(answer.text)")
      }
      #expect(try await admin.log(.roomChanged).map(\.why) == ["stuck", "", "slower", "", "a bot"])
      let long = String(repeating: "x", count: 10_240)
      for (call, body, code) in [
        ("rate", #"{"rate_per_minute":60,"reason":" "}"#, "invalid_field"),
        ("rate", #"{"rate_per_minute":60,"reason":"\#(long)"}"#, "invalid_field"),
        ("revoke", #"{"buyer":"alice","reason":"\u202e"}"#, "invalid_field"),
        ("revoke", #"{"reason":"a bot"}"#, "invalid_field"),
        ("revoke", #"{"buyer":"a","why":"x"}"#, "unknown_field"),
        ("beacon", #"{"name":"a","value":"b","reason":" "}"#, "invalid_field"),
      ] {
        let answer = try await send(client, .post, "sales/s1/room/\(call)", body)
        #expect(answer.string("code") == code, "\(call) \(answer.text)")
      }
      #expect(try await admin.log(.roomChanged).count == 5)
    }
  }
}
