import FlashSale
import Foundation
import Intake
import Kafka
import Postgres
import SaleStore
import TestSupport
import Testing

/// Whoever has won and asks again hears so (I2, I8).
struct RepeatedOrderTests {

  /// A buyer wins the order with key `k`, and then nothing is left.
  private func sellOut(_ intake: RunningIntake) async throws -> OrderID {
    let accepted = try await intake.order(key: "k")
    let order = try #require(accepted.string("order_id").flatMap(OrderID.init))
    try await intake.win([order], buyers: ["alice"])
    try await intake.decideUp(to: 1, stock: [intake.phone(order.sale): .zero])
    try await intake.waitUntilGone()
    return order
  }

  @Test func `I2 a winner whose 202 was lost hears at every intake that she won, also when nothing is left`()
    async throws
  {
    try await RunningIntake.with(sales: [try .open(stock: 1)]) { intake in
      try await intake.withSibling { sibling in
        let order = try await sellOut(intake)
        let status = try await intake.get("/v1/orders/\(order)")
        try await sibling.waitUntilGone()
        for place in [intake, sibling] {
          let again = try await place.order(key: "k")
          #expect(again.status == 200, "\(again.text) \(place.service.status.reasons)")
          #expect(again.string("status") == "confirmed")
          #expect(again.body == status.body)
          #expect(again.headers["cache-control"] == "no-store")
        }
        // One that was not there when it was sold.
        try await intake.withSibling { fresh in
          let first = try await fresh.order(key: "k")
          #expect(first.string("status") == "confirmed", "\(first.text)")
          #expect(try await fresh.order(buyer: "bob", key: "k").code == "sold_out")
        }
        #expect(try await intake.records().count == 1)
      }
    }
  }

  @Test func `I2 a request of another form hears it too, and the connection goes on`() async throws {
    try await RunningIntake.with(sales: [try .open(stock: 1)]) { intake in
      _ = try await sellOut(intake)
      let client = try await intake.connect()
      let body = #"{"sku":"phone","quantity":1}"#
      func request(_ key: String) -> String {
        "POST /v1/sales/double11/orders HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nX-Buyer-Id: alice\r\n"
          + "Idempotency-Key: \(key)\r\nTransfer-Encoding: chunked\r\n\r\n1c\r\n\(body)\r\n0\r\n\r\n"
      }
      // Sent ahead, and answered in their order.
      try await client.send(request("k") + request("other") + request("k"))
      #expect(try await client.answer().string("status") == "confirmed")
      #expect(try await client.answer().code == "sold_out")
      #expect(try await client.answer().string("status") == "confirmed")
    }
  }

  @Test func `I12 with PostgreSQL away a winner hears that it is not known, and the others are refused from memory`()
    async throws
  {
    try await RunningIntake.with(sales: [try .open(stock: 1)]) { intake in
      let order = try await sellOut(intake)
      let blockade = try await Blockade(of: intake.database)
      for attempt in 0..<20 {
        let unknown = try await intake.order(key: "k")
        #expect(unknown.status == 503, "\(unknown.text)")
        #expect(unknown.code == "outcome_unknown")
        #expect(unknown.string("order_id") == order.description)
        #expect(unknown.headers["retry-after"] != nil)
        // The store could not be asked, and need not be.
        #expect(try await intake.order(buyer: "bob", key: "k\(attempt)").code == "sold_out")
      }
      try await blockade.end()
      #expect(try await eventually { try await intake.order(key: "k").string("status") == "confirmed" })
    }
  }

  @Test func `I2 what is sold out while PostgreSQL is away is not told before its winners are known`() async throws {
    try await RunningIntake.with(sales: [try .open(stock: 1)]) { intake in
      let order = try #require(try await intake.order(key: "k").string("order_id").flatMap(OrderID.init))
      try await intake.holdingOrders(andWinning: order) {
        // Past the log's end, so that an empty line shows that the signal came.
        try await intake.decideUp(to: 1_000, stock: [intake.phone(order.sale): .zero])
        #expect(try await eventually { try await intake.order(buyer: "carol").int("position") == 0 })
        #expect(try await intake.order(buyer: "bob", key: "k").status == 202)
        #expect(try await intake.order(key: "k").status == 202)
      }
      #expect(try await eventually { try await intake.order(buyer: "bob", key: "k").code == "sold_out" })
      #expect(try await intake.order(key: "k").string("status") == "confirmed")
    }
  }

