internal import FlashSale
internal import Time

/// What this version makes of a record of the log: what it asks for, and fields with names.
struct DecodedRecord: Equatable {
  /// The names are the API's.
  enum Field: String, CaseIterable, Sendable {
    case order = "order_id"
    case sale, sku, buyer, units
    case acceptedAt = "accepted_at"
    case lines, limits
    case buyerLimit = "buyer_limit"
    case waits, payment, amount
    case amountMinor = "amount_minor"
    case change
    case commandID = "command_id"
    case by, reason
  }

  struct Value: Equatable {
    let field: Field
    let text: String
  }

  /// `nil`: it places an order.
  let action: HistoryEntry.Action?

  /// Those that the record has.
  private(set) var values: [Value] = []

  init(_ record: LogRecord) {
    switch record {
    case .place(let request):
      action = nil
      add(request)
    case .close(let stock, let at):
      action = .close
      add(stock)
      add(.acceptedAt, at)
    case .order(let command):
      action = command.action.historyAction
      add(.order, command.order)
      add(command.stock)
      add(.buyer, command.buyer)
      add(.acceptedAt, command.at)
      add(command.action)
      add(command.id, by: command.by)
    case .stock(let command):
      action = command.action.historyAction
      add(command.stock)
      add(.acceptedAt, command.at)
      add(command.action)
      add(command.id, by: command.by)
    }
  }

  /// `place: order_id …, sale 7, …`, as the API has it.
  var words: String {
    "\(action?.code ?? "place"): " + values.map { "\($0.field.rawValue) \($0.text)" }.joined(separator: ", ")
  }

  private mutating func add(_ field: Field, _ value: (some CustomStringConvertible)?) {
    if let value { values.append(Value(field: field, text: value.description)) }
  }

  private mutating func add(_ stock: StockKey) {
    add(.sale, stock.sale.rawValue)
    add(.sku, stock.sku)
  }

  private mutating func add(_ request: PurchaseRequest) {
    add(.order, request.order)
    add(request.stock)
    add(.buyer, request.buyer)
    add(.units, request.quantity)
    add(.acceptedAt, request.acceptedAt)
    let terms = request.terms
    add(.lines, Self.list(terms.lines.map { "\($0.quantity) × \($0.sku)" }))
    add(.limits, Self.list(terms.subjects.map { "\($0.kind) \($0.id) ≤ \($0.limit)" }))
    add(.buyerLimit, terms.buyerLimit)
    if terms.waits { add(.waits, true) }
  }

  private mutating func add(_ action: OrderCommand.Action) {
    switch action {
    case .pay(let capture):
      add(.payment, capture.payment)
      add(.amount, Money(minor: capture.minor, currency: capture.currency))
    case .refunded(let payment, let minor, _):
      add(.payment, payment)
      // The record does not have its currency.
      add(.amountMinor, minor)
    case .cancel(let units, let sku):
      add(.units, units)
      add(.lines, sku)
    case .release, .extend, .expire, .fulfil: break
    }
  }

  private mutating func add(_ action: StockCommand.Action) {
    switch action {
    case .restock(let units), .reduce(let units): add(.units, units)
    case .change(let change):
      let rules = [
        change.startsAt.map { "starts_at \($0)" }, change.endsAt.map { "ends_at \($0)" },
        change.perBuyerLimit.map { "per_buyer_limit \($0)" }, change.priceMinor.map { "price_minor \($0)" },
      ]
      add(.change, Self.list(rules.compactMap { $0 }))
    case .reopen, .close: break
    }
  }

  private mutating func add(_ id: CommandID?, by actor: Actor) {
    add(.commandID, id?.rawValue)
    add(.by, actor.name)
    if !actor.reason.isEmpty { add(.reason, actor.reason) }
  }

  private static func list(_ texts: [String]) -> String? { texts.isEmpty ? nil : texts.joined(separator: "; ") }
}
