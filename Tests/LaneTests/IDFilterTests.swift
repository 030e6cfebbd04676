import FlashSale
import Lane
import Testing

@Suite struct IDFilterTests {
  private let sale = SaleNumber(rawValue: 7)

  @Test(arguments: [1, 100, 20_000])
  func `a filter has every id that it took in, and few others`(count: Int) {
    var random = SystemRandomNumberGenerator()
    let ids = (0..<count).map { _ in OrderID(randomFor: sale, using: &random) }
    var filter = IDFilter(for: count)
    for id in ids { filter.insert(id) }
    #expect(ids.allSatisfy(filter.mayHave))
    let others = (0..<20_000).count { _ in filter.mayHave(OrderID(randomFor: sale, using: &random)) }
    #expect(others < 3, "\(others) of 20,000 others")
  }

  @Test func `a filter with more ids than it has room for still has them all`() {
    let ids = (0..<1_000).map { _ in OrderID(randomFor: sale) }
    var filter = IDFilter(for: 0)
    for id in ids { filter.insert(id) }
    #expect(ids.allSatisfy(filter.mayHave))
    #expect(filter.bytes == IDFilter.bytes(for: 0))
  }
}
