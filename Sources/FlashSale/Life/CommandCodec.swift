internal import Time

// Commands as they stand in the log.

extension WireRecord.OneOf_Command {
  /// Whether this version knows what is to happen.
  var isKnown: Bool {
    switch self {
    case .place, .close: true
    case .order(let order): order.action != nil
    case .stock(let stock): stock.action != nil
    }
  }
}

extension WireOrderCommand {
  init(_ command: OrderCommand) {
    self.init()
    orderIDHigh = command.order.high
    orderIDLow = command.order.low
    sku = command.stock.sku.rawValue
    buyer = command.buyer?.rawValue ?? ""
    by = command.by.name
    reason = command.by.reason
    commandID = command.id?.rawValue ?? 0
    switch command.action {
    case .pay(let capture):
      pay.payment = capture.payment.rawValue
      pay.minor = capture.minor
      pay.currency = capture.currency
    case .refunded(let payment, let minor, let onlyDue):
      refunded.payment = payment.rawValue
      refunded.minor = minor
      refunded.onlyDue = onlyDue
    case .cancel(let units, let sku):
      cancel = units.map { UInt32(bitPattern: $0.rawValue) } ?? 0
      line = sku?.rawValue ?? ""
    case .release: release = WireNothing()
    case .extend: extend = WireNothing()
    case .expire: expire = WireNothing()
    case .fulfil: fulfil = WireNothing()
    }
  }

  func command(of sale: SaleNumber, at: Timestamp) throws(ValidationError) -> OrderCommand {
    try OrderCommand(
      order: OrderID(high: orderIDHigh, low: orderIDLow),
      stock: StockKey(sale: sale, sku: try SKU(validating: sku)),
      buyer: buyer.isEmpty ? nil : try BuyerID(validating: buyer, field: "buyer"), at: at, action: try knownAction,
      id: commandID == 0 ? nil : CommandID(rawValue: commandID), by: try Actor(name: by, reason: reason))
  }

  private var knownAction: OrderCommand.Action {
    get throws(ValidationError) {
      switch action {
      case .pay(let pay):
        .pay(
          try Capture(
            payment: try PaymentID(validating: pay.payment), minor: pay.minor, currency: pay.currency))
      case .refunded(let refund):
        .refunded(try PaymentID(validating: refund.payment), minor: refund.minor, onlyDue: refund.onlyDue)
      case .cancel(let units):
        .cancel(
          units == 0 ? nil : Units(Int32(clamping: units)),
          of: line.isEmpty ? nil : try SKU(validating: line, field: "line"))
      case .release: .release
      case .extend: .extend
      case .expire: .expire
      case .fulfil: .fulfil
      case nil: throw ValidationError("action", "is missing")
      }
    }
  }
}

extension WireStockCommand {
  init(_ command: StockCommand) {
    self.init()
    sku = command.stock.sku.rawValue
    by = command.by.name
    reason = command.by.reason
    commandID = command.id?.rawValue ?? 0
    switch command.action {
    case .restock(let units): restock = UInt32(bitPattern: units.rawValue)
    case .reduce(let units): reduce = UInt32(bitPattern: units.rawValue)
    case .reopen: reopen = WireNothing()
    case .change(let rules):
      var wire = WireRuleChange()
      if let time = rules.startsAt { wire.startsAtUs = UInt64(clamping: time.microseconds) }
      if let time = rules.endsAt { wire.endsAtUs = UInt64(clamping: time.microseconds) }
      if let limit = rules.perBuyerLimit { wire.perBuyerLimit = UInt32(bitPattern: limit.rawValue) }
      if let minor = rules.priceMinor { wire.priceMinor = minor }
      change = wire
    case .close: close = WireNothing()
    }
  }

  func command(of sale: SaleNumber, at: Timestamp) throws(ValidationError) -> StockCommand {
    try StockCommand(
      stock: StockKey(sale: sale, sku: try SKU(validating: sku)), at: at, action: try knownAction,
      id: commandID == 0 ? nil : CommandID(rawValue: commandID), by: try Actor(name: by, reason: reason))
  }

  private var knownAction: StockCommand.Action {
    get throws(ValidationError) {
      switch action {
      case .restock(let units): .restock(Units(Int32(clamping: units)))
      case .reduce(let units): .reduce(Units(Int32(clamping: units)))
      case .reopen: .reopen
      case .change(let rules):
        .change(
          try RuleChange(
            startsAt: rules.hasStartsAtUs ? Timestamp(microseconds: Int64(clamping: rules.startsAtUs)) : nil,
            endsAt: rules.hasEndsAtUs ? Timestamp(microseconds: Int64(clamping: rules.endsAtUs)) : nil,
            perBuyerLimit: rules.hasPerBuyerLimit ? Units(Int32(clamping: rules.perBuyerLimit)) : nil,
            priceMinor: rules.hasPriceMinor ? rules.priceMinor : nil))
      case .close: .close
      case nil: throw ValidationError("action", "is missing")
      }
    }
  }
}
