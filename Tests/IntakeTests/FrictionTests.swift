import FlashSale
import Foundation
import Intake
import Postgres
import TestSupport
import Testing
import Time

/// What a sale asks its buyers to show, over the listener.
@Suite(.timeLimit(.minutes(3))) struct FrictionTests {
  private static func sale(_ id: String, _ shaping: String, stock: Int32 = 1_000) throws -> Sale {
    let open = try Sale.open(id, stock: stock)
    return try Sale(
      id: open.id, name: open.name, startsAt: open.startsAt, endsAt: open.endsAt, perBuyerLimit: open.perBuyerLimit,
      shaping: Array(shaping.utf8).withUnsafeBytes { try SaleShaping(parsing: $0) }, items: open.items)
  }

  /// An order with one field more, in both forms.
  private static func orders(_ sale: String, _ field: String, buyer: String = "alice") -> [String] {
    let request = RunningIntake.orderRequest(sale: sale, buyer: buyer)
      .replacing("Host: test\r\n", with: "Host: test\r\n\(field)")
    return [request, request.replacing("/v1/sales/", with: "/v1/s%61les/")]
  }

  @Test func `I2 a winner hears so without a proof, also of a sale with more winners than are kept`() async throws {
    let sale = try Self.sale("large", #"{"proof_of_work":{"bits":8}}"#, stock: 900_000_000)
    try await RunningIntake.with(sales: [sale]) { intake in
      // As many were sold as nobody keeps in memory, and some are left.
      let connection = try await intake.database.connect()
      _ = try await connection.query("UPDATE stock SET units_left = 100")
      await connection.close()
      let challenge = try #require(try await intake.get("/v1/sales/large/challenge").string("challenge"))
      let proof = try #require(ProofSolver.solve(challenge))
      let bare = RunningIntake.orderRequest(sale: "large", key: "k")
      let shown = bare.replacing("Host: test\r\n", with: "Host: test\r\nX-Proof-Of-Work: \(proof)\r\n")
      let order = try #require(try await intake.send(shown).string("order_id").flatMap(OrderID.init))
      try await intake.win([order], buyers: ["alice"])
      #expect(try await eventually { try await intake.send(bare).string("status") == "confirmed" })
      let other = try await intake.order(sale: "large", buyer: "bob", key: "k")
      #expect(other.code == "proof_required", "\(other.text)")
    }
  }

  @Test func `a sale with a proof of work takes orders with one, of that buyer and that sale`() async throws {
    let sales = try [
      Self.sale("hard", #"{"proof_of_work":{"bits":8}}"#), Self.sale("other", #"{"proof_of_work":{"bits":8}}"#),
      Sale.open("easy"),
    ]
    try await RunningIntake.with(sales: sales) { intake in
      let given = try await intake.get("/v1/sales/hard/challenge")
      #expect(given.status == 200 && given.int("bits") == 8, "\(given.text)")
      #expect(given.headers["cache-control"] == "no-store")
      #expect(given.string("expires_at") != nil)
      let challenge = try #require(given.string("challenge"))
      let proof = try #require(ProofSolver.solve(challenge))
      for request in Self.orders("hard", "X-Proof-Of-Work: \(proof)\r\n") {
        #expect(try await intake.send(request).status == 202)
      }
      let cases: [(String, [String], String)] = [
        ("none", Self.orders("hard", ""), "proof_required"),
        ("another buyer's", Self.orders("hard", "X-Proof-Of-Work: \(proof)\r\n", buyer: "bob"), "proof_invalid"),
        ("another sale's", Self.orders("other", "X-Proof-Of-Work: \(proof)\r\n"), "proof_invalid"),
        ("a truncated one", Self.orders("hard", "X-Proof-Of-Work: \(proof.dropFirst(3))\r\n"), "proof_invalid"),
        (
          "one of 5 kB", Self.orders("hard", "X-Proof-Of-Work: \(String(repeating: "a", count: 5_000))\r\n"),
          "proof_invalid"
        ),
      ]
      for (what, requests, code) in cases {
        for request in requests {
          let answer = try await intake.send(request)
          #expect(answer.status == 403 && answer.code == code, "\(what): \(answer.text)")
          #expect(answer.string("field") == "X-Proof-Of-Work")
        }
      }
      let twice = Self.orders("hard", "X-Proof-Of-Work: \(proof)\r\nX-Proof-Of-Work: \(proof)\r\n")[0]
      #expect(try await intake.send(twice).code == "invalid_header")
      #expect(try await intake.send(Self.orders("easy", "")[0]).status == 202)
      let nothing = try await intake.get("/v1/sales/easy/challenge")
      #expect(nothing.status == 200 && nothing.int("bits") == 0 && nothing.json("challenge") is NSNull)
      #expect(try await intake.get("/v1/sales/nope/challenge").code == "sale_not_found")
      #expect(try await intake.get("/v1/sales/hard/challenge", buyer: nil).code == "unauthenticated")
    }
  }

  @Test func `a sale with a verdict takes orders with the bot service's word`() async throws {
    let secret = [UInt8](repeating: 6, count: 32)
    let soon = { @Sendable in Timestamp.now.microseconds / 1_000_000 + 60 }
    func verdict(_ sale: String = "guarded", _ buyer: String = "alice", expires: Int64, _ secret: [UInt8]) -> String {
      let text = BotService.verdict(sale: sale, buyer: buyer, expires: expires, secret: secret)
      return "X-Bot-Verdict: \(text)\r\n"
    }
    let checker = try VerdictChecker(secrets: [secret])
    let sales = [try Self.sale("guarded", #"{"verdict":{"required":true}}"#)]
    try await RunningIntake.with(sales: sales) {
      $0.configure = { $0.verdicts = checker }
    } _: { intake in
      // From when the intake runs: on a busy machine its start takes a minute.
      let expires = soon()
      for request in Self.orders("guarded", verdict(expires: expires, secret)) {
        #expect(try await intake.send(request).status == 202)
      }
      let cases = [
        ("", "verdict_required"), (verdict(expires: expires - 200, secret), "verdict_invalid"),
        (verdict("other", expires: expires, secret), "verdict_invalid"),
        (verdict("guarded", "bob", expires: expires, secret), "verdict_invalid"),
        (verdict(expires: expires, [1]), "verdict_invalid"), ("X-Bot-Verdict: x\r\n", "verdict_invalid"),
      ]
      for (field, code) in cases {
        for request in Self.orders("guarded", field) {
          let answer = try await intake.send(request)
          #expect(answer.status == 403 && answer.code == code, "\(field): \(answer.text)")
        }
      }
    }
    // Without the key, nobody's word counts.
    try await RunningIntake.with(sales: sales) { intake in
      let answer = try await intake.send(Self.orders("guarded", verdict(expires: soon(), secret))[0])
      #expect(answer.code == "verdict_invalid", "\(answer.text)")
    }
  }

  @Test func `I2 a winner who sends the order again hears that she won, whatever she shows by then`() async throws {
    let secret = [UInt8](repeating: 6, count: 32)
    let checker = try VerdictChecker(secrets: [secret])
    let sales = [try Self.sale("guarded", #"{"verdict":{"required":true},"proof_of_work":{"bits":8}}"#)]
    try await RunningIntake.with(sales: sales) {
      $0.configure = { $0.verdicts = checker }
    } _: { intake in
      func orders(_ key: String, _ fields: String) -> [String] {
        Self.orders("guarded", "\(fields)Idempotency-Key: \(key)\r\n")
      }
      let now = Timestamp.now.microseconds / 1_000_000
      func verdict(expires: Int64) -> String {
        let text = BotService.verdict(sale: "guarded", buyer: "alice", expires: expires, secret: secret)
        return "X-Bot-Verdict: \(text)\r\n"
      }
      let challenge = try #require(try await intake.get("/v1/sales/guarded/challenge").string("challenge"))
      let shown = "X-Proof-Of-Work: \(try #require(ProofSolver.solve(challenge)))\r\n" + verdict(expires: now + 600)
      let accepted = try await intake.send(orders("k", shown)[0])
      let order = try #require(accepted.string("order_id").flatMap(OrderID.init), "\(accepted.text)")
      try await intake.win([order], buyers: ["alice"])
      try await intake.decideUp(to: 1, stock: [intake.phone(order.sale): Units(5)])
      let isKnown = try await eventually { try await intake.send(orders("k", shown)[0]).status == 200 }
      #expect(isKnown)
      for old in ["", verdict(expires: now - 600), verdict(expires: now + 600), "X-Proof-Of-Work: x\r\n"] {
        for request in orders("k", old) {
          let again = try await intake.send(request)
          #expect(again.status == 200 && again.string("status") == "confirmed", "\(old): \(again.text)")
        }
        // Who has not won is asked as ever.
        for request in orders("other", old) { #expect(try await intake.send(request).status == 403, "\(old)") }
      }
    }
  }
}
