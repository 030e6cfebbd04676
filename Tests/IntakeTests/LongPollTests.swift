import FlashSale
import Intake
import Postgres
import ServiceLifecycle
import TestSupport
import Testing

struct LongPollTests {
  @Test func `a long poll is answered when the order is decided, at once if it is, and at the end of the wait if not`()
    async throws
  {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      let order = try await WatchedOrder(intake)
      let start = ContinuousClock.now
      let queued = try await intake.get(order.path("1s"))
      #expect(queued.status == 200)
      #expect(queued.string("status") == "queued")
      #expect(queued.headers["cache-control"] == "no-store")
      #expect(ContinuousClock.now - start >= .seconds(1))
      let waiting = Task { try await intake.get(order.path("30s")) }
      #expect(try await eventually { intake.service.watchers == 1 })
      try await order.decide()
      try await intake.decideUp(to: 1)
      #expect(try await waiting.value.string("status") == "confirmed")
      #expect(try await intake.get(order.path("30s")).string("status") == "confirmed")
      #expect(ContinuousClock.now - start < .seconds(20))
    }
  }

  @Test(arguments: [
    "0", "0s", "-1", "-1s", "1e9", "1e9s", "1000000000s", "20", "20S", "1m", "", "31s", "05s", "+5s", "5s&wait=5s",
  ])
  func `a wait that is not allowed is refused, and what is allowed is said`(_ wait: String) async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      let answer = try await intake.get(WatchedOrder(intake).path(wait))
      #expect(answer.status == 400)
      #expect(answer.code == "invalid_parameter")
      #expect(answer.string("field") == "wait")
      #expect(answer.string("detail") == "wait must be one value of 1s to 30s, in whole seconds.")
    }
  }

  @Test func `I12 while the store is away a due outcome is asked for again, and never made up`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      let order = try await WatchedOrder(intake)
      let hidden = try await WatchedOrder(intake, buyer: "bob", at: 1)
      try await order.decide()
      let connection = try await intake.database.connect()
      _ = try await connection.query("ALTER TABLE orders RENAME TO elsewhere")
      let waiting = Task { try await intake.get(order.path("30s")) }
      let short = Task { try await intake.get(hidden.path("2s"), buyer: "bob") }
      #expect(try await eventually { intake.service.watchers == 2 })
      try await intake.decideUp(to: 2)
      let refused = try await short.value
      #expect(refused.status == 503)
      #expect(refused.code == "busy")
      #expect(refused.headers["retry-after"] != nil)
      _ = try await connection.query("ALTER TABLE elsewhere RENAME TO orders")
      await connection.close()
      #expect(try await waiting.value.string("status") == "confirmed")
    }
  }

  @Test func `only the buyer may wait, with a ticket of this order; without one nothing waits`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      let order = try await WatchedOrder(intake)
      #expect(try await intake.get(order.path("30s"), buyer: "bob").code == "bad_ticket")
      #expect(try await intake.get(order.path("30s"), buyer: nil).status == 401)
      let start = ContinuousClock.now
      #expect(try await intake.get("\(order.location)?wait=30s").code == "order_not_found")
      let long = String(repeating: "A", count: 10_000)
      #expect(try await intake.get("\(order.location)?wait=30s&ticket=\(long)").status == 431)
      for forged in [String(order.ticket.dropLast()), "", String(repeating: "A", count: 7_000)] {
        let answer = try await intake.get("\(order.location)?wait=30s&ticket=\(forged)")
        #expect(answer.code == "bad_ticket")
      }
      try await order.decide(outcome: 5)
      try await intake.decideUp(to: 1)
      #expect(try await intake.get("\(order.location)?wait=30s").string("reason") == "sold_out")
      #expect(ContinuousClock.now - start < .seconds(20))
    }
  }

  @Test func `a request behind a long poll waits for its answer`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      let order = try await WatchedOrder(intake)
      let client = try await intake.connect()
      try await client.send(
        "GET \(order.path("1s")) HTTP/1.1\r\nHost: a\r\nX-Buyer-Id: alice\r\n\r\n"
          + "GET /v1/sales HTTP/1.1\r\nHost: a\r\n\r\n"
      )
      #expect(try await client.answer().string("status") == "queued")
      #expect(try await client.answer().text.contains(#""sales":["#))
    }
  }

  @Test func `a client that ends its half, and one that must leave, wait no longer`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      let order = try await WatchedOrder(intake)
      let start = ContinuousClock.now
      let half = try await intake.connect()
      try await half.send("GET \(order.path("30s")) HTTP/1.1\r\nHost: a\r\nX-Buyer-Id: alice\r\n\r\n")
      half.finishSending()
      #expect(try await half.answer().string("status") == "queued")
      #expect(try await half.isEnded())
      let client = try await intake.connect()
      try await client.send("GET \(order.path("30s")) HTTP/1.1\r\nHost: a\r\nX-Buyer-Id: alice\r\n\r\n")
      #expect(try await eventually { intake.service.watchers == 1 })
      await intake.group.triggerGracefulShutdown()
      let answer = try await client.answer()
      #expect(answer.string("status") == "queued")
      #expect(answer.headers["connection"] == "close")
      #expect(ContinuousClock.now - start < .seconds(20))
    }
  }

  @Test func `at the limit of watchers a long poll is answered at once, and nobody is put out`() async throws {
    try await RunningIntake.with(sales: [try .open()]) {
      $0.configure = {
        $0.connections = 4
        $0.eventLoops = 1
      }
    } _: { intake in
      let order = try await WatchedOrder(intake)
      let waiting = (0..<3).map { _ in Task { try await intake.get(order.path("30s")) } }
      #expect(try await eventually { intake.service.watchers == 3 })
      let start = ContinuousClock.now
      #expect(try await intake.get(order.path("30s")).string("status") == "queued")
      #expect(ContinuousClock.now - start < .seconds(10))
      try await order.decide()
      try await intake.decideUp(to: 1)
      for waiting in waiting { #expect(try await waiting.value.string("status") == "confirmed") }
    }
  }
}
