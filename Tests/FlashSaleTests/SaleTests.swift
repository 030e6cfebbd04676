import FlashSale
import Testing

struct SaleTests {
  @Test func `I9 a limit over several SKUs puts the sale into one lane, and refuses lanes by SKU`() throws {
    func make(limit: Int32?, items: Int, ordering: Ordering?) throws -> Sale {
      try Sale(
        id: SaleID(unchecked: "s"), name: "s", startsAt: Timestamp(microseconds: 1), endsAt: Timestamp(microseconds: 2),
        perBuyerLimit: limit.map(Units.init(_:)), ordering: ordering,
        items: (0..<items).map {
          try SaleItem(sku: SKU(unchecked: "sku\($0)"), stock: Units(1), price: Price(minor: 1, currency: "CNY"))
        })
    }
    #expect(try make(limit: 2, items: 2, ordering: nil).ordering == .sale)
    #expect(try make(limit: 2, items: 1, ordering: nil).ordering == .sku)
    #expect(try make(limit: nil, items: 2, ordering: nil).ordering == .sku)
    #expect(throws: ValidationError.self) { try make(limit: 2, items: 2, ordering: .sku) }
    let sale = try make(limit: 2, items: 2, ordering: nil)
    #expect(Set(sale.items.map { RecordKey(sale: sale, sku: $0.sku) }).count == 1)
    let split = try make(limit: nil, items: 2, ordering: nil)
    #expect(Set(split.items.map { RecordKey(sale: split, sku: $0.sku).text }) == ["s/sku0#0", "s/sku1#0"])
  }

  @Test func `a name has 1 to 200 bytes, none of a control character`() throws {
    func make(_ name: String) throws(ValidationError) -> Sale {
      try Sale(
        id: SaleID(unchecked: "s"), name: name, startsAt: Timestamp(microseconds: 1),
        endsAt: Timestamp(microseconds: 2), perBuyerLimit: nil,
        items: [try SaleItem(sku: SKU(unchecked: "a"), stock: Units(1), price: Price(minor: 1, currency: "CNY"))])
    }
    let longest = String(repeating: "é", count: Limits.saleNameBytes / 2)
    for name in ["a", "双十一 '\"--", longest] { #expect(try make(name).name == name) }
    for name in ["", longest + "a", "a\u{0}", "a\nb", "a\u{1F}", "a\u{7F}", "a\u{80}", "a\u{9B}2J"] {
      #expect(throws: ValidationError.self) { try make(name) }
    }
  }

  @Test(arguments: [
    ("1970-01-01T00:00:00Z", Int64(0)), ("2026-11-11T00:00:00+08:00", 1_794_326_400_000_000),
    ("2026-11-11T00:00:00.250Z", 1_794_355_200_250_000), ("2026-11-10T16:00:00.000Z", 1_794_326_400_000_000),
    ("2026-11-10t16:00:00.1234567z", 1_794_326_400_123_456), ("1969-12-31T19:00:00-05:00", 0),
    ("2000-02-29T12:00:00Z", 951_825_600_000_000), ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
    ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
  ])
  func `RFC 3339 times are read to the microsecond`(text: String, microseconds: Int64) {
    #expect(Timestamp(rfc3339: text)?.microseconds == microseconds)
  }

  @Test func `a time is written to the millisecond, without losing one`() {
    for millisecond in Int64(0)..<1_000 {
      let text = Timestamp(microseconds: 1_794_326_400_000_000 + millisecond * 1_000 + 999).description
      #expect(text == "2026-11-10T16:00:00.\(String(millisecond + 1_000).dropFirst())Z")
    }
  }

  @Test(arguments: [
    "", "2026-11-11", "2026-11-11T00:00:00", "2026-13-11T00:00:00Z", "now", "1969-12-31T23:59:59Z",
    "2026-11-10T16:00:00Z ", "2026-11-10T16:00:00Z:", "2026-11-10T16:00:00.Z", "2026-11-10 16:00:00Z",
    "2026-11-10T24:00:00Z", "2026-11-10T16:60:00Z", "2026-11-10T16:00:60Z", "2026-11-10T16:00:00+24:00",
    "2026-11-10T16:00:00+0800", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-11-00T00:00:00Z",
    "+2026-11-10T16:00:00Z", "10000-01-01T00:00:00Z", "9999-12-31T23:59:59-00:01", "２026-11-10T16:00:00Z",
    // Years whose microseconds do not fit 64 bits.
    "502026-11-10T16:00:00Z", "000502026-11-10T16:00:00.000Z", "99999999999-01-01T00:00:00Z",
  ])
  func `what is no RFC 3339 time since 1970 is refused`(text: String) {
    #expect(Timestamp(rfc3339: text) == nil)
  }
}
