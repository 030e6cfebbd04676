import FlashSale
import Time

/// One stock's records, each decided as it is written.
struct DecidedStock {
  let key: StockKey
  var state = LaneStock()
  var effects = Effects()
  private var next = Offset(0)

  init(_ key: StockKey, left: Int32, limit: Int32? = nil, rules: HoldRules? = try? HoldRules(seconds: 60)) throws {
    self.key = key
    state.stock[key] = LaneStock.Level(
      opening: Units(left), price: try Price(minor: 100, currency: "CNY"),
      rules: SaleRules(
        startsAt: .at(0), endsAt: .at(1_000), perBuyerLimit: limit.map(Units.init(_:)), holds: rules))
  }

  var level: LaneStock.Level { state.stock[key]! }

  func order(_ buyer: String, key: String = "k") -> OrderID {
    OrderID(sale: self.key.sale, buyer: BuyerID(unchecked: buyer), key: IdempotencyKey(unchecked: key))
  }

  func hold(_ buyer: String, key: String = "k") -> Hold? {
    if case .hold(let hold) = state.lives[order(buyer, key: key)] { hold } else { nil }
  }

  func state(_ buyer: String) -> Hold.State? { hold(buyer)?.state }

  private mutating func decide(_ record: LogRecord) {
    FlashSale.decide(&state, record, at: next, into: &effects)
    next = next.next
  }

  @discardableResult
  mutating func place(
    _ buyer: String, _ units: Int32, key: String = "k", waits: Bool = false, at second: Int64 = 10
  ) -> Effects.Order {
    let request = try? PurchaseRequest(
      order: order(buyer, key: key), stock: self.key, buyer: BuyerID(unchecked: buyer), quantity: Units(units),
      acceptedAt: .at(second), terms: OrderTerms(waits: waits))
    decide(.place(request!))
    return effects.orders.last!
  }

  @discardableResult
  mutating func does(
    _ buyer: String, _ action: OrderCommand.Action, key: String = "k", at second: Int64 = 15, id: CommandID? = nil,
    named: String? = nil
  ) -> HistoryEntry.Result? {
    let count = effects.history.count
    let command = try? OrderCommand(
      order: order(buyer, key: key), stock: self.key, buyer: named.map(BuyerID.init(unchecked:)), at: .at(second),
      action: action, id: id, by: .buyer)
    decide(.order(command!))
    return effects.history[count].result
  }

  @discardableResult
  mutating func pay(
    _ buyer: String, _ minor: Int64, _ currency: String = "CNY", payment: String? = nil, payer: String? = nil,
    at second: Int64 = 15
  ) -> HistoryEntry.Result? {
    let id = PaymentID(unchecked: payment ?? "of \(buyer)")
    let capture = try? Capture(payment: id, minor: minor, currency: currency)
    return does(buyer, .pay(capture!), at: second, named: payer ?? buyer)
  }

  @discardableResult
  mutating func does(_ action: StockCommand.Action, at second: Int64, id: CommandID? = nil) -> HistoryEntry.Result? {
    let count = effects.history.count
    let command = try? StockCommand(stock: key, at: .at(second), action: action, id: id, by: .shop)
    decide(.stock(command!))
    return effects.history[count].result
  }

  func money(_ currency: String = "CNY") -> CapturedMoney {
    state.payments.values.filter { $0.currency == currency }.reduce(
      CapturedMoney(captured: 0, applied: 0, due: 0, refunded: 0)
    ) { sum, payment in
      CapturedMoney(
        captured: sum.captured + payment.captured, applied: sum.applied + payment.applied,
        due: sum.due + payment.refundDue, refunded: sum.refunded + payment.refunded)
    }
  }
}

/// Of one currency, all captures together.
struct CapturedMoney: Equatable {
  var (captured, applied, due, refunded): (Int64, Int64, Int64, Int64)

  init(captured: Int64, applied: Int64, due: Int64, refunded: Int64) {
    (self.captured, self.applied, self.due, self.refunded) = (captured, applied, due, refunded)
  }

  static func == (a: Self, b: Self) -> Bool {
    (a.captured, a.applied, a.due, a.refunded) == (b.captured, b.applied, b.due, b.refunded)
  }
}

extension Timestamp {
  static func at(_ second: Int64) -> Timestamp { Timestamp(microseconds: second * 1_000_000) }
}
