import FlashSale
import Foundation
import Intake
import Postgres
import SaleStore
import TestSupport
import Testing
import Time

struct OrderStatusTests {
  /// Writes an order as a lane does.
  private func decide(
    _ intake: RunningIntake, _ id: String, at offset: Int64, outcome: Int16, buyer: String = "alice"
  ) async throws {
    let order = try #require(OrderID(id))
    let connection = try await intake.database.connect()
    _ = try await connection.query(
      """
      INSERT INTO orders (order_id, log_offset, accepted_at, decided_at, sale, quantity, partition, outcome, sku, buyer)
      VALUES ($1, $2, now() - interval '1 second', now(), $3, 1, 0, $4, 'phone', $5)
      """, UUIDBytes(high: order.high, low: order.low), offset, order.sale.rawValue, outcome, buyer)
    await connection.close()
  }

  private func path(_ accepted: RawClient.Answer) throws -> String {
    let location = try #require(accepted.headers["location"])
    return "\(location)?ticket=\(try #require(accepted.string("ticket")))"
  }

  @Test func `an order in line is answered from memory, with its place`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      var accepted = try await intake.order()
      for buyer in 0..<3 { accepted = try await intake.order(buyer: "b\(buyer)") }
      let answer = try await intake.get(path(accepted), buyer: "b2")
      #expect(answer.status == 200)
      #expect(answer.headers["cache-control"] == "no-store")
      #expect(answer.string("status") == "queued")
      #expect(answer.string("order_id") == accepted.string("order_id"))
      #expect(answer.int("position") == 3)
      #expect(answer.json("eta_ms") is NSNull)
      try await intake.decideUp(to: 2)
      #expect(try await eventually { try await intake.get(path(accepted), buyer: "b2").int("position") == 1 })
    }
  }

  @Test func `I4 a decided order is shown with its outcome, to its buyer only`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      let won = try await intake.order(buyer: "alice")
      let lost = try await intake.order(buyer: "bob")
      try await decide(intake, try #require(won.string("order_id")), at: 0, outcome: 0)
      try await decide(intake, try #require(lost.string("order_id")), at: 1, outcome: 5, buyer: "bob")
      try await intake.decideUp(to: 2)
      #expect(try await eventually { try await intake.get(path(won)).string("status") == "confirmed" })
      let confirmed = try await intake.get(path(won))
      #expect(confirmed.string("sale") == "double11")
      #expect(confirmed.string("sku") == "phone")
      #expect(confirmed.int("quantity") == 1)
      #expect(confirmed.json("reason") == nil)
      #expect(confirmed.string("accepted_at").flatMap(Timestamp.init(rfc3339:)) != nil)
      #expect(confirmed.string("decided_at").flatMap(Timestamp.init(rfc3339:)) != nil)
      #expect(try await eventually { try await intake.get(path(lost), buyer: "bob").string("status") == "rejected" })
      #expect(try await intake.get(path(lost), buyer: "bob").string("reason") == "sold_out")
      // Without the ticket it is found by its id, and by its buyer alone.
      let location = try #require(won.headers["location"])
      #expect(try await intake.get(location).string("status") == "confirmed")
      let stranger = try await intake.get(location, buyer: "bob")
      #expect(stranger.status == 404)
      #expect(stranger.code == "order_not_found")
      #expect(try await intake.get(location, buyer: nil).status == 401)
    }
  }

  @Test func `a ticket of another order, another buyer or of nobody is refused`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      let mine = try await intake.order(buyer: "alice")
      let other = try await intake.order(buyer: "alice")
      let ticket = try #require(mine.string("ticket"))
      let location = try #require(mine.headers["location"])
      let stranger = try await intake.get(path(mine), buyer: "bob")
      #expect(stranger.status == 403)
      #expect(stranger.code == "bad_ticket")
      let elsewhere = try #require(other.headers["location"])
      #expect(try await intake.get("\(elsewhere)?ticket=\(ticket)").code == "bad_ticket")
      for forged in ["", "x", "%00", String(ticket.dropLast()) + "A" + "A", String(repeating: "A", count: 59)] {
        #expect(try await intake.get("\(location)?ticket=\(forged)").code == "bad_ticket", "\(forged)")
      }
    }
  }

  @Test func `a quarantined record is told as such, and a record that is nowhere as unknown`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      let bad = try await intake.order(buyer: "alice")
      let lost = try await intake.order(buyer: "bob")
      let connection = try await intake.database.connect()
      _ = try await connection.query(
        "INSERT INTO quarantined_records (topic, partition, log_offset, error) VALUES ($1, 0, 0, 'a test')",
        RunningIntake.topic)
      await connection.close()
      try await intake.decideUp(to: 2)
      #expect(try await eventually { try await intake.get(path(bad)).string("status") == "quarantined" })
      let unknown = try await intake.get(path(lost), buyer: "bob")
      #expect(unknown.status == 503)
      #expect(unknown.code == "outcome_unknown")
      #expect(unknown.string("order_id") == lost.string("order_id"))
    }
  }

  @Test func `an order that a restored database has yet to decide again is in line, not unknown`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      let first = try await intake.order(buyer: "alice")
      let order = try await intake.order(buyer: "bob")
      try await decide(intake, try #require(order.string("order_id")), at: 1, outcome: 0, buyer: "bob")
      try await intake.decideUp(to: 2)
      #expect(try await eventually { try await intake.get(path(order), buyer: "bob").string("status") == "confirmed" })
      // As it was before the first record. Nobody signals that.
      let connection = try await intake.database.connect()
      for statement: Statement in ["DELETE FROM orders", "UPDATE partition_progress SET next_offset = 0"] {
        _ = try await connection.query(statement)
      }
      await connection.close()
      #expect(try await eventually { try await intake.get(path(order), buyer: "bob").int("position") == 1 })
      #expect(try await intake.get(path(first)).int("position") == 0)
      try await decide(intake, try #require(order.string("order_id")), at: 1, outcome: 0, buyer: "bob")
      try await intake.decideUp(to: 2)
      #expect(try await eventually { try await intake.get(path(order), buyer: "bob").string("status") == "confirmed" })
    }
  }

  @Test func `many look-ups at once find each its own order`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      var ids: [String] = []
      for index in 0..<60 {
        let number = try #require(try await intake.store.sales().first).number
        let key = try IdempotencyKey(validating: "k\(index)")
        let buyer = try BuyerID(validating: "b\(index)")
        let id = OrderID(sale: number, buyer: buyer, key: key).description
        if index % 3 != 0 {
          try await decide(intake, id, at: Int64(index), outcome: Int16(index % 6), buyer: "b\(index)")
        }
        ids.append(id)
      }
      let found = ids
      try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0..<60 {
          group.addTask {
            let answer = try await intake.get("/v1/orders/\(found[index])", buyer: "b\(index)")
            #expect(answer.status == (index % 3 == 0 ? 404 : 200))
            #expect(answer.string("order_id") == (index % 3 == 0 ? nil : found[index]))
          }
        }
        try await group.waitForAll()
      }
    }
  }
}
