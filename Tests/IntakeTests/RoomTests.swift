import FlashSale
import Foundation
import Intake
import OrderLog
import TestSupport
import Testing
import Time

/// A waiting room as a buyer meets it at one intake; the test says what its owner and the admin say.
struct RoomTests {
  private struct Hall {
    let intake: RunningIntake
    let writer: RoomWriter

    static func with(
      slots: Int32? = nil, limits: RequestLimits? = nil, holds: HoldRules? = nil,
      _ body: (Hall) async throws -> Void
    ) async throws {
      var (shaping, rule) = (SaleShaping(), RoomRule(ratePerMinute: 600))
      rule.slots = slots
      shaping.room = rule
      shaping.limits = limits
      let topic = RoomLog.topic(beside: RunningIntake.topic)
      let tokens = try RoomTokenSigner(secrets: [RunningIntake.secret])
      try await RunningIntake.with(sales: [try Sale.open(shaping: shaping, holds: holds)]) {
        $0.configure = { $0.rooms = IntakeConfiguration.Rooms(topic: topic, tokens: tokens) }
      } _: { intake in
        let writer = try RoomWriter(
          cluster: ClusterSettings(brokers: intake.broker.bootstrapServers), topic: topic, logger: quietLogger)
        let hall = Hall(intake: intake, writer: writer)
        do {
          try await hall.say(.own)
          try await body(hall)
        } catch {
          await writer.shutdown(deadline: .seconds(5))
          throw error
        }
        await writer.shutdown(deadline: .seconds(5))
      }
    }

    func say(_ command: RoomRecord.Command) async throws {
      let record = RoomRecord(sale: SaleNumber(rawValue: 1), at: .now, epoch: Epoch(rawValue: 1), command)
      try await writer.write([record])
    }

    func call(_ method: String, _ buyer: String) async throws -> RawClient.Answer {
      try await intake.send(
        "\(method) /v1/sales/double11/room HTTP/1.1\r\nHost: test\r\nX-Buyer-Id: \(buyer)\r\n"
          + "Content-Length: 0\r\n\r\n")
    }

    func order(_ buyer: String, token: String) async throws -> RawClient.Answer {
      try await intake.send(
        RunningIntake.orderRequest(buyer: buyer)
          .replacing("Host: test\r\n", with: "Host: test\r\nX-Room-Token: \(token)\r\n"))
    }

    /// Joins and is let in.
    func enter(_ buyer: String) async throws -> (place: Int, token: String) {
      let place = try #require(try await call("POST", buyer).int("place"))
      try await say(.admit([Offset(Int64(place))]))
      var token: String?
      _ = try await eventually(within: .seconds(10)) {
        token = try await call("GET", buyer).string("token")
        return token != nil
      }
      return (place, try #require(token))
    }
  }

