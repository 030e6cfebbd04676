import FlashSale
import Foundation
import SaleStore
import TestSupport
import Testing
import Time

/// Orders of several lines, at the door.
struct BasketTests {
  private func sale(
    ordering: Ordering = .sale, currencies: [String] = ["CNY", "CNY", "CNY"], queueCap: Int32? = nil
  ) throws -> Sale {
    let open = try Sale.open()
    var shaping = SaleShaping()
    shaping.queueCap = queueCap
    return try Sale(
      id: open.id, name: open.name, startsAt: open.startsAt, endsAt: open.endsAt, perBuyerLimit: nil,
      ordering: ordering, shaping: shaping,
      items: try zip(["phone", "case", "watch"], currencies).map { sku, currency in
        try SaleItem(sku: SKU(validating: sku), stock: Units(3), price: Price(minor: 100, currency: currency))
      })
  }

  private static let two = #"{"lines":[{"sku":"phone","quantity":2},{"sku":"case","quantity":1}]}"#

  @Test func `a basket is one record with all of its lines, under the sale's key`() async throws {
    try await RunningIntake.with(sales: [try sale()]) { intake in
      let answer = try await intake.order(Self.two, key: "k")
      #expect(answer.status == 202, "\(answer.text)")
      let one = try await intake.order(#"{"lines":[{"sku":"watch","quantity":1}]}"#)
      #expect(one.status == 202, "\(one.text)")
      let requests = try await intake.records().compactMap(\.request)
      #expect(requests.map { $0.lines.map { "\($0.sku) \($0.quantity)" } } == [["phone 2", "case 1"], ["watch 1"]])
      #expect(requests.map(\.isBasket) == [true, false] && requests[0].quantity == Units(3))
      // The same key for another basket is another purchase.
      let other = try await intake.order(
        #"{"lines":[{"sku":"phone","quantity":1},{"sku":"case","quantity":2}]}"#, key: "k")
      #expect(other.status == 422 && other.code == "idempotency_conflict", "\(other.text)")
      #expect(try await intake.order(Self.two, key: "k").status == 202)
    }
  }

  @Test(arguments: [
    (#"{"lines":[{"sku":"phone","quantity":1},{"sku":"phone","quantity":1}]}"#, 422, "invalid_field", "lines[1].sku"),
    (#"{"lines":[]}"#, 422, "invalid_field", "lines"),
    (
      #"{"lines":[{"sku":"phone","quantity":0},{"sku":"case","quantity":1}]}"#, 422, "invalid_field",
      "lines[0].quantity"
    ),
    (
      #"{"lines":[{"sku":"phone","quantity":1},{"sku":"case","quantity":9223372036854775808}]}"#, 422, "invalid_field",
      "lines[1].quantity"
    ),
    (#"{"lines":[{"sku":"phone","quantity":1},{"sku":"other","quantity":1}]}"#, 404, "unknown_sku", "lines[1].sku"),
    (#"{"lines":[{"sku":"other","quantity":1},{"sku":"case","quantity":1}]}"#, 404, "unknown_sku", "lines[0].sku"),
    (#"{"sku":"phone","quantity":1,"lines":[{"sku":"case","quantity":1}]}"#, 422, "invalid_field", "sku"),
    (#"{"lines":[{"sku":"phone","quantity":1,"price":1}]}"#, 400, "unknown_field", "lines[0].price"),
  ])
  func `a basket that makes no sense is refused by the name of its field, and not written`(
    _ body: String, _ status: Int, _ code: String, _ field: String
  ) async throws {
    try await RunningIntake.with(sales: [try sale()]) { intake in
      let answer = try await intake.order(body)
      #expect(answer.status == status && answer.code == code && answer.string("field") == field, "\(answer.text)")
      #expect(try await intake.records().isEmpty)
    }
  }

  @Test func `a sale that decides each SKU by itself says why it takes no basket, and takes one line`() async throws {
    try await RunningIntake.with(sales: [try sale(ordering: .sku)]) { intake in
      let answer = try await intake.order(Self.two)
      #expect(answer.status == 422 && answer.code == "invalid_field" && answer.string("field") == "lines")
      #expect(answer.string("detail")?.contains("its ordering is sku") == true, "\(answer.text)")
      #expect(try await intake.order(#"{"lines":[{"sku":"phone","quantity":1}]}"#).status == 202)
    }
  }

  @Test func `lines in two currencies are refused: an order is paid at once`() async throws {
    try await RunningIntake.with(sales: [try sale(currencies: ["CNY", "JPY", "CNY"])]) { intake in
      let answer = try await intake.order(Self.two)
      #expect(answer.status == 422 && answer.string("field") == "lines[1].sku", "\(answer.text)")
      #expect(answer.string("detail")?.contains("JPY") == true)
    }
  }

  @Test func `I2 a basket is turned away when one of its SKUs is sold out, and no order of another`() async throws {
    try await RunningIntake.with(sales: [try sale()]) { intake in
      let stored = try #require(try await intake.store.sale(SaleID(unchecked: "double11")))
      let key = StockKey(sale: stored.number, sku: SKU(unchecked: "case"))
      try await intake.decideUp(to: 0, stock: [key: .zero])
      #expect(try await eventually { try await intake.order(Self.two).code == "sold_out" })
      #expect(try await intake.order(Self.two).string("field") == "lines[1].sku")
      #expect(try await intake.order().status == 202)
    }
  }

  @Test func `each line counts in the line of its SKU`() async throws {
    try await RunningIntake.with(sales: [try sale(queueCap: 1)]) { intake in
      // Three cases are left, and so many may be in line; of the phones, two are then.
      #expect(
        try await intake.order(#"{"lines":[{"sku":"phone","quantity":2},{"sku":"case","quantity":3}]}"#).status == 202)
      let full = try await intake.order(#"{"lines":[{"sku":"phone","quantity":1},{"sku":"case","quantity":1}]}"#)
      #expect(full.status == 503 && full.code == "line_full", "\(full.text)")
      // What it was let into before the line that is full, it has left again.
      let last = try await intake.order(#"{"sku":"phone","quantity":1}"#)
      #expect(last.status == 202, "\(last.text)")
      #expect(try await intake.order(#"{"sku":"phone","quantity":1}"#).code == "line_full")
    }
  }

  @Test func `a basket hears that it has likely come too late for one of its lines`() async throws {
    try await RunningIntake.with(sales: [try sale()]) { intake in
      #expect(try await intake.order(#"{"sku":"case","quantity":3}"#).json("likely_sold_out") == nil)
      let late = try await intake.order(Self.two)
      #expect(late.status == 202 && late.json("likely_sold_out") as? Bool == true, "\(late.text)")
      #expect(try await intake.order(#"{"sku":"watch","quantity":1}"#).json("likely_sold_out") == nil)
    }
  }
}
