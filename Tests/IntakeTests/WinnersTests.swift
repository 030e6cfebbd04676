import Dispatch
import FlashSale
import HTTPServing
import SaleStore
import Synchronization
import Testing

@testable import Intake
import Time

struct WinnersTests {
  private let sale = SaleNumber(rawValue: 7)

  private func orders(_ count: Int) -> [OrderID] { (0..<count).map { _ in OrderID(randomFor: sale) } }

  private func missing(_ orders: [OrderID], in winners: Winners) -> Int { orders.count { !winners.contains($0) } }

  // With more than one table, and at the edges of each.
  @Test(arguments: [1, 2, 7, 8, 100, 1_000, 65_536, 65_537, 300_000])
  func `I2 every winner that was put in is found, and nobody else`(room: Int) {
    // Room that is never used costs nothing.
    let winners = Winners(room: room > 65_536 ? 1_000_000_000 : room)
    let won = orders(room)
    for (index, order) in won.enumerated() {
      #expect(!winners.contains(order))
      winners.insert(order)
      winners.insert(order)
      #expect(winners.count == index + 1)
    }
    #expect(missing(won, in: winners) == 0)
    #expect(missing(orders(1_000), in: winners) == 1_000)
    #expect(winners.isComplete)
  }

  @Test func `I2 ids that meet in one slot are all found`() {
    let winners = Winners(room: 64)
    // By their last 32 bits they are one.
    let won = (1...64 as ClosedRange<UInt64>).map { OrderID(high: 0x8000, low: 0b10 << 62 | $0 << 32 | 0x5A) }
    for order in won { winners.insert(order) }
    #expect(missing(won, in: winners) == 0)
    #expect(!winners.contains(OrderID(high: 0x8000, low: 0b10 << 62 | 65 << 32 | 0x5A)))
  }

  // 1,000 units of which some are cancelled and won again, or of which more are put up; or none at first.
  @Test(arguments: [(1_000, 1_001), (1_000, 50_000), (0, 3)])
  func `I2 more can win than a sale had units, and who has not is still known`(units: Int, won count: Int) {
    let winners = Winners(room: units)
    let won = orders(count)
    for order in won { winners.insert(order) }
    #expect(winners.isComplete)
    #expect(missing(won, in: winners) == 0)
    #expect(missing(orders(1_000), in: winners) == 1_000)
  }

  @Test func `one winner too many is not dropped unsaid`() {
    let winners = Winners(room: 10, most: 10)
    let won = orders(11)
    for order in won.prefix(10) { winners.insert(order) }
    winners.insert(won[0])
    #expect(winners.isComplete)
    winners.insert(won[10])
    #expect(!winners.isComplete)
    #expect(missing(won, in: winners) == 1)
  }

  @Test func `I2 whoever reads that so much is left finds every winner, whatever thread it is on`() {
    let (winners, won) = (Winners(room: 250_000), orders(250_000))
    let gauge = StockGauge(StockLevel(left: Units(250_000), isClosed: false, asOf: Offset(1)))
    let missed = Atomic(0)
    // The first one writes, the others read meanwhile.
    DispatchQueue.concurrentPerform(iterations: 4) { thread in
      guard thread > 0 else {
        for (index, order) in won.enumerated() {
          winners.insert(order)
          gauge.set(StockLevel(left: Units(Int32(won.count - index - 1)), isClosed: false, asOf: Offset(1)))
        }
        return
      }
      var known = 0
      while known < won.count {
        known = won.count - Int(gauge.level.left.rawValue)
        for order in won[..<known].suffix(64) where !winners.contains(order) {
          missed.add(1, ordering: .relaxed)
        }
      }
    }
    #expect(missed.load(ordering: .relaxed) == 0)
    #expect(missing(won, in: winners) == 0)
  }

  @Test func `I11 winners are kept within the limit, of sales that can still sell first`() throws {
    func sale(_ number: Int32, sold: Int, from: Int64, to: Int64) throws -> StoredSale {
      let sale = try Sale.window("sale-\(number)", from: from, to: to, stock: 100_000_000)
      let left = StockLevel(left: Units(Int32(100_000_000 - sold)), isClosed: false, asOf: Offset(1))
      return StoredSale(
        number: SaleNumber(rawValue: number), sale: sale, closedAt: nil, stock: [sale.items[0].sku: left])
    }
    let half = Limits.winners / 2
    let sales = [
      try sale(5, sold: half, from: -60, to: -30), try sale(4, sold: Limits.winners + 1, from: -60, to: 60),
      try sale(3, sold: half, from: -60, to: 60), try sale(2, sold: half, from: 60, to: 120),
      try sale(1, sold: 1, from: -60, to: -30),
    ]
    let kept = Winners.kept(of: sales, knowing: { _ in 0 }, at: .now)
    #expect(kept == [SaleNumber(rawValue: 3), SaleNumber(rawValue: 2)])
    #expect(Winners.kept(of: Array(sales.suffix(2)), knowing: { _ in 0 }, at: .now).count == 2)
    // Of the second one, so many were won and given back.
    let crowded = Winners.kept(of: sales, knowing: { $0.rawValue == 2 ? half + 1 : 0 }, at: .now)
    #expect(crowded == [SaleNumber(rawValue: 3), SaleNumber(rawValue: 5)])
  }
}
