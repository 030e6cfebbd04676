import FlashSale
import Foundation
import Intake
import SaleStore
import TestSupport
import Testing
import Time

struct AcceptanceTests {
  private let phone = #"{"sku":"phone","quantity":1}"#

  @Test func `I3 a 202 names its order, its place in the log and where to ask, and the log has it`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      let answer = try await intake.order(
        #"{"quantity":2,"sku":"\u0070hone"}"#, key: "k1", type: "application/json; charset=utf-8")
      #expect(answer.status == 202)
      let id = try #require(answer.string("order_id"))
      #expect(answer.headers["location"] == "/v1/orders/\(id)")
      #expect(answer.headers["content-type"] == "application/json")
      #expect(answer.headers["date"]?.hasSuffix(" GMT") == true)
      #expect(answer.string("status") == "queued")
      #expect(answer.int("position") == 0)
      #expect(answer.json("eta_ms") is NSNull)
      #expect(answer.json("likely_sold_out") == nil)
      let order = try #require(OrderID(id))
      let buyer = try BuyerID(validating: "alice")
      let signer = try TicketSigner(secrets: [RunningIntake.secret])
      let text = try #require(answer.string("ticket"))
      let ticket = try #require(signer.verify(text, order: order, buyer: buyer))
      #expect(ticket.position == LogPosition(partition: Partition(0), offset: Offset(0)))
      guard case .place(let request) = try await intake.records().first else {
        Issue.record("the log has no order")
        return
      }
      #expect(request.order == order)
      #expect(request.buyer == buyer)
      #expect(request.quantity == Units(2))
      let age = Date().timeIntervalSince1970 - Double(request.acceptedAt.microseconds) / 1e6
      #expect((0..<60).contains(age))
    }
  }

  @Test func `the line is told: how many are ahead, how long it takes, and when it is longer than the stock`()
    async throws
  {
    try await RunningIntake.with(sales: [try .open(stock: 3)]) { intake in
      for place in 0..<5 {
        let answer = try await intake.order(buyer: "b\(place)")
        #expect(answer.int("position") == place)
        #expect((answer.json("likely_sold_out") as? Bool) == (place >= 3 ? true : nil))
      }
      try await intake.decideUp(to: 2)
      #expect(
        try await eventually {
          let answer = try await intake.order()
          return answer.int("position").map { $0 >= 3 } == true && answer.int("eta_ms") != nil
        })
    }
  }

  @Test func `I8 the same key is the same order, over two intakes and however often`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { first in
      try await first.withSibling { second in
        let ids = try await withThrowingTaskGroup(of: String?.self) { group in
          for index in 0..<40 {
            group.addTask { try await (index % 2 == 0 ? first : second).order(key: "same").string("order_id") }
          }
          return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
        }
        #expect(ids.count == 1)
        #expect(ids.first != .some(nil))
        let orders = try await first.records().map { record -> OrderID? in
          guard case .place(let request) = record else { return nil }
          return request.order
        }
        #expect(orders.count == 40)
        #expect(Set(orders).count == 1)
        let other = try await first.order(buyer: "bob", key: "same")
        #expect(!ids.contains(other.string("order_id")))
      }
    }
  }

  @Test func `without a key each request is an order of its own`() async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      let first = try await intake.order().string("order_id")
      let second = try await intake.order().string("order_id")
      #expect(first != nil)
      #expect(first != second)
    }
  }

  @Test func `I2 only committed stock of nothing turns a buyer away`() async throws {
    try await RunningIntake.with(sales: [try .open(stock: 5)]) { intake in
      let stored = try await intake.store.sale(SaleID(validating: "double11"))
      let sale = try #require(stored)
      let key = StockKey(sale: sale.number, sku: try SKU(validating: "phone"))
      try await intake.decideUp(to: 0, stock: [key: Units(1)])
      let path = "/v1/sales/double11"
      #expect(try await eventually { try await intake.get(path).text.contains("\"left\":1,") })
      // Two are asked for and one is left: the lane decides, because another buyer may want one.
      #expect(try await intake.order(#"{"sku":"phone","quantity":2}"#).status == 202)
      try await intake.decideUp(to: 0, stock: [key: .zero])
      #expect(try await eventually { try await intake.get(path).text.contains("\"left\":0,") })
      let before = try await intake.records().count
      let refused = try await intake.order(key: "k")
      #expect(refused.status == 409)
      #expect(refused.code == "sold_out")
      // An earlier try with this key may have gone through: its id tells where to look.
      #expect(refused.string("order_id").flatMap(OrderID.init) != nil)
      #expect(try await intake.records().count == before)
      // And what comes back is sold again.
      try await intake.decideUp(to: 0, stock: [key: Units(1)])
      #expect(try await eventually { try await intake.order().status == 202 })
    }
  }

  @Test func `a sale that is created while intake runs can be ordered from`() async throws {
    try await RunningIntake.with(sales: []) { intake in
      #expect(try await intake.order().status == 404)
      _ = try await intake.store.create(try .open())
      #expect(try await eventually { try await intake.order().status == 202 })
    }
  }

  @Test func `sales are shown with their window, price and what is about left`() async throws {
    let open = try Sale.open()
    let next = try Sale.window("next", from: 600, to: 1_200)
    try await RunningIntake.with(sales: [open, next]) { intake in
      let list = try await intake.get("/v1/sales", buyer: nil)
      let sales = try #require(list.json("sales") as? [[String: Any]])
      #expect(sales.map { $0["id"] as? String } == ["next", "double11"])
      #expect(sales.map { $0["status"] as? String } == ["upcoming", "open"])
      let shown = try await intake.get("/v1/sales/double11", buyer: nil)
      #expect(shown.string("name") == open.name)
      #expect(shown.string("starts_at") == open.startsAt.description)
      #expect(shown.string("ends_at") == open.endsAt.description)
      #expect(shown.int("per_buyer_limit") == 2)
      #expect(shown.string("server_time").flatMap(Timestamp.init(rfc3339:)) != nil)
      let item = try #require((shown.json("items") as? [[String: Any]])?.first)
      #expect(item["sku"] as? String == "phone")
      #expect(item["stock"] as? Int == 1_000)
      #expect(item["left"] as? Int == 1_000)
      #expect(item["left_is_approximate"] as? Bool == true)
      #expect(item["price_minor"] as? Int == 199_900)
      #expect(item["currency"] as? String == "CNY")
    }
  }
}

