import FlashSale
import Foundation
import TestSupport
import Testing

/// I11: what is told about sales is bounded, however many there are and whoever asks.
struct SaleListTests {
  private func ids(_ answer: RawClient.Answer) -> [String] {
    (answer.json("sales") as? [[String: Any]])?.compactMap { $0["id"] as? String } ?? []
  }

  @Test func `the list has the sales that matter, in pages, the newest first`() async throws {
    let current = try (0..<60).map { try Sale.open("sale-\($0)") }
    let past = try Sale.window("past", from: -9_000, to: -7_200)
    let justOver = try Sale.window("just-over", from: -9_000, to: -60)
    let future = try Sale.window("future", from: 600, to: 1_200)
    try await RunningIntake.with(sales: [past, justOver, future] + current) { intake in
      let first = try await intake.get("/v1/sales")
      #expect(ids(first) == (10..<60).reversed().map { "sale-\($0)" })
      let next = try #require(first.int("next"))
      let second = try await intake.get("/v1/sales?cursor=\(next)")
      #expect(ids(second) == (0..<10).reversed().map { "sale-\($0)" } + ["future", "just-over"])
      #expect(second.json("next") is NSNull)
      // What was over long ago is found by its id.
      #expect(try await intake.get("/v1/sales/past").string("status") == "ended")
    }
  }

  @Test func `a page has a bounded number of items, and at least one sale`() async throws {
    func large(_ id: String, items: Int) throws -> Sale {
      let sale = try Sale.open(id)
      return try Sale(
        id: sale.id, name: sale.name, startsAt: sale.startsAt, endsAt: sale.endsAt, perBuyerLimit: nil,
        items: (0..<items).map {
          try SaleItem(sku: SKU(validating: "sku-\($0)"), stock: Units(10), price: Price(minor: 1, currency: "CNY"))
        })
    }
    let sales = [try large("c", items: 400), try large("b", items: 700), try large("a", items: 1_000)]
    try await RunningIntake.with(sales: sales) { intake in
      var pages: [[String]] = []
      var path = "/v1/sales"
      while pages.count < 5 {
        let page = try await intake.get(path)
        #expect(page.body.count < 200_000)
        pages.append(ids(page))
        guard let next = page.int("next") else { break }
        path = "/v1/sales?cursor=\(next)"
      }
      #expect(pages == [["a"], ["b"], ["c"]])
    }
  }

  @Test(arguments: ["", "0", "-1", "x", "99999999999", "1.5", "%2B1", "01"])
  func `a cursor that no page gave is refused`(_ cursor: String) async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      let answer = try await intake.get("/v1/sales?cursor=\(cursor)")
      #expect(answer.status == 400)
      #expect(answer.code == "invalid_parameter")
      #expect(answer.string("field") == "cursor")
    }
  }
}
