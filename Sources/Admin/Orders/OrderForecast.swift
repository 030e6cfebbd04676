internal import FlashSale
internal import HTTPServing
internal import Time

/// What a command will do to an order as it stands, in numbers. The rules are those of `LaneStock`, which decides.
struct OrderForecast: Equatable, Sendable {
  struct Line: Equatable, Sendable {
    let sku: SKU
    let units: Units
  }

  /// Units that the order gives up, by SKU.
  var back: [Line] = []

  /// Whether they go back to the stock: those of an order that waits were never taken from it.
  var areFromStock = false

  /// Units that the order keeps.
  var kept = Units.zero

  /// Where the order will stand.
  var state: Hold.State?

  /// Money that becomes due to be paid back by the command.
  var due: Money?

  /// Money that counts as paid back, what of it is not due yet, and what of its payment stays due.
  var refunded: Money?
  var notDue: Money?
  var stillDue: Money?

  /// The hold's end.
  var expiresAt: Timestamp?
}

extension OrderStanding {
  /// What a command will do. Throws what it would be refused with as the order stands.
  func forecast(_ request: OrderRequest) throws(Problem) -> OrderForecast {
    switch request {
    case .cancel(let units, let sku): try cancelling(units, of: sku)
    case .refund(let payment, let minor): try refunding(payment, minor)
    case .extend: try extending()
    case .release: try ending(.release, as: .released)
    }
  }

  /// What the state does not allow.
  private func refuse(_ code: ProblemCode) -> Problem {
    Problem(code, detail: "Nothing was done.").with { [record] in
      $0.order = record.orderID
      $0.state = record.state
    }
  }

  private func extending() throws(Problem) -> OrderForecast {
    guard state == .reserved else { throw refuse(.notAllowed) }
    guard let extended else { throw refuse(.noneLeft) }
    return OrderForecast(kept: total(lines), state: state, expiresAt: extended)
  }

  /// All units are given up.
  private func ending(_ action: OrderAction, as end: Hold.State) throws(Problem) -> OrderForecast {
    guard allows(action), let state else { throw refuse(.notAllowed) }
    let due = state == .paid && end != .refunded ? money(lines) : nil
    let owes = due != nil || record.payments.contains { $0.refundDue > 0 && $0.currency == record.currency }
    return OrderForecast(
      back: lines.map { OrderForecast.Line(sku: $0.sku, units: $0.units) }, areFromStock: state.hasUnits,
      state: owes && end != .refunded ? .refundDue : end, due: due)
  }

  private func cancelling(_ units: Units?, of sku: SKU?) throws(Problem) -> OrderForecast {
    guard allows(.cancel), let state else { throw refuse(.notAllowed) }
    if units == nil, sku == nil { return try ending(.cancel, as: .cancelled) }
    guard sku != nil || !isBasket, let line = lines.first(where: { sku == nil || $0.sku == sku }) else {
      throw .body(.invalidField("sku", "is of no line of the order, or is missing for an order of several"))
    }
    let back = units ?? line.units
    guard back <= line.units else { throw refuse(.tooMuch) }
    guard back < total(lines) else { return try ending(.cancel, as: .cancelled) }
    let part = Hold.Line(sku: line.sku, units: back, priceMinor: line.priceMinor)
    return OrderForecast(
      back: [OrderForecast.Line(sku: line.sku, units: back)], areFromStock: state.hasUnits,
      kept: total(lines) - back, state: state, due: state == .paid ? money([part]) : nil)
  }

  private func refunding(_ id: PaymentID, _ minor: Int64) throws(Problem) -> OrderForecast {
    guard let payment = record.payments.first(where: { $0.paymentID == id.rawValue }) else {
      throw refuse(.paymentNotFound)
    }
    guard minor <= payment.refundDue + payment.applied else { throw refuse(.tooMuch) }
    let notDue = max(0, minor - payment.refundDue)
    // Only the payment that pays the order has money applied. With all of it gone, so are the units.
    let isUnpaid = state == .paid && payment.applied > 0 && notDue == payment.applied
    var forecast =
      isUnpaid ? try ending(.refund, as: .refunded) : OrderForecast(kept: total(lines), state: state)
    func money(_ minor: Int64) -> Money? { minor > 0 ? Money(minor: minor, currency: payment.currency) : nil }
    forecast.refunded = money(minor)
    forecast.notDue = money(notDue)
    forecast.stillDue = money(payment.refundDue - (minor - notDue))
    let dueElsewhere = record.payments.contains { $0.paymentID != payment.paymentID && $0.refundDue > 0 }
    if state == .refundDue, forecast.stillDue == nil, !dueElsewhere { forecast.state = .refunded }
    return forecast
  }

  private func total(_ lines: [Hold.Line]) -> Units { lines.reduce(.zero) { $0 + $1.units } }

  /// What becomes due of what the order is paid with: no more than it has of it.
  private func money(_ lines: [Hold.Line]) -> Money? {
    let applied = record.payments.reduce(Int64(0)) { $0 + $1.applied }
    let minor = min(applied, lines.reduce(0) { $0 + Int64($1.units.rawValue) * $1.priceMinor })
    guard minor > 0, let currency = record.currency else { return nil }
    return Money(minor: minor, currency: currency)
  }
}
