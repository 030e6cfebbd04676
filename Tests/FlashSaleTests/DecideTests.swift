import FlashSale
import TestSupport
import Testing
import Time

/// `decide`, on made-up states: it is a pure function, so its inputs are the whole of its world.
struct DecideTests {
  @Test func `I1 I2 more buyers than units sell exactly all units, the first come first`() throws {
    var state = try laneStock(left: 3)
    let outcomes = decided(&state, try (0..<5).map { try place(order: $0, buyer: "b\($0)") }).outcomes
    #expect(outcomes.prefix(3) == [.confirmed, .confirmed, .confirmed])
    #expect(outcomes.suffix(2) == [.rejected(.soldOut), .rejected(.soldOut)])
    #expect(state.stock[phone]?.left == .zero)
  }

  @Test func `I8 a repeated id changes nothing, not even the last unit`() throws {
    var state = try laneStock(left: 2)
    let records = [try place(order: 1, buyer: "a"), try place(order: 1, buyer: "a"), try place(order: 2, buyer: "b")]
    let effects = decided(&state, records)
    #expect(effects.outcomes == [.confirmed, .confirmed])
    #expect(effects.orders.map(\.offset) == [Offset(0), Offset(2)])
    #expect(effects.repeats == [sale: 1])
    #expect(state.stock[phone]?.left == .zero)
  }

  @Test func `I8 an id that the store has decided before is a repeat, whatever it asks for now`() throws {
    var state = try laneStock(left: 2)
    state.decided = [orderID(7)]
    let effects = decided(&state, [try place(order: 7, buyer: "a", quantity: 2)])
    #expect(effects.repeats == [sale: 1])
    #expect(effects.orders.isEmpty && effects.stock.isEmpty && effects.quarantined.isEmpty)
    #expect(state.stock[phone]?.left == Units(2))
  }

