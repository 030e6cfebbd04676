import FlashSale
import Foundation
import Postgres
import TestSupport

extension Row {
  static let clientRows = [clientGone]

  private static let gone = 400

  private static let clientGone = Row(
    name: "client-gone", fault: "clients disconnect between enqueue and answer: decided, and found by the key"
  ) { stage in
    let intake = try await stage.start("intake")
    _ = try await stage.start("worker")
    guard let door = intake.door else { throw TestSetUpError("the intake has no door") }
    let orders = (0..<gone).map {
      // Numbers of their own, far from the crowd's.
      Order(number: 100_000_000 + $0, sale: Goods.open, sku: "sku\(6 + $0 % 12)", buyer: "gone\($0)", quantity: 1)
    }
    try await stage.underLoad {
      await send(orders, to: door, stage)
      stage.inject(orders.count)
    }
    let decided = try await stage.ask { connection in
      try await connection.query("SELECT count(*) FROM orders WHERE buyer LIKE 'gone%'").single().int64(0)
    }
    if decided != Int64(gone) { stage.violated("\(decided) of \(gone) orders whose client left were decided") }
    try await findEach(orders, at: door, stage)
  }

  /// Sends each and closes the connection at once, on a thread where that may wait.
  private static func send(_ orders: [Order], to door: UInt16, _ stage: Stage) async {
    await withCheckedContinuation { continuation in
      Loopback.onThread("leaving") {
        for order in orders {
          stage.crowd.journal.intend(order)
          guard let line = HTTPLine(to: door, patience: Limits.answerSeconds) else { continue }
          _ = line.send(order.request(port: door))
        }
        continuation.resume()
      }
    }
  }

  /// Asks again with the same key: the answer names the order that was decided.
  private static func findEach(_ orders: [Order], at door: UInt16, _ stage: Stage) async throws {
    guard let http = URL(string: "http://127.0.0.1:\(door)") else { return }
    for order in orders.prefix(50) {
      let again = try await HTTP.order(
        at: http, sale: order.sale, sku: order.sku, quantity: order.quantity, buyer: order.buyer, key: order.key)
      // Undecided, it is accepted again, with a ticket; decided, its outcome is the answer.
      let ticket = again.json("ticket") as? String
      guard let id = again.json("order_id") as? String, (ticket == nil) == (again.status == 200) else {
        return stage.violated("\(order.key) could not be asked for again: \(again.status) \(again.text)")
      }
      stage.crowd.journal.accepted(order, id: id, ticket: ticket ?? "", sent: stage.crowd.journal.now)
      let status = try await HTTP.get(http.appending(path: "v1/orders/\(id)"), headers: ["X-Buyer-Id": order.buyer])
      if status.json("status") as? String != "confirmed" { stage.violated("\(order.key) is \(status.text)") }
    }
    try await stage.drain()
  }
}
