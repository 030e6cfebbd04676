import FlashSale
import Testing

@testable import Lane

/// Whom a lane remembers, within its bound (I11), and never one too few (I9).
@Suite struct KnownHoldersTests {
  private let first = SaleNumber(rawValue: 1)
  private let second = SaleNumber(rawValue: 2)
  private let third = SaleNumber(rawValue: 3)

  private func all(_ hashes: Range<Int>) -> KnownHolders.Holders { .all(Set(hashes)) }

  @Test func `of a sale that does not fit beside the others each holder is looked up, and the others stay (I11)`() {
    var known = KnownHolders(most: 10)
    known.add([first: all(0..<6)])
    known.add([second: all(0..<5)])
    #expect(known.count == 6)
    #expect(known.crowdedSales == [second])
    #expect(known.knows(second) && known.mayHold(99, of: second))
    #expect(known.mayHold(5, of: first) && !known.mayHold(99, of: first))
    known.add([third: all(0..<4)])
    #expect(known.count == 10)
    #expect(known.crowdedSales == [second])
  }

  @Test func `however many sales are loaded, no more holders are remembered than may be (I11)`() {
    var known = KnownHolders(most: 100)
    for sale in 0..<50 as Range<Int32> { known.add([SaleNumber(rawValue: sale): all(0..<9)]) }
    #expect(known.count == 99)
    #expect(known.crowdedSales.count == 39)
    known.add([SaleNumber(rawValue: 100): all(0..<60), SaleNumber(rawValue: 101): all(0..<60)])
    #expect(known.count == 99)
  }

  @Test func `what is loaded anew takes the place of what was known`() {
    var known = KnownHolders(most: 10)
    known.add([first: all(0..<6)])
    known.add([first: all(0..<8)])
    #expect(known.count == 8)
    #expect(known.crowdedSales == [])
  }

  @Test func `a winner past the bound makes its sale one whose holders are looked up`() {
    var known = KnownHolders(most: 3)
    known.add([first: all(0..<2), second: all(0..<1)])
    known.add(7, of: first)
    #expect(known.count == 1)
    #expect(known.crowdedSales == [first])
    #expect(known.mayHold(99, of: first))
    known.add(8, of: second)
    #expect(known.count == 2)
  }
}
