import FlashSale
import Testing
import Time

@testable import Lane

@Suite struct WrittenBatchTests {
  private static let sale = SaleNumber(rawValue: 7)

  enum Counted: CaseIterable {
    case nothing, units, lapses
  }

  /// I9: the lane remembers who won, or the next batch would not ask what they hold.
  @Test(arguments: Counted.allCases)
  func `winners are kept wherever a sale counts what a buyer holds`(counted: Counted) throws {
    let key = StockKey(sale: Self.sale, sku: try SKU(validating: "phone"))
    let (winner, loser) = (try BuyerID(validating: "winner"), try BuyerID(validating: "loser"))
    var effects = Effects()
    for (offset, buyer) in [winner, loser].enumerated() {
      let request = try PurchaseRequest(
        order: OrderID(randomFor: Self.sale), stock: key, buyer: buyer, quantity: Units(1),
        acceptedAt: Timestamp(microseconds: 1))
      effects.decide(request, at: Offset(Int64(offset)), offset == 0 ? .confirmed : .rejected(.soldOut))
    }
    let lapses = try HoldRules(seconds: 60, lapses: 2)
    let rules = SaleRules(
      startsAt: Timestamp(microseconds: 0), endsAt: Timestamp(microseconds: 9),
      perBuyerLimit: counted == .units ? Units(1) : nil,
      holds: counted == .lapses ? lapses : nil)
    let level = LaneStock.Level(
      StockLevel(left: .zero, isClosed: false, asOf: Offset(2)), putUp: Units(1),
      price: try Price(minor: 100, currency: "CNY"), rules: rules)
    let batch = WrittenBatch(
      records: 2, effects: effects, levels: [key: level], waitlists: [:], holders: [:],
      subjects: [:], generations: [:], rows: [(SaleGeneration(Self.sale, .first), rows: 2)])
    #expect(batch.winners.map(\.buyer) == (counted == .nothing ? [] : [winner]))
  }
}