  @Test func `whoever joins and leaves without end is held to a rate, and whoever only asks is not`() async throws {
    try await Hall.with { hall in
      var refused: RawClient.Answer?
      for number in 0..<60 where refused == nil {
        let answer = try await hall.call(number.isMultiple(of: 2) ? "POST" : "DELETE", "ann")
        if answer.status != 200 { refused = answer }
      }
      #expect(refused?.status == 429)
      #expect(refused?.code == "rate_limited")
      #expect(refused?.headers["ratelimit-policy"] == #""buyer";q=20;w=60"#)
      // What writes nothing is not counted: who has a place may ask for it, and join, as often as she likes.
      for _ in 0..<50 { #expect(try await hall.call("POST", "bob").status == 200) }
      for _ in 0..<50 { #expect(try await hall.call("GET", "bob").status == 200) }
    }
  }

  @Test func `a sale's limits hold for its room too, and are counted apart from its orders`() async throws {
    let limits = RequestLimits(
      perBuyer: try RateLimit(requests: 2, perSeconds: 3_600),
      perAddress: try RateLimit(requests: 3, perSeconds: 3_600))
    try await Hall.with(limits: limits) { hall in
      let (_, token) = try await hall.enter("ann")
      #expect(try await hall.order("ann", token: token).status == 202)
      #expect(try await hall.order("ann", token: token).status == 202)
      #expect(try await hall.call("DELETE", "ann").status == 200)
      #expect(try await hall.call("POST", "ann").status == 200)
      #expect(try await hall.call("DELETE", "ann").status == 200)
      #expect(try await hall.call("POST", "ann").status == 429)
      #expect(try await hall.call("POST", "bob").status == 200)
      let refused = try await hall.call("POST", "eve")
      #expect(refused.status == 429)
      #expect(refused.headers["ratelimit-policy"] == #""address";q=3;w=3600"#)
    }
  }

  @Test func `whatever a sale limits, who is done frees her slot (§8.5)`() async throws {
    let limits = RequestLimits(
      perBuyer: try RateLimit(requests: 1, perSeconds: 3_600),
      perAddress: try RateLimit(requests: 2, perSeconds: 3_600))
    try await Hall.with(limits: limits) { hall in
      let (_, token) = try await hall.enter("ann")
      #expect(try await hall.order("ann", token: token).status == 202)
      #expect(try await hall.call("POST", "bob").status == 200)
      #expect(try await hall.call("POST", "eve").status == 429, "the address has had its two")
      let left = try await hall.call("DELETE", "ann")
      #expect(left.status == 200, "\(left.text)")
      #expect(left.text.contains(#""status":"done""#), "\(left.text)")
    }
  }

  @Test func `while all slots are taken, nobody is told how long it takes`() async throws {
    try await Hall.with(slots: 1) { hall in
      // The sale is open, so the second in line waits for two turns of a tenth of a second.
      _ = try await hall.call("POST", "ann")
      #expect(try await hall.call("POST", "bob").int("eta_ms") == 200)
      _ = try await hall.enter("ann")
      let waiting = try await hall.call("GET", "bob")
      #expect(waiting.json("eta_ms") is NSNull && waiting.int("position") == 0, "\(waiting.text)")
      #expect(try await hall.call("DELETE", "ann").string("status") == "done")
      #expect(try await hall.call("GET", "bob").int("eta_ms") == 100)
    }
  }

  @Test func `I2 while units are held, whoever waits in a room does not hear that all is sold`() async throws {
    try await Hall.with(holds: HoldRules(seconds: 60)) { hall in
      let joined = try await hall.call("POST", "ann")
      #expect(joined.json("sold_out") == nil && joined.json("all_held") == nil, "\(joined.text)")
      func hears(_ isMeant: (RawClient.Answer) -> Bool) async throws {
        var answer = joined
        let isHeard = try await eventually(within: .seconds(10)) {
          answer = try await hall.call("GET", "ann")
          return isMeant(answer)
        }
        #expect(isHeard, "\(answer.text)")
      }
      try await hall.intake.setStock(left: 0, reserved: 3)
      try await hears {
        $0.int("left") == 0 && $0.json("all_held") as? Bool == true && $0.json("sold_out") == nil
          && $0.string("earliest_release_at").flatMap(Timestamp.init(rfc3339:)) != nil
      }
      // Who comes now may wait for them.
      #expect(try await hall.call("POST", "bob").status == 200)
      try await hall.intake.setStock(left: 0, reserved: 0)
      try await hears {
        $0.json("sold_out") as? Bool == true && $0.json("all_held") == nil && $0.json("earliest_release_at") == nil
      }
      #expect(try await hall.call("POST", "eve").code == "sold_out")
      try await hall.intake.setStock(left: 1, reserved: 0)
      try await hears { $0.json("sold_out") == nil && $0.int("left") == 1 }
    }
  }

  @Test func `a buyer who is revoked while she joins hears just that`() async throws {
    try await Hall.with { hall in
      for number in 0..<20 {
        let buyer = "buyer-\(number)"
        try await hall.say(.revoke(BuyerID(unchecked: buyer)))
        let answer = try await hall.call("POST", buyer)
        #expect(answer.status == 403)
        #expect(answer.code == "token_invalid", "\(answer.text)")
      }
    }
  }

  @Test func `whoever is put out has no token that counts, and none is left when she is revoked later`() async throws {
    try await Hall.with { hall in
      let (place, token) = try await hall.enter("ann")
      #expect(try await hall.order("ann", token: token).status == 202)
      try await hall.say(.expire([Offset(Int64(place))]))
      let isOut = try await eventually(within: .seconds(1)) {
        try await hall.order("ann", token: token).code == "token_invalid"
      }
      #expect(isOut)
      let (_, second) = try await hall.enter("ann")
      #expect(second != token)
      #expect(try await hall.order("ann", token: second).status == 202)
      try await hall.say(.revoke(BuyerID(unchecked: "ann")))
      let isRevoked = try await eventually(within: .seconds(1)) {
        try await hall.order("ann", token: second).code == "token_invalid"
      }
      #expect(isRevoked)
      #expect(try await hall.order("ann", token: token).code == "token_invalid")
    }
  }
}
