import FlashSale
import Foundation
import Postgres
import SaleStore
import TestSupport
import Testing
import Time

@testable import Intake

/// What intake says while units are held, and which commands it takes; without a lane, so nothing is decided.
struct HeldTests {
  private static func sale(waitlist: Bool = true, queueCap: Int32? = nil) throws -> Sale {
    let open = try Sale.open()
    let rules = waitlist ? try WaitlistRules(offerSeconds: 60, leastSeconds: 10) : nil
    var shaping = SaleShaping()
    shaping.queueCap = queueCap
    return try Sale(
      id: open.id, name: open.name, startsAt: open.startsAt, endsAt: open.endsAt, perBuyerLimit: open.perBuyerLimit,
      shaping: shaping, holds: try HoldRules(seconds: 60, waitlist: rules), items: open.items)
  }

  private func hears(_ code: String?, _ intake: RunningIntake) async throws -> RawClient.Answer? {
    var answer: RawClient.Answer?
    let heard = try await eventually(within: .seconds(5)) {
      answer = try await intake.order(key: "k")
      return answer?.code == code
    }
    #expect(heard, "\(answer?.text ?? "")")
    return answer
  }

  @Test func `I2 while units are held nobody hears that all is sold, and units that come back open the door again`()
    async throws
  {
    try await RunningIntake.with(sales: [try Self.sale()]) { intake in
      try await intake.setStock(left: 0, reserved: 3)
      let held = try await hears("all_held", intake)
      #expect(held?.status == 409 && held?.json("waitlist") as? Bool == true)
      #expect(
        try await eventually(within: .seconds(3)) {
          try await intake.order(key: "k").string("earliest_release_at").flatMap(Timestamp.init(rfc3339:)) != nil
        })
      try await intake.setStock(left: 0, reserved: 0)
      _ = try await hears("sold_out", intake)
      try await intake.setStock(left: 1, reserved: 0)
      let again = try await hears(nil, intake)
      #expect(again?.status == 202)
    }
  }

  @Test func `who found all held in the lane hears what the door tells of it, as long as it is so`() async throws {
    try await RunningIntake.with(sales: [try Self.sale()]) { intake in
      let order = try await intake.order()
      let id = try #require(order.string("order_id").flatMap { OrderID($0) })
      let connection = try await intake.database.connect()
      _ = try await connection.query(
        """
        INSERT INTO orders (order_id, log_offset, accepted_at, decided_at, sale, quantity, partition, outcome, sku,
          buyer)
        VALUES ($1, 0, now(), now(), $2, 1, 0, $3, 'phone', 'alice')
        """, UUIDBytes(high: id.high, low: id.low), id.sale.rawValue, Refusal.allHeld.rawValue)
      await connection.close()
      try await intake.setStock(left: 0, reserved: 3)
      try await intake.decideUp(to: 1)
      let path = "/v1/orders/\(id)"
      let heard = try await eventually(within: .seconds(5)) {
        try await intake.get(path).string("earliest_release_at").flatMap(Timestamp.init(rfc3339:)) != nil
      }
      let held = try await intake.get(path)
      #expect(heard && held.string("reason") == "all_held" && held.json("waitlist") as? Bool == true, "\(held.text)")
      try await intake.setStock(left: 1, reserved: 2)
      #expect(
        try await eventually(within: .seconds(5)) {
          let again = try await intake.get(path)
          return again.string("reason") == "all_held" && again.json("waitlist") == nil
            && again.json("earliest_release_at") == nil
        })
    }
  }

  @Test func `an order that wants to wait goes into the log, whatever is held and however short the line may be`()
    async throws
  {
    try await RunningIntake.with(sales: [try Self.sale(queueCap: 1)]) { intake in
      try await intake.setStock(left: 0, reserved: 3)
      _ = try await hears("all_held", intake)
      for buyer in ["ann", "bob"] {
        let waiting = try await intake.order(#"{"sku":"phone","quantity":1,"waitlist":true}"#, buyer: buyer)
        #expect(waiting.status == 202, "\(waiting.text)")
        #expect(waiting.json("likely_sold_out") == nil)
      }
      // Before them are those that came while nobody had told the intake that all is held.
      let requests = try await intake.records().compactMap(\.request)
      #expect(requests.suffix(2).map(\.terms.waits) == [true, true])
      for wrong in [#""yes""#, "1", "null"] {
        let body = #"{"sku":"phone","quantity":1,"waitlist":\#(wrong)}"#
        #expect(try await intake.order(body).code == "invalid_field")
      }
    }
  }

  @Test func `without a waitlist nobody waits`() async throws {
    try await RunningIntake.with(sales: [try Self.sale(waitlist: false)]) { intake in
      try await intake.setStock(left: 0, reserved: 1)
      let held = try await hears("all_held", intake)
      #expect(held?.json("waitlist") == nil)
      let refused = try await intake.order(#"{"sku":"phone","quantity":1,"waitlist":true}"#)
      #expect(refused.code == "all_held")
    }
  }

  private static func post(
    _ path: String, _ body: String, buyer: String? = nil, fields: String = ""
  ) -> String {
    let buyer = buyer.map { "X-Buyer-Id: \($0)\r\n" } ?? ""
    return "POST \(path) HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n\(buyer)\(fields)"
      + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }

  @Test func `commands about orders that are queued, unknown or refused are told so, and write nothing`() async throws {
    try await RunningIntake.with(sales: [try Self.sale()]) { intake in
      let order = try await intake.order(buyer: "alice")
      let path = "/v1/orders/\(try #require(order.string("order_id")))"
      let ticket = try #require(order.string("ticket"))
      let queued = try await intake.send(Self.post("\(path)/cancel?ticket=\(ticket)", "", buyer: "alice"))
      #expect(queued.status == 409 && queued.code == "not_decided", "\(queued.text)")
      #expect(queued.headers["retry-after"] != nil)
      for command in ["cancel", "extend", "release"] {
        let named = Self.post("\(path)/\(command)", "", buyer: "alice", fields: "Idempotency-Key: k\r\n")
        #expect(try await intake.send(named).code == "order_not_found")
        #expect(try await intake.send(Self.post("\(path)/\(command)", "")).code == "unauthenticated")
      }
      // What would count twice if it were sent twice needs a name.
      for (command, body) in [("extend", ""), ("cancel", #"{"units":1}"#)] {
        let unnamed = try await intake.send(Self.post("\(path)/\(command)", body, buyer: "alice"))
        #expect(unnamed.status == 400 && unnamed.string("field") == "Idempotency-Key", "\(unnamed.text)")
      }
      let pay = #"{"payment_id":"p","amount_minor":1,"currency":"CNY"}"#
      let unknown = try await intake.send(Self.post("\(path)/payments", pay))
      #expect(unknown.code == "order_not_found" && unknown.string("detail")?.contains("was not counted") == true)
      #expect(try await intake.send(Self.post("/v1/orders/nonsense/payments", pay)).status == 404)
      #expect(try await intake.send(Self.post("\(path)/fulfil", "")).code == "order_not_found")
      #expect(try await intake.records().count == 1)
    }
  }

  @Test(arguments: ["0", "-1", "9223372036854775808", "1.0"])
  func `an amount that is none is refused`(_ amount: String) async throws {
    try await RunningIntake.with(sales: [try Self.sale()]) { intake in
      let path = "/v1/orders/00000001-0000-8000-8000-000000000000/payments"
      let body = #"{"payment_id":"p","amount_minor":\#(amount),"currency":"CNY"}"#
      let answer = try await intake.send(Self.post(path, body))
      #expect(answer.status == 422 && answer.string("field") == "amount_minor", "\(answer.text)")
    }
  }

  @Test func `only the shop pays, and only the provider's notices are read`() async throws {
    let secret = [UInt8](repeating: 9, count: 32)
    try await RunningIntake.with(sales: [try Self.sale()]) {
      $0.configure = {
        $0.shop = try? SharedToken("the-word-of-the-shop")
        $0.webhooks = try? WebhookChecker(secrets: [secret])
      }
    } _: { intake in
      let pay = #"{"payment_id":"p","amount_minor":1,"currency":"CNY"}"#
      let path = "/v1/orders/00000001-0000-8000-8000-000000000000/payments"
      for fields in ["", "Authorization: Bearer another-word-here\r\n", "Authorization: Basic x\r\n"] {
        let answer = try await intake.send(Self.post(path, pay, fields: fields))
        #expect(answer.status == 401 && answer.headers["www-authenticate"]?.contains("Bearer") == true)
      }
      let known = try await intake.send(
        Self.post(path, pay, fields: "Authorization: bearer the-word-of-the-shop\r\n"))
      #expect(known.status == 404, "\(known.text)")

      let now = Int64(Date().timeIntervalSince1970)
      func notice(_ secret: [UInt8], _ seconds: Int64, _ body: String) async throws -> RawClient.Answer {
        let signature = try Array(body.utf8).withUnsafeBytes {
          try WebhookChecker(secrets: [secret]).sign(id: "n", timestamp: seconds, body: $0)
        }
        let fields =
          "Webhook-Id: n\r\nWebhook-Timestamp: \(seconds)\r\nWebhook-Signature: \(signature)\r\n"
        return try await intake.send(Self.post("/v1/webhooks/payments", body, fields: fields))
      }
      let body =
        #"{"order_id":"00000001-0000-8000-8000-000000000000","payment_id":"p","amount_minor":1,"currency":"CNY"}"#
      #expect(try await notice(secret, now, body).code == "order_not_found")
      #expect(try await notice([UInt8](repeating: 8, count: 32), now, body).code == "signature_invalid")
      #expect(try await notice(secret, now - 3_600, body).code == "signature_invalid")
      #expect(try await notice(secret, now, "{}").code == "invalid_field")
      let head = "POST /v1/webhooks/payments HTTP/1.1\r\nHost: test\r\nContent-Length: 1048576\r\n\r\n"
      #expect(try await intake.send(head).status == 413)
    }
  }

  @Test func `without a word of its own the shop is not believed where buyers are not`() async throws {
    try await RunningIntake.with(sales: [try Self.sale()]) {
      $0.configure = { $0.identification.gateways = [] }
    } _: { intake in
      let pay = #"{"payment_id":"p","amount_minor":1,"currency":"CNY"}"#
      let path = "/v1/orders/00000001-0000-8000-8000-000000000000"
      let paid = try await intake.send(Self.post("\(path)/payments", pay))
      #expect(paid.status == 401)
      #expect(try await intake.send(Self.post("\(path)/fulfil", "")).status == 401)
      #expect(try await intake.send(Self.post("/v1/webhooks/payments", pay)).code == "signature_invalid")
    }
  }
}