  @Test func `while units are left a winner who asks again is answered without another record`() async throws {
    try await RunningIntake.with(sales: [try .open(stock: 5)]) { intake in
      let order = try #require(try await intake.order(key: "k").string("order_id").flatMap(OrderID.init))
      try await intake.win([order], buyers: ["alice"])
      try await intake.decideUp(to: 1)
      #expect(try await eventually { try await intake.order(key: "k").status == 200 })
      let records = try await intake.records().count
      #expect(try await intake.order(key: "k").string("status") == "confirmed")
      #expect(try await intake.order(key: "another").status == 202)
      #expect(try await intake.records().count == records + 1)
      // A store that has lost the order: the log decides it again.
      try await intake.forget(order)
      #expect(try await intake.order(key: "k").status == 202)
    }
  }

  @Test func `I8 a key that another purchase has is refused with that one's order, and quoted it is the same key`()
    async throws
  {
    try await RunningIntake.with(sales: [try .open(stock: 5)]) { intake in
      let order = try #require(try await intake.order(key: #""k""#).string("order_id").flatMap(OrderID.init))
      #expect(try await intake.order(key: "k").string("order_id") == order.description)
      try await intake.win([order], buyers: ["alice"])
      try await intake.decideUp(to: 2)
      #expect(try await eventually { try await intake.order(key: "k").status == 200 })
      let body = #"{"sku":"phone","quantity":2}"#
      for key in ["k", #""k""#] {
        let other = try await intake.order(body, key: key)
        #expect(other.status == 422, "\(other.text)")
        #expect(other.code == "idempotency_conflict")
        #expect(other.string("order_id") == order.description)
      }
      #expect(try await intake.order(key: "k").string("status") == "confirmed")
      #expect(try await intake.order(body, buyer: "bob", key: "k").status == 202)
    }
  }

