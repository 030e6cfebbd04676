import FlashSale
import Testing
import Time

@testable import Lane

@Suite struct OwnOrdersTests {
  private static let sale = SaleNumber(rawValue: 7)
  private let key = StockKey(sale: sale, sku: SKU(rawValue: "phone")!)
  private let ids = (0..<40).map { _ in OrderID(randomFor: sale) }

  @Test func `what a lane wrote is the whole generation if the store counts as many`() throws {
    var own = OwnOrders(tuning: LaneTuning())
    own.add(try batch(ids.prefix(30), into: .first))
    own.add(try batch(ids.suffix(10), into: .first))
    let made = own.takeFilter(of: Self.sale, before: opened(1, after: 40))
    let filter = try #require(made[SaleGeneration(Self.sale, .first)])
    #expect(ids.allSatisfy(filter.mayHave))
    #expect(own.takeFilter(of: Self.sale, before: opened(1, after: 40)).isEmpty)
  }

  @Test(arguments: [39, 41, 80, nil] as [Int64?])
  func `where others wrote too, nothing is made`(size: Int64?) throws {
    var own = OwnOrders(tuning: LaneTuning())
    own.add(try batch(ids[...], into: .first))
    #expect(own.takeFilter(of: Self.sale, before: opened(1, after: size)).isEmpty)
  }

  @Test func `only the generation that was closed last is made`() throws {
    var own = OwnOrders(tuning: LaneTuning())
    own.add(try batch(ids.prefix(30), into: .first))
    own.add(try batch(ids.suffix(10), into: .first.next))
    #expect(own.takeFilter(of: Self.sale, before: opened(1, after: 30)).isEmpty)
    #expect(own.takeFilter(of: Self.sale, before: opened(3, after: 10)).isEmpty)
    #expect(own.takeFilter(of: Self.sale, before: opened(2, after: 10)).count == 1)
  }

  @Test func `past its room it forgets what it has, and nothing is made`() throws {
    var tuning = LaneTuning()
    tuning.ownOrders = 35
    var own = OwnOrders(tuning: tuning)
    own.add(try batch(ids.prefix(30), into: .first))
    own.add(try batch(ids.suffix(10), into: .first))
    #expect(own.takeFilter(of: Self.sale, before: opened(1, after: 40)).isEmpty)
    own.add(try batch(ids.prefix(20), into: .first.next))
    #expect(own.takeFilter(of: Self.sale, before: opened(2, after: 20)).count == 1)
  }

  private func opened(_ number: Int32, after size: Int64?) -> OpenGeneration {
    OpenGeneration(Generation(rawValue: number), lanes: 1, closedSize: size)
  }

  private func batch(_ ids: ArraySlice<OrderID>, into generation: Generation) throws -> WrittenBatch {
    var effects = Effects()
    for (place, id) in ids.enumerated() {
      let request = try PurchaseRequest(
        order: id, stock: key, buyer: BuyerID(rawValue: "b")!, quantity: Units(1),
        acceptedAt: Timestamp(microseconds: 1))
      effects.decide(request, at: Offset(Int64(place)), .rejected(.soldOut))
    }
    return WrittenBatch(
      records: ids.count, effects: effects, levels: [:], waitlists: [:], holders: [:], subjects: [:], generations: [:],
      rows: [(SaleGeneration(Self.sale, generation), rows: ids.count)])
  }
}
