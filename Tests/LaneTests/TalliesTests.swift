import FlashSale
import Testing
import Time

@testable import Lane

@Suite struct TalliesTests {
  @Test func `each request counts for its sale, whatever stands between two of one sale`() throws {
    var effects = Effects()
    for (offset, number) in [1, 1, 2, 1, 3, 3, 2].enumerated() {
      let sale = SaleNumber(rawValue: Int32(number))
      let request = try PurchaseRequest(
        order: OrderID(randomFor: sale), stock: StockKey(sale: sale, sku: SKU(validating: "phone")),
        buyer: BuyerID(validating: "buyer"), quantity: Units(1), acceptedAt: Timestamp(microseconds: 0))
      effects.decide(request, at: Offset(Int64(offset)), .confirmed)
    }
    effects.repeated(SaleNumber(rawValue: 2))
    let tallies = Tallies(effects, [])
    #expect(tallies.bySale.mapValues(\.requests) == [1: 3, 2: 3, 3: 2].asSales)
    #expect(tallies.bySale.mapValues(\.repeats) == [1: 0, 2: 1, 3: 0].asSales)
    #expect(Tallies(Effects(), []).bySale.isEmpty)
  }
}

extension [Int32: Int64] {
  fileprivate var asSales: [SaleNumber: Int64] {
    [SaleNumber: Int64](uniqueKeysWithValues: map { (SaleNumber(rawValue: $0.key), $0.value) })
  }
}