extension AcceptanceTests {
  @Test(arguments: [
    "/v1/sales/double11/orders", "/v1/s%61les/double%31%31/orders", "http://shop/v1/sales/double11/orders",
  ])
  func `an order is the same in every form in which HTTP can say it`(_ target: String) async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      let body = #"{"sku":"phone","quantity":1}"#
      let fields = "Host: test\r\nX-Buyer-Id: \t alice \r\nIdempotency-Key:k \t\r\nContent-Type: application/json \r\n"
      let orders = [
        "POST \(target) HTTP/1.1\r\n\(fields)Content-Length: 28\r\n\r\n\(body)",
        "POST \(target) HTTP/1.0\r\n\(fields)Content-Length: 28 \r\n\r\n\(body)",
        "POST \(target) HTTP/1.1\r\n\(fields)Transfer-Encoding: chunked\r\n\r\n1c\r\n\(body)\r\n0\r\n\r\n",
        "POST \(target) HTTP/1.1\r\n\(fields)Upgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: 28\r\n\r\n\(body)",
      ]
      var ids: Set<String> = []
      for order in orders {
        let answer = try await intake.send(order)
        #expect(answer.status == 202, "\(order)\n\(answer.text)")
        #expect(answer.headers["location"] == answer.string("order_id").map { "/v1/orders/\($0)" })
        ids.insert(answer.string("order_id") ?? "")
      }
      #expect(ids.count == 1)
    }
  }
}