  @Test func `I8 a key that comes again with another purchase is refused while the first one is in line`() async throws
  {
    try await RunningIntake.with(sales: [try .open(stock: 5)]) { intake in
      let order = try #require(try await intake.order(key: "k").string("order_id").flatMap(OrderID.init))
      let other = try await intake.order(#"{"sku":"phone","quantity":2}"#, key: "k")
      // One in 65,536 is not noticed.
      #expect(other.code == "idempotency_conflict" && other.string("order_id") == order.description, "\(other.text)")
      let again = try await intake.order(#"{"quantity":1, "sku":"phone"}"#, key: "k")
      #expect(again.status == 202 && again.string("order_id") == order.description)
      // Another intake does not know it, and the lane takes it for a repeat.
      try await intake.withSibling { sibling in
        let there = try await sibling.order(#"{"sku":"phone","quantity":2}"#, key: "k")
        #expect(there.status == 202 && there.string("order_id") == order.description)
      }
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `I2 after a sale's end a repeated order is taken until the line of before is decided, then it is ended`()
    async throws
  {
    try await RunningIntake.with(sales: [try .open()]) {
      $0.configure = { $0.acknowledgementDeadline = .seconds(1) }
      $0.tuning.messageTimeout = .seconds(2)
    } _: { intake in
      let first = try await intake.order(key: "k")
      #expect(first.status == 202, "\(first.text)")
      let order = try #require(first.string("order_id").flatMap(OrderID.init))
      try await intake.endSale()
      #expect(try await eventually { try await intake.get("/v1/sales/double11").string("status") == "ended" })
      #expect(try await intake.order(buyer: "bob").code == "ended")
      // It stands in line, so she may win.
      let again = try await intake.order(key: "k")
      #expect(again.status == 202)
      #expect(again.string("order_id") == order.description)
      try await intake.win([order], buyers: ["alice"])
      var attempt = 0
      let refused = try await eventually(within: .seconds(20)) {
        attempt += 1
        try await intake.decideUp(to: Int64(try await intake.records().count))
        return try await intake.order(buyer: "bob", key: "k\(attempt)").code == "ended"
      }
      #expect(refused)
      #expect(try await intake.order(key: "k").string("status") == "confirmed")
      try await intake.withSibling { fresh in
        let first = try await fresh.order(key: "k")
        #expect(first.string("status") == "confirmed", "\(first.text)")
      }
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `I2 who waits and asks again after the end is in line until that is decided, and hears of an offer of then`()
    async throws
  {
    let holds = try HoldRules(seconds: 60, waitlist: WaitlistRules(offerSeconds: 60, leastSeconds: 1))
    try await RunningIntake.with(sales: [try .open(stock: 1, holds: holds)]) {
      $0.configure = { $0.acknowledgementDeadline = .seconds(1) }
      $0.tuning.messageTimeout = .seconds(2)
    } _: { intake in
      let waiting = #"{"sku":"phone","quantity":1,"waitlist":true}"#
      let first = try await intake.order(waiting, key: "k")
      let order = try #require(first.string("order_id").flatMap(OrderID.init), "\(first.text)")
      try await intake.setStock(left: 0, reserved: 1)
      try await intake.waitUntilGone()
      try await intake.endSale()
      #expect(try await eventually { try await intake.get("/v1/sales/double11").string("status") == "ended" })
      #expect(try await intake.order(waiting, key: "k").status == 202)
      // What was in line has released the unit, and left as much as before.
      try await intake.offer(order, to: "alice")
      var attempt = 0
      let refused = try await eventually(within: .seconds(20)) {
        attempt += 1
        try await intake.decideUp(to: Int64(try await intake.records().count))
        return try await intake.order(waiting, buyer: "bob", key: "k\(attempt)").code == "ended"
      }
      #expect(refused)
      let again = try await intake.order(waiting, key: "k")
      #expect(again.status == 200 && again.string("status") == "reserved", "\(again.text)")
    }
  }

  @Test func `I2 of a closed sale a repeated order hears its outcome, and until the lane has closed it nothing else`()
    async throws
  {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      let order = try #require(try await intake.order(key: "k").string("order_id").flatMap(OrderID.init))
      _ = try await intake.store.markClosed(SaleID(validating: "double11"))
      #expect(try await eventually { try await intake.get("/v1/sales/double11").string("status") == "closed" })
      #expect(try await intake.order(buyer: "bob").code == "ended")
      let inLine = try await intake.order(key: "k")
      #expect(inLine.status == 503)
      #expect(inLine.code == "outcome_unknown")
      #expect(inLine.string("order_id") == order.description)
      try await intake.win([order], buyers: ["alice"])
      #expect(try await eventually { try await intake.order(key: "k").string("status") == "confirmed" })
      try await intake.decideUp(to: 2, stock: [intake.phone(order.sale): Units(999)], isClosed: true)
      #expect(try await eventually { try await intake.order(buyer: "bob", key: "k").code == "ended" })
      #expect(try await intake.order(key: "k").string("status") == "confirmed")
      #expect(try await intake.records().count == 1)
    }
  }

  @Test func `I2 of a sale that has sold more than is kept in memory repeated orders are looked up`() async throws {
    try await RunningIntake.with(sales: [try .open(stock: 900_000_000)]) { intake in
      let order = try #require(try await intake.order(key: "k").string("order_id").flatMap(OrderID.init))
      let connection = try await intake.database.connect()
      _ = try await connection.query("UPDATE stock SET units_left = 0")
      await connection.close()
      #expect(try await eventually { try await intake.order(buyer: "bob", key: "k").code == "sold_out" })
      try await intake.win([order], buyers: ["alice"])
      #expect(try await intake.order(key: "k").string("status") == "confirmed")
      let blockade = try await Blockade(of: intake.database)
      for buyer in ["alice", "bob"] {
        let unknown = try await intake.order(buyer: buyer, key: "k")
        #expect(unknown.code == "outcome_unknown", "\(unknown.text)")
      }
      try await blockade.end()
      #expect(try await eventually { try await intake.order(key: "k").string("order_id") == order.description })
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `I2 10,000 winners who ask again in the middle of a crowd all hear that they won`() async throws {
    let winners = 10_000
    try await RunningIntake.with(sales: [try .open(stock: Int32(winners))]) { intake in
      let sale = try #require(try await intake.store.sales().first).number
      let buyers = (0..<winners).map { "w\($0)" }
      let key = try IdempotencyKey(validating: "k")
      try await intake.win(
        buyers.map { OrderID(sale: sale, buyer: BuyerID(unchecked: $0), key: key) }, buyers: buyers)
      try await intake.decideUp(to: Int64(winners), stock: [intake.phone(sale): .zero])
      try await intake.waitUntilGone()
      let answers = try await withThrowingTaskGroup(of: [String: Int].self) { group in
        for connection in 0..<200 {
          group.addTask {
            let client = try await intake.connect()
            defer { client.close() }
            let names = buyers[(connection * 50)...].prefix(50).flatMap { [$0, "l\($0)"] }
            try await client.send(names.map { RunningIntake.orderRequest(buyer: $0, key: "k") }.joined())
            var words: [String: Int] = [:]
            for name in names {
              let answer = try await client.answer()
              words["\(name.prefix(1)) \(answer.string("status") ?? answer.code ?? "")", default: 0] += 1
            }
            return words
          }
        }
        return try await group.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
      }
      #expect(answers == ["w confirmed": winners, "l sold_out": winners])
    }
  }
}

extension RunningIntake {
  /// The stock of the sale's SKU `phone`.
  func phone(_ sale: SaleNumber) -> StockKey { StockKey(sale: sale, sku: SKU(unchecked: "phone")) }

  /// Writes confirmed orders as a lane does, at the offsets from 0.
  func win(_ orders: [OrderID], buyers: [String]) async throws {
    let connection = try await database.connect()
    _ = try await connection.query(
      """
      INSERT INTO orders (order_id, log_offset, accepted_at, decided_at, sale, quantity, partition, outcome, sku, buyer)
      SELECT won.id, won.place - 1, now() - interval '1 second', now(), $3, 1, 0, 0, 'phone', won.buyer
      FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS won (id, buyer, place)
      """,
      orders.map { UUIDBytes(high: $0.high, low: $0.low) }, buyers, orders[0].sale.rawValue)
    await connection.close()
  }

  /// Gives a unit to an order that has waited, as a lane does by the record behind the order's.
  fileprivate func offer(_ order: OrderID, to buyer: String) async throws {
    let connection = try await database.connect()
    for rows in [
      """
      INSERT INTO orders (order_id, log_offset, accepted_at, decided_at, sale, quantity, partition, outcome, sku, buyer)
      VALUES ($1, 0, now(), now(), $2, 1, 0, 100, 'phone', $3)
      """,
      """
      INSERT INTO holds (order_id, log_offset, due, price_minor, as_of, sale, partition, units, sequence, state,
        is_offer, sku, currency, buyer)
      VALUES ($1, 0, now() + interval '1 minute', 199900, 2, $2, 0, 1, 2, 2, true, 'phone', 'CNY', $3)
      """,
      """
      INSERT INTO history (order_id, log_offset, at, minor, partition, sale, units, sequence, place, action, result,
        state, sku, by_whom, reason)
      SELECT $1, 1, now(), 0, 0, $2, 0, 2, 0, 8, 0, 2, 'phone', 'scheduler', '' WHERE $3 <> ''
      """,
    ] as [Statement] {
      _ = try await connection.query(rows, UUIDBytes(high: order.high, low: order.low), order.sale.rawValue, buyer)
    }
    await connection.close()
  }

  /// Waits until the intake tells that nothing is left.
  fileprivate func waitUntilGone() async throws {
    #expect(try await eventually { try await get("/v1/sales/double11").text.contains("\"left\":0,") })
  }

  /// Lets the sale end now, rather than at a time that a slow machine may miss.
  fileprivate func endSale() async throws {
    let connection = try await database.connect()
    _ = try await connection.query("UPDATE sales SET ends_at = now()")
    await connection.close()
  }

  fileprivate func forget(_ order: OrderID) async throws {
    let connection = try await database.connect()
    _ = try await connection.query(
      "DELETE FROM orders WHERE order_id = $1", UUIDBytes(high: order.high, low: order.low))
    await connection.close()
  }

  /// Runs `body` while nobody can read the orders, one of which has just won, and everything else can be read.
  fileprivate func holdingOrders(andWinning order: OrderID, _ body: () async throws -> Void) async throws {
    let connection = try await database.connect()
    _ = try await connection.query("ALTER TABLE orders RENAME TO orders_away")
    _ = try await connection.query(
      """
      INSERT INTO orders_away
        (order_id, log_offset, accepted_at, decided_at, sale, quantity, partition, outcome, sku, buyer)
      VALUES ($1, 0, now() - interval '1 second', now(), $2, 1, 0, 0, 'phone', 'alice')
      """, UUIDBytes(high: order.high, low: order.low), order.sale.rawValue)
    try await body()
    _ = try await connection.query("ALTER TABLE orders_away RENAME TO orders")
    await connection.close()
  }
}
