import FlashSale
import Testing

/// Levels that arrive in any order.
struct KnownLevelsTests {
  private let phone = StockKey(sale: SaleNumber(rawValue: 1), sku: SKU(unchecked: "phone"))

  private func level(_ left: Int32, asOf offset: Int64) -> StockLevel {
    StockLevel(left: Units(left), isClosed: false, asOf: Offset(offset))
  }

  @Test func `the newest signal wins, whatever arrives last, also where stock rises`() {
    var known = KnownLevels()
    // The last one is heard again: it is still the newest.
    let areNews = [level(0, asOf: 10), level(5, asOf: 12), level(0, asOf: 11), level(5, asOf: 12)].map {
      known.heard($0, of: phone)
    }
    #expect(areNews == [true, true, false, true])
    #expect(known[phone] == level(5, asOf: 12))
  }

  @Test func `a slow reading does not overwrite a newer signal`() {
    var known = KnownLevels()
    _ = known.heard(level(9, asOf: 1), of: phone)
    let reading = known.reading()
    _ = known.heard(level(3, asOf: 7), of: phone)
    let isNews = known.read(level(5, asOf: 5), of: phone, in: reading)
    #expect(!isNews && known[phone] == level(3, asOf: 7))
  }

  @Test func `a reading brings what no signal has told`() {
    var known = KnownLevels()
    let areNews = [level(9, asOf: 0), level(8, asOf: 1), level(8, asOf: 1)].map {
      known.read($0, of: phone, in: known.reading())
    }
    #expect(areNews == [true, true, true])
    #expect(known[phone] == level(8, asOf: 1))
  }

  @Test func `a store that went back is believed, once no signal has come during the reading`() {
    var known = KnownLevels()
    _ = known.heard(level(2, asOf: 100), of: phone)
    let first = known.reading()
    _ = known.heard(level(1, asOf: 101), of: phone)
    let isBelieved = known.read(level(50, asOf: 40), of: phone, in: first)
    #expect(!isBelieved && known[phone] == level(1, asOf: 101))
    let isBelievedNext = known.read(level(50, asOf: 40), of: phone, in: known.reading())
    #expect(isBelievedNext && known[phone] == level(50, asOf: 40))
    // From there on, signals count again.
    let isHeard = known.heard(level(49, asOf: 41), of: phone)
    #expect(isHeard && known[phone] == level(49, asOf: 41))
  }
}
