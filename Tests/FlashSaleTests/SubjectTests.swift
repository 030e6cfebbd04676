import TestSupport
import Testing
import Time

@testable import FlashSale

/// Limits beyond one account (I9), as `decide` holds them and as a gateway names them.
struct SubjectTests {
  @Test func `I9 a card gets up to its limit over many accounts, in the order of the log`() throws {
    var state = try laneStock(left: 10)
    let card = subject("card", "c-1", limit: 2)
    let effects = decided(
      &state,
      [
        try place(1, buyer: "a", terms: .init(subjects: [card])),
        try place(2, buyer: "b", quantity: 2, terms: .init(subjects: [card])),
        try place(3, buyer: "b", terms: .init(subjects: [card])),
        try place(4, buyer: "c", terms: .init(subjects: [card])),
        try place(5, buyer: "c", terms: .init(subjects: [subject("card", "c-2", limit: 2)])),
      ])
    #expect(
      effects.orders.map(\.outcome)
        == [.confirmed, .rejected(.subjectLimitReached), .confirmed, .rejected(.subjectLimitReached), .confirmed])
    #expect(effects.subjects.map(\.offset.rawValue) == [0, 2, 4])
    #expect(state.stock[phone]?.left == Units(7))
  }

  @Test func `I9 an order is counted for all of its subjects or for none`() throws {
    var state = try laneStock(left: 10)
    let (card, home) = (subject("card", "c", limit: 5), subject("address", "h", limit: 1))
    let records = [
      try place(1, buyer: "a", terms: .init(subjects: [home, card])),
      try place(2, buyer: "b", terms: .init(subjects: [card, home])),
    ]
    _ = decided(&state, records)
    #expect(state.heldBySubject.values.sorted() == [Units(1), Units(1)])
  }

  @Test func `I9 a code is used once by each order, whatever its units, and may change its buyer's limit`() throws {
    var state = try laneStock(left: 20, limit: 2)
    let code = OrderTerms(subjects: [subject("code", "x", limit: 2)], buyerLimit: Units(5))
    let effects = decided(
      &state,
      [
        try place(1, buyer: "a", quantity: 5, terms: code), try place(2, buyer: "a", terms: code),
        try place(3, buyer: "b", quantity: 3), try place(4, buyer: "b", quantity: 3, terms: code),
        try place(5, buyer: "c", terms: code),
        try place(6, buyer: "d", quantity: 2, terms: .init(buyerLimit: Units(1))),
      ])
    #expect(
      effects.orders.map(\.outcome) == [
        .confirmed, .rejected(.limitReached), .rejected(.limitReached), .confirmed, .rejected(.codeUsedUp),
        .rejected(.limitReached),
      ])
  }

  @Test func `a record with subjects reads back, by both readers, and is written alike by both`() throws {
    let longest = String(repeating: "x", count: Limits.identifierBytes)
    let kind = String(repeating: "k", count: Limits.subjectKindBytes - 1)
    let most = (0..<Limits.subjectsPerOrder).map { subject("\(kind)\($0)", longest, limit: Limits.stockUnits) }
    for terms in [
      OrderTerms(subjects: [subject("card", "c", limit: 1)]), .init(buyerLimit: Units(3)),
      .init(subjects: [subject("card", "c", limit: 127), subject("code", "7", limit: 128)], buyerLimit: Units(16_384)),
      .init(subjects: most, buyerLimit: Units(Limits.stockUnits)),
    ] {
      let record = try place(1, buyer: longest, quantity: Limits.orderUnits, terms: terms)
      let bytes = record.encoded()
      #expect(bytes == record.encodedAnyForm())
      #expect(bytes.count <= Limits.recordBytes)
      let read = try bytes.withUnsafeBytes { try LogRecord(decodingAnyForm: $0) }
      #expect(read == record)
      bytes.withUnsafeBytes { bytes in
        #expect(PlainRecord.request(in: bytes) == record.request)
        for end in bytes.indices {
          #expect(PlainRecord.request(in: UnsafeRawBufferPointer(rebasing: bytes[..<end])) == nil)
        }
      }
    }
  }

  @Test func `terms out of range are no request`() {
    for terms in [
      OrderTerms(subjects: [subject("card", "a", limit: 1), subject("card", "b", limit: 1)]),
      .init(subjects: [subject("card", "a", limit: 0)]), .init(buyerLimit: .zero),
      .init(subjects: (0...Limits.subjectsPerOrder).map { subject("k\($0)", "a", limit: 1) }),
    ] {
      #expect(throws: ValidationError.self) { try place(1, buyer: "a", terms: terms) }
    }
  }

  // MARK: What a gateway names

  @Test func `an order counts for the subjects of the kinds that the sale limits, in any order`() throws {
    let limits = try SubjectLimits([
      SubjectKind(unchecked: "card"): Units(2), SubjectKind(unchecked: "address"): Units(4),
    ])
    let expected = [subject("address", "a=1", limit: 4), subject("card", "c", limit: 2)]
    #expect(try limits.subjects(in: "card=c, address=a=1") == expected)
    #expect(try limits.subjects(in: "phone=p,address=a=1 ,\tcard=c") == expected)
    for text in [nil, "", "card=c"] as [String?] {
      #expect(throws: SubjectLimits.Fault.self) { try limits.subjects(in: text) }
    }
    #expect(throws: SubjectLimits.Fault.missing(SubjectKind(unchecked: "address"))) {
      try limits.subjects(in: "card=c, phone=p")
    }
  }

  @Test(arguments: [
    "card", "card=", "=c", "card=c,", ",card=c", "card=c,,address=a", "card=a b", "card=c, card=d", "ca rd=c",
    "card=\(String(repeating: "x", count: 65))", "\(String(repeating: "k", count: 17))=c", "card=ü",
    (0..<9).map { "k\($0)=a" }.joined(separator: ","),
  ])
  func `subjects that cannot be read are refused`(text: String) throws {
    let limits = try SubjectLimits([SubjectKind(unchecked: "card"): Units(2)])
    let fault = #expect(throws: SubjectLimits.Fault.self) { try limits.subjects(in: text) }
    if case .missing = fault { Issue.record("\(text) was read") }
  }

  // MARK: Inputs

  private let sale = SaleNumber(rawValue: 9)
  private var phone: StockKey { StockKey(sale: sale, sku: SKU(unchecked: "phone")) }

  private func subject(_ kind: String, _ id: String, limit: Int32) -> LimitSubject {
    LimitSubject(kind: SubjectKind(unchecked: kind), id: SubjectID(unchecked: id), limit: Units(limit))
  }

  private func decided(_ state: inout LaneStock, _ records: [LogRecord]) -> Effects {
    var effects = Effects()
    for (index, record) in records.enumerated() {
      decide(&state, record, at: Offset(Int64(index)), into: &effects)
    }
    return effects
  }

  private func laneStock(left: Int32, limit: Int32? = nil) throws -> LaneStock {
    let rules = SaleRules(
      startsAt: Timestamp(microseconds: 1_000), endsAt: Timestamp(microseconds: 2_000),
      perBuyerLimit: limit.map(Units.init(_:)))
    var state = LaneStock()
    state.stock[phone] = .init(opening: Units(left), price: try Price(minor: 100, currency: "CNY"), rules: rules)
    return state
  }

  private func place(
    _ order: Int, buyer: String, quantity: Int32 = 1, terms: OrderTerms = .none
  ) throws -> LogRecord {
    let buyer = BuyerID(unchecked: buyer)
    return .place(
      try PurchaseRequest(
        order: OrderID(sale: sale, buyer: buyer, key: IdempotencyKey(unchecked: "k\(order)")), stock: phone,
        buyer: buyer, quantity: Units(quantity), acceptedAt: Timestamp(microseconds: 1_500), terms: terms))
  }
}
