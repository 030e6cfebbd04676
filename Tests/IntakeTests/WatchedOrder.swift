import FlashSale
import Postgres
import SaleStore
import TestSupport
import Testing

/// An order that was accepted, and what a test does to it.
struct WatchedOrder {
  let intake: RunningIntake
  let buyer: String
  let id: String
  let location: String
  let ticket: String
  let offset: Int64

  /// Places an order.
  init(_ intake: RunningIntake, buyer: String = "alice", at offset: Int64 = 0) async throws {
    let accepted = try await intake.order(buyer: buyer)
    self.intake = intake
    self.buyer = buyer
    self.offset = offset
    id = try #require(accepted.string("order_id"))
    location = try #require(accepted.headers["location"])
    ticket = try #require(accepted.string("ticket"))
  }

  /// Writes its row as a lane does, without progress.
  func decide(outcome: Int16 = 0) async throws {
    let order = try #require(OrderID(id))
    let connection = try await intake.database.connect()
    _ = try await connection.query(
      """
      INSERT INTO orders (order_id, log_offset, accepted_at, decided_at, sale, quantity, partition, outcome, sku, buyer)
      VALUES ($1, $2, now(), now(), $3, 1, 0, $4, 'phone', $5)
      """, UUIDBytes(high: order.high, low: order.low), offset, order.sale.rawValue, outcome, buyer)
    await connection.close()
  }

  func path(_ wait: String) -> String { "\(location)?ticket=\(ticket)&wait=\(wait)" }

  var events: String { "\(location)/events?ticket=\(ticket)" }

  /// Asks for it on a connection of its own, and reads the answer's head.
  func watch(
    _ path: String, fields: String = "", version: String = "HTTP/1.1"
  ) async throws -> (RawClient, RawClient.Answer) {
    let client = try await intake.connect()
    try await client.send("GET \(path) \(version)\r\nHost: test\r\nX-Buyer-Id: \(buyer)\r\n\(fields)\r\n")
    return (client, try await client.answer())
  }
}
