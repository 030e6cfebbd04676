import TestSupport
import Testing
import Time

@testable import FlashSale

/// Orders of several lines: what they are, and how they are decided.
struct BasketTests {
  // MARK: What is asked for

  private func parse(_ text: String) -> Result<OrderRequest, BodyError> {
    Array(text.utf8).withUnsafeBytes { bytes in
      do throws(BodyError) { return .success(try OrderRequest(parsing: bytes)) } catch { return .failure(error) }
    }
  }

  private func lines(_ count: Int) -> String {
    "[\((0..<count).map { #"{"sku":"s-\#($0)","quantity":1}"# }.joined(separator: ","))]"
  }

  @Test func `lines are read in any order of their fields, and one line is an order of the plain form`() throws {
    let two = try parse(#"{"lines":[{"sku":"a","quantity":2},{"quantity":1,"sku":"b"}],"code":"x"}"#).get()
    #expect(two.lines == [line("a", 2), line("b", 1)])
    #expect(two.sku == line("a").sku && two.quantity == Units(3) && two.code == "x")
    #expect(try parse(#"{"lines":[{"sku":"a","quantity":2}],"waitlist":true}"#).get().lines.isEmpty)
    let plain = try parse(#"{"sku":"a","quantity":2}"#).get()
    #expect(try parse(#"{"lines":[{"sku":"a","quantity":2}]}"#).get() == plain)
    #expect(try parse(#"{"lines":\#(lines(10))}"#).get().lines.count == 10)
  }

  @Test(arguments: [
    (#"{"lines":[]}"#, "lines"), (#"{"lines":7}"#, "lines"), (#"{"lines":{}}"#, "lines"), (#"{"lines":null}"#, "lines"),
    (#"{"lines":[7]}"#, "lines[0]"), (#"{"lines":[{"sku":"a","quantity":1},[]]}"#, "lines[1]"),
    (#"{"lines":[{"sku":"a"}]}"#, "lines[0].quantity"), (#"{"lines":[{"quantity":1}]}"#, "lines[0].sku"),
    (#"{"lines":[{"sku":"a","quantity":0}]}"#, "lines[0].quantity"),
    (#"{"lines":[{"sku":"a","quantity":-1}]}"#, "lines[0].quantity"),
    (#"{"lines":[{"sku":"a","quantity":9223372036854775808}]}"#, "lines[0].quantity"),
    (#"{"lines":[{"sku":"a","quantity":1.0}]}"#, "lines[0].quantity"),
    (#"{"lines":[{"sku":"a","quantity":10001}]}"#, "lines[0].quantity"),
    (#"{"lines":[{"sku":"a/b","quantity":1}]}"#, "lines[0].sku"),
    (#"{"lines":[{"sku":"a","quantity":1},{"sku":"b","quantity":1},{"sku":"a","quantity":1}]}"#, "lines[2].sku"),
    (#"{"lines":[{"sku":"a","quantity":9999},{"sku":"b","quantity":2}]}"#, "lines[1].quantity"),
    (#"{"sku":"a","lines":[{"sku":"a","quantity":1}]}"#, "sku"),
    (#"{"lines":[{"sku":"a","quantity":1}],"quantity":1}"#, "quantity"),
    (#"{"lines":[{"sku":"a","quantity":1},{"sku":"b","quantity":1}],"waitlist":true}"#, "waitlist"),
  ])
  func `what is no basket is refused by the name of its field`(_ text: String, _ field: String) {
    guard case .failure(.invalidField(field, _)) = parse(text) else {
      Issue.record("\(text) gave \(parse(text))")
      return
    }
  }

  @Test func `eleven lines, a field twice and an unknown one are refused`() {
    #expect(parse(#"{"lines":\#(lines(11))}"#) == .failure(.invalidField("lines", "must be an array of 1 to 10 lines")))
    #expect(parse(#"{"lines":\#(lines(1)),"lines":\#(lines(1))}"#) == .failure(.duplicateField("lines")))
    guard case .failure(.unknownField("lines[0].price", _)) = parse(#"{"lines":[{"sku":"a","price":1}]}"#),
      case .failure(.malformed) = parse(#"{"lines":[{"sku":"a","quantity":1},]}"#)
    else {
      Issue.record("an unknown field, or a comma too many, was let through")
      return
    }
  }

  @Test func `a record of the largest basket stays within its bound, and reads back`() throws {
    let longest = String(repeating: "x", count: Limits.identifierBytes - 1)
    let lines = (0..<Limits.basketLines).map {
      OrderLine(sku: SKU(unchecked: "\(longest)\($0)"), quantity: Units(1_000))
    }
    let kinds = (0..<Limits.subjectsPerOrder).map { number in
      LimitSubject(
        kind: SubjectKind(unchecked: String(repeating: "k", count: Limits.subjectKindBytes - 1) + "\(number)"),
        id: SubjectID(unchecked: "\(longest)x"), limit: Units(Limits.stockUnits))
    }
    let sale = SaleNumber(rawValue: .max)
    let buyer = BuyerID(unchecked: "\(longest)x")
    let request = try PurchaseRequest(
      order: OrderID(sale: sale, buyer: buyer, key: IdempotencyKey(unchecked: "k")), sale: sale, lines: lines,
      buyer: buyer, acceptedAt: Timestamp(microseconds: .max),
      terms: OrderTerms(subjects: kinds, buyerLimit: Units(Limits.stockUnits), waits: true))
    let bytes = LogRecord.place(request).encoded()
    #expect(bytes.count <= Limits.recordBytes && bytes.count > Limits.recordBytes - 40)
    #expect(try bytes.withUnsafeBytes { try LogRecord(decoding: $0) } == .place(request))
    // What an order of one line copies has not grown: its lines are behind the word of its terms.
    #expect(MemoryLayout<PurchaseRequest>.size <= 80 && MemoryLayout<Effects.Order>.stride <= 96)
    #expect(Limits.oneLineRecordBytes <= 1_024)
  }

  // MARK: How it is decided

  @Test func `all lines win, or none, and the first that cannot be had is named (I1)`() throws {
    var shop = try BasketShop(["a": 3, "b": 1, "c": 5])
    #expect(shop.place("ann", [line("a", 2), line("b", 1)]).outcome == .confirmed)
    #expect(shop.left == ["a": 1, "b": 0, "c": 5] && shop.reserved == ["a": 2, "b": 1, "c": 0])
    // `b` is held, and can come back: nobody hears that it is sold.
    let held = shop.place("bob", [line("a", 1), line("b", 1), line("c", 1)])
    #expect(held.outcome == .rejected(.allHeld) && held.refusedLine == 1)
    let short = shop.place("cid", [line("c", 1), line("a", 2)])
    #expect(short.outcome == .rejected(.insufficientStock) && short.refusedLine == 1)
    #expect(shop.left == ["a": 1, "b": 0, "c": 5])
    #expect(shop.pay("ann", 2 * 100 + 200) == .applied)
    let sold = shop.place("dan", [line("b", 1), line("c", 1)])
    #expect(sold.outcome == .rejected(.soldOut) && sold.refusedLine == 0)
  }

  @Test func `I9 a line counts what the lines before it count, and a repeat takes nothing (I8)`() throws {
    var shop = try BasketShop(["a": 9, "b": 9, "c": 9], limit: 3)
    let over = shop.place("ann", [line("a", 1), line("b", 2), line("c", 1)])
    #expect(over.outcome == .rejected(.limitReached) && over.refusedLine == 2)
    #expect(shop.place("ann", [line("a", 1), line("b", 2)], key: "k2").outcome == .confirmed)
    #expect(shop.place("ann", [line("a", 1)], key: "k3").outcome == .rejected(.limitReached))
    let before = (shop.left, shop.effects.orders.count)
    shop.placeAgain("ann", [line("a", 1), line("b", 2)], key: "k2")
    #expect(shop.left == before.0 && shop.effects.orders.count == before.1)
    #expect(shop.effects.repeats.values.reduce(0, +) == 1)
  }

  @Test func `I9 subjects count the units of all lines, and an access code the order once`() throws {
    var shop = try BasketShop(["a": 9, "b": 9])
    let card = LimitSubject(kind: SubjectKind(unchecked: "card"), id: SubjectID(unchecked: "c"), limit: Units(3))
    let code = LimitSubject(kind: .code, id: SubjectID(unchecked: "x"), limit: Units(1))
    let terms = OrderTerms(subjects: [card, code])
    let over = shop.place("ann", [line("a", 2), line("b", 2)], terms)
    #expect(over.outcome == .rejected(.subjectLimitReached) && over.refusedLine == 1)
    #expect(shop.place("bob", [line("a", 2), line("b", 1)], terms).outcome == .confirmed)
    #expect(
      shop.place("cid", [line("a", 1), line("b", 1)], OrderTerms(subjects: [code])).outcome == .rejected(.codeUsedUp))
    #expect(shop.does("bob", .cancel(Units(1), of: line("a").sku)) == .applied)
    #expect(shop.place("dan", [line("a", 1)], OrderTerms(subjects: [card])).outcome == .confirmed)
  }

  @Test func `one line is cancelled in part and whole, and gives back just that, once`() throws {
    var shop = try BasketShop(["a": 3, "b": 3], limit: 4)
    #expect(shop.place("ann", [line("a", 2), line("b", 2)]).outcome == .confirmed)
    #expect(shop.pay("ann", 2 * 100 + 2 * 200) == .applied)
    let once = CommandID(rawValue: 1)
    #expect(shop.does("ann", .cancel(Units(1), of: line("b").sku), id: once) == .refundDue)
    #expect(shop.does("ann", .cancel(Units(1), of: line("b").sku), id: once) == .repeated)
    #expect(shop.effects.history.contains { $0.lineUnits == [0, -1] && $0.units == -1 && $0.minor == 200 })
    #expect(shop.left == ["a": 1, "b": 2] && shop.hold("ann")?.amountMinor == 2 * 100 + 200)
    #expect(shop.place("ann", [line("a", 1), line("b", 1)], key: "k2").outcome == .rejected(.limitReached))
    #expect(shop.does("ann", .cancel(Units(2), of: line("b").sku)) == .tooMuch)
    #expect(shop.does("ann", .cancel(Units(1))) == .unknownLine)
    #expect(shop.does("ann", .cancel(nil, of: SKU(unchecked: "z"))) == .unknownLine)
    #expect(shop.does("ann", .cancel(nil, of: line("b").sku)) == .refundDue)
    #expect(shop.does("ann", .cancel(nil, of: line("b").sku)) == .tooMuch)
    #expect(shop.hold("ann")?.state == .paid && shop.left == ["a": 1, "b": 3])
    // The last line ends the order, and all of its money is owed.
    #expect(shop.does("ann", .cancel(nil, of: line("a").sku)) == .refundDue)
    #expect(shop.hold("ann")?.state == .refundDue && shop.hold("ann")?.refundDue == 600)
    #expect(shop.left == ["a": 3, "b": 3])
    #expect(shop.place("ann", [line("a", 2), line("b", 2)], key: "k3").outcome == .confirmed)
  }

  @Test func `a hold of several lines ends whole, and a late payment takes all of it again or nothing`() throws {
    var shop = try BasketShop(["a": 2, "b": 2])
    #expect(shop.place("ann", [line("a", 2), line("b", 1)]).outcome == .confirmed)
    #expect(shop.does("ann", .expire, at: 69) == .notDue)
    #expect(shop.does("ann", .expire, at: 70) == .applied)
    #expect(shop.left == ["a": 2, "b": 2] && shop.reserved == ["a": 0, "b": 0])
    #expect(shop.effects.history.last?.lineUnits == [-2, -1])
    #expect(shop.place("bob", [line("b", 2)]).outcome == .confirmed)
    #expect(shop.pay("ann", 400, payment: "p1") == .tooLate)
    #expect(shop.does("bob", .release) == .applied)
    #expect(shop.place("cid", [line("a", 2), line("b", 1)]).outcome == .confirmed)
    #expect(shop.does("cid", .expire, at: 70) == .applied)
    #expect(shop.pay("cid", 400, payment: "p2") == .applied)
    #expect(shop.left == ["a": 0, "b": 1] && shop.hold("cid")?.state == .paid)
  }

  @Test func `a late payment looks at the lines that are not cancelled, and at the limit of each`() throws {
    for (limitOfB, result) in [(2, .applied), (1, .tooLate)] as [(Int32, HistoryEntry.Result)] {
      var shop = try BasketShop(["a": 1, "b": 1, "c": 1], limit: 3)
      #expect(shop.place("ann", [line("a"), line("b"), line("c")]).outcome == .confirmed)
      #expect(shop.does("ann", .cancel(nil, of: SKU(unchecked: "c"))) == .applied)
      #expect(shop.does("ann", .expire, at: 70) == .applied)
      shop.state.stock[shop.key("c")]?.isClosed = true
      shop.state.stock[shop.key("b")]?.rules.perBuyerLimit = Units(limitOfB)
      #expect(shop.pay("ann", 300) == result)
    }
  }

  @Test func `what no intake writes is kept for a person, and changes nothing`() throws {
    var apart = try BasketShop(["a": 2, "b": 2], takesBaskets: false)
    apart.placeAgain("ann", [line("a", 1), line("b", 1)])
    #expect(apart.effects.quarantined.count == 1 && apart.left == ["a": 2, "b": 2])
    var shop = try BasketShop(["a": 2, "b": 2])
    shop.placeAgain("ann", [line("a", 1), line("z", 1)])
    shop.state.stock[shop.key("b")]?.price.currency = "JPY"
    shop.placeAgain("bob", [line("a", 1), line("b", 1)])
    #expect(shop.effects.quarantined.map(\.offset) == [Offset(0), Offset(1)] && shop.left["a"] == 2)
    #expect(shop.effects.orders.isEmpty)
  }

  @Test func `who waits for one SKU is offered what a basket gives back`() throws {
    var shop = try BasketShop(["a": 1, "b": 1], waitlist: true)
    #expect(shop.place("ann", [line("a", 1), line("b", 1)]).outcome == .confirmed)
    #expect(shop.place("bob", [line("b", 1)], OrderTerms(waits: true)).outcome == .waitlisted)
    #expect(shop.place("cid", [line("a", 1), line("b", 1)], OrderTerms(waits: true)).outcome == .rejected(.allHeld))
    #expect(shop.does("ann", .release) == .applied)
    #expect(shop.hold("bob")?.state == .reserved && shop.left == ["a": 1, "b": 0])
  }
}

private func line(_ sku: String, _ quantity: Int32 = 1) -> OrderLine {
  OrderLine(sku: SKU(unchecked: sku), quantity: Units(quantity))
}

/// A sale that one lane decides: `a` costs 100, `b` 200, and so on. Each record is decided as it is written.
private struct BasketShop {
  let sale = SaleNumber(rawValue: 7)
  var state = LaneStock()
  var effects = Effects()
  private var next = Offset(0)

  init(_ stock: [String: Int32], limit: Int32? = nil, takesBaskets: Bool = true, waitlist: Bool = false) throws {
    let rules = try HoldRules(
      seconds: 60, latePayment: .ifFree,
      waitlist: waitlist ? try WaitlistRules(offerSeconds: 60, leastSeconds: 10) : nil)
    for (place, (sku, units)) in stock.sorted(by: { $0.key < $1.key }).enumerated() {
      state.stock[key(sku)] = LaneStock.Level(
        opening: Units(units), price: try Price(minor: Int64(place + 1) * 100, currency: "CNY"),
        rules: SaleRules(
          startsAt: Self.at(0), endsAt: Self.at(1_000), perBuyerLimit: limit.map(Units.init(_:)),
          takesBaskets: takesBaskets, holds: rules))
    }
  }

  private static func at(_ second: Int64) -> Timestamp { Timestamp(microseconds: second * 1_000_000) }

  func key(_ sku: String) -> StockKey { StockKey(sale: sale, sku: SKU(unchecked: sku)) }

  var left: [String: Int32] { by(\.left) }
  var reserved: [String: Int32] { by(\.reserved) }

  private func by(_ units: KeyPath<LaneStock.Level, Units>) -> [String: Int32] {
    Dictionary(uniqueKeysWithValues: state.stock.map { ($0.key.sku.rawValue, $0.value[keyPath: units].rawValue) })
  }

  func order(_ buyer: String, _ key: String = "k") -> OrderID {
    OrderID(sale: sale, buyer: BuyerID(unchecked: buyer), key: IdempotencyKey(unchecked: key))
  }

  func hold(_ buyer: String) -> Hold? {
    if case .hold(let hold) = state.lives[order(buyer)] { hold } else { nil }
  }

  private mutating func decide(_ record: LogRecord) {
    FlashSale.decide(&state, record, at: next, into: &effects)
    next = next.next
  }

  mutating func placeAgain(_ buyer: String, _ lines: [OrderLine], _ terms: OrderTerms = .none, key: String = "k") {
    let request = try? PurchaseRequest(
      order: order(buyer, key), sale: sale, lines: lines, buyer: BuyerID(unchecked: buyer), acceptedAt: Self.at(10),
      terms: terms)
    decide(.place(request!))
  }

  @discardableResult
  mutating func place(
    _ buyer: String, _ lines: [OrderLine], _ terms: OrderTerms = .none, key: String = "k"
  ) -> Effects.Order {
    placeAgain(buyer, lines, terms, key: key)
    return effects.orders.last!
  }

  mutating func does(
    _ buyer: String, _ action: OrderCommand.Action, at second: Int64 = 15, id: CommandID? = nil
  ) -> HistoryEntry.Result? {
    let count = effects.history.count
    let sku = hold(buyer)?.stock ?? key("a")
    let command = try? OrderCommand(
      order: order(buyer), stock: sku, buyer: BuyerID(unchecked: buyer), at: Self.at(second), action: action, id: id,
      by: .buyer)
    decide(.order(command!))
    return effects.history[count].result
  }

  mutating func pay(_ buyer: String, _ minor: Int64, payment: String = "p") -> HistoryEntry.Result? {
    let capture = try? Capture(payment: PaymentID(unchecked: "\(payment) of \(buyer)"), minor: minor, currency: "CNY")
    return does(buyer, .pay(capture!), at: 80)
  }
}
