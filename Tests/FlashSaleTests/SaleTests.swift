import FlashSale
import Testing
import Time

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

  @Test func `a new sale with limits beside the buyers' takes no late payments, and one of before is read`() throws {
    func make(_ late: HoldRules.LatePayment, _ shape: (inout SaleShaping) throws -> Void) throws -> Sale {
      var shaping = SaleShaping()
      try shape(&shaping)
      return try Sale(
        id: SaleID(unchecked: "s"), name: "s", startsAt: Timestamp(microseconds: 1),
        endsAt: Timestamp(microseconds: 2), perBuyerLimit: nil, shaping: shaping,
        holds: try HoldRules(seconds: 60, latePayment: late),
        items: [try SaleItem(sku: SKU(unchecked: "a"), stock: Units(1), price: Price(minor: 1, currency: "CNY"))])
    }
    let shapes: [(inout SaleShaping) throws -> Void] = [
      { $0.subjects = try SubjectLimits([SubjectKind(unchecked: "card"): Units(1)]) },
      { $0.codes = CodeRule(isRequired: false) },
    ]
    for shape in shapes {
      #expect(throws: ValidationError.self) { try make(.ifFree, shape).checkNew() }
      try make(.refund, shape).checkNew()
    }
    try make(.ifFree) { _ in }.checkNew()
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
}