  @Test func `I9 a buyer gets up to the limit and not a unit more, over all SKUs of the sale`() throws {
    var state = try laneStock(left: 10, limit: 2)
    state.held[.init(sale: sale, buyer: BuyerID(unchecked: "a"))] = Units(1)
    let records = [
      try place(order: 1, buyer: "a", quantity: 2),
      try place(order: 2, buyer: "a", sku: "case"),
      try place(order: 3, buyer: "a"),
      try place(order: 4, buyer: "b", quantity: 2),
    ]
    #expect(
      decided(&state, records).outcomes
        == [.rejected(.limitReached), .confirmed, .rejected(.limitReached), .confirmed])
  }

  @Test func `a buyer without a limit may hold more than fits a number of units`() throws {
    var state = try laneStock(left: Limits.stockUnits)
    state.held[.init(sale: sale, buyer: BuyerID(unchecked: "a"))] = Units(.max)
    #expect(decided(&state, [try place(order: 1, buyer: "a", quantity: 2)]).outcomes == [.confirmed])
  }

  @Test(arguments: [
    (Int64(999), Outcome.rejected(.notStarted)), (1_000, .confirmed), (1_999, .confirmed),
    (2_000, .rejected(.ended)),
  ])
  func `the window is start-inclusive and end-exclusive at acceptance`(at: Int64, outcome: Outcome) throws {
    var state = try laneStock(left: 1)
    #expect(decided(&state, [try place(order: 1, buyer: "a", at: at)]).outcomes == [outcome])
  }

  @Test func `I2 a request for more than is left does not hear sold out, and leaves the rest to others`() throws {
    var state = try laneStock(left: 1)
    let records = [try place(order: 1, buyer: "a", quantity: 2), try place(order: 2, buyer: "b")]
    #expect(decided(&state, records).outcomes == [.rejected(.insufficientStock), .confirmed])
  }

  @Test func `a closed stock sells nothing more, and closing it twice is the same as once`() throws {
    var state = try laneStock(left: 5)
    let close = LogRecord.close(phone, at: Timestamp(microseconds: 1_500))
    let sold = decided(&state, [try place(order: 1, buyer: "a"), close])
    #expect(sold.outcomes == [.confirmed] && sold.stock == [phone])
    let after = decided(&state, [close, try place(order: 2, buyer: "b")])
    #expect(after.outcomes == [.rejected(.closed)] && after.stock.isEmpty)
  }

  @Test func `a stock that the store does not have is for quarantine, and its id stays undecided`() throws {
    var state = try laneStock(left: 5)
    let record = try place(order: 1, buyer: "a", sku: "nothing")
    let key = StockKey(sale: sale, sku: SKU(unchecked: "nothing"))
    let effects = decided(&state, [record, .close(key, at: Timestamp(microseconds: 0))])
    #expect(effects.quarantined.map(\.offset) == [Offset(0), Offset(1)])
    #expect(effects.quarantined.allSatisfy { $0.error.contains("nothing") })
    #expect(effects.orders.isEmpty && effects.repeats.isEmpty && effects.stock.isEmpty)
    #expect(state.decided.isEmpty)
  }

  @Test func `I10 any split into batches gives the same effects and the same state`() throws {
    var random = SeededGenerator(seed: 11)
    for _ in 0..<200 {
      let records = try (0..<40).map { _ in
        try place(
          order: .random(in: 0..<30, using: &random), buyer: "b\(Int.random(in: 0..<6, using: &random))",
          sku: Bool.random(using: &random) ? "phone" : "case", quantity: .random(in: 1...3, using: &random),
          at: .random(in: 900...2_100, using: &random))
      }
      var whole = try laneStock(left: 12, limit: 4)
      var parts = whole
      let atOnce = decided(&whole, records)
      let cut = Int.random(in: 0...records.count, using: &random)
      let first = decided(&parts, Array(records[..<cut]))
      let second = decided(&parts, Array(records[cut...]), from: cut)
      #expect(atOnce.orders == first.orders + second.orders)
      #expect(atOnce.stock == first.stock.union(second.stock))
      #expect(atOnce.repeats == first.repeats.merging(second.repeats, uniquingKeysWith: +))
      #expect(whole.stock == parts.stock && whole.held == parts.held && whole.decided == parts.decided)
      #expect(whole.stock.values.allSatisfy { $0.left >= .zero })
    }
  }

  // MARK: Inputs

  private func decided(_ state: inout LaneStock, _ records: [LogRecord], from first: Int = 0) -> Effects {
    var effects = Effects()
    for (index, record) in records.enumerated() {
      decide(&state, record, at: Offset(Int64(first + index)), into: &effects)
    }
    return effects
  }

  private let sale = SaleNumber(rawValue: 9)
  private var phone: StockKey { StockKey(sale: sale, sku: SKU(unchecked: "phone")) }

  private func orderID(_ number: Int) -> OrderID {
    OrderID(sale: sale, buyer: BuyerID(unchecked: "any"), key: IdempotencyKey(unchecked: "k\(number)"))
  }

  private func laneStock(left: Int32, limit: Int32? = nil) throws -> LaneStock {
    let rules = SaleRules(
      startsAt: Timestamp(microseconds: 1_000), endsAt: Timestamp(microseconds: 2_000),
      perBuyerLimit: limit.map(Units.init(_:)))
    var state = LaneStock()
    for sku in ["phone", "case"] {
      let key = StockKey(sale: sale, sku: SKU(unchecked: sku))
      state.stock[key] = .init(opening: Units(left), price: try Price(minor: 100, currency: "CNY"), rules: rules)
    }
    return state
  }

  private func place(
    order: Int, buyer: String, sku: String = "phone", quantity: Int32 = 1, at: Int64 = 1_500
  ) throws -> LogRecord {
    .place(
      try PurchaseRequest(
        order: orderID(order), stock: StockKey(sale: sale, sku: SKU(unchecked: sku)),
        buyer: BuyerID(unchecked: buyer), quantity: Units(quantity), acceptedAt: Timestamp(microseconds: at)))
  }
}

extension Effects {
  fileprivate var outcomes: [Outcome] { orders.map(\.outcome) }
}
