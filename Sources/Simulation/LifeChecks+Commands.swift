internal import FlashSale
internal import Time

// What commands must do, as docs/order-states.md says it, reckoned apart from `decide`: a mistake there is found.

extension LifeChecks {
  /// What a command must do to an order, or to a stock.
  struct Verdict: Equatable, CustomStringConvertible {
    let result: HistoryEntry.Result
    /// The order's state behind it.
    var state: Hold.State?
    /// By how much the live units of each line change, or those put up; empty if none do.
    var lines: [Int32] = []
    var units: Int32 = 0
    /// What it moves, in minor units.
    var minor: Int64 = 0
    /// Whether it is an event of the order, though its state and its units may stay.
    var changes = false

    /// It does nothing.
    init(_ result: HistoryEntry.Result, _ life: Life?) {
      self.result = result
      state = life?.state
    }

    /// It does something.
    init(_ result: HistoryEntry.Result, _ state: Hold.State?, _ lines: [Int32] = [], minor: Int64 = 0) {
      self.result = result
      self.state = state
      self.lines = lines.contains { $0 != 0 } ? lines : []
      units = lines.reduce(0, +)
      self.minor = minor
      changes = true
    }

    /// What was done, to something that has so many lines.
    init(_ entry: HistoryEntry, lines count: Int) {
      result = entry.result
      state = entry.state
      lines = count > 1 || entry.units == 0 ? entry.lineUnits : [entry.units]
      units = entry.units
      minor = entry.minor
      changes = entry.sequence > 0
    }

    var description: String {
      "\(result.code), \(state.map { "\($0.code), " } ?? "")\(units) units \(lines), \(minor) of money"
    }
  }

  /// What a command must do, and whether that is because its id was used before.
  func verdict(on command: OrderCommand) -> (Verdict, isKnown: Bool) {
    let life = lives[command.order].flatMap { $0.request.stock == command.stock ? $0 : nil }
    if let first = first(command.id, of: command.order, command.stock), let digest = command.digest {
      return (Verdict(first == digest ? .repeated : .anotherCommand, life), isKnown: true)
    }
    switch command.action {
    case .pay(let capture):
      let isKnown = money[Payment.Key(sale: command.stock.sale, id: capture.payment)] != nil
      return (isKnown ? Verdict(.repeated, life) : verdict(on: capture, command, life), isKnown: isKnown)
    case .refunded(let payment, let minor, let onlyDue):
      return (verdict(on: minor, of: payment, onlyDue: onlyDue, command, life), isKnown: false)
    case .cancel, .release, .extend, .expire, .fulfil:
      guard let life, isRight(command, life) else { return (Verdict(notFound(command, life), life), isKnown: false) }
      return (verdict(on: command, life), isKnown: false)
    }
  }

  private func first(_ id: CommandID?, of order: OrderID?, _ stock: StockKey) -> CommandDigest? {
    id.flatMap { commands[NamedCommand(order: order, stock: stock, id: $0)] }
  }

  /// Whether the buyer that a command names is the order's, if it names one.
  private func isRight(_ command: OrderCommand, _ life: Life) -> Bool {
    command.buyer == nil || command.buyer == life.request.buyer
  }

  private func notFound(_ command: OrderCommand, _ life: Life?) -> HistoryEntry.Result {
    guard life == nil else { return .anotherOrder }
    return refused[command.order] == command.stock ? .refused : .unknownOrder
  }

  // MARK: Without money

  private func verdict(on command: OrderCommand, _ life: Life) -> Verdict {
    let shelf = shelves[command.stock]
    switch (command.action, life.state) {
    case (.release, .reserved), (.release, .waiting): return end(life, .released)
    case (.fulfil, .confirmed), (.fulfil, .paid): return Verdict(.applied, .fulfilled)
    case (.cancel(let units, let sku), let state) where state.isLive && state != .fulfilled:
      return cancel(units, of: sku, life)
    case (.extend, .reserved):
      guard let due = life.due, let holds = shelf?.rules.holds, life.extensions < holds.extensions,
        let extended = extended(life, holds), extended > due
      else { return Verdict(.noneLeft, life) }
      return Verdict(.applied, .reserved)
    case (.expire, .reserved):
      return life.due.map { command.at >= $0 } ?? false ? end(life, .expired) : Verdict(.notDue, life)
    case (.expire, .waiting):
      let isOver = shelf.map { $0.isClosed || command.at >= $0.rules.endsAt } ?? false
      return isOver ? end(life, .lapsed) : Verdict(.notDue, life)
    default: return Verdict(.notAllowed, life)
    }
  }

  /// Until when a hold lasts that is extended once more. An offer does not outlive its sale.
  func extended(_ life: Life, _ holds: HoldRules) -> Timestamp? {
    guard let due = life.due?.after(seconds: holds.extensionSeconds) else { return nil }
    return life.isOffer ? shelves[life.request.stock].map { min(due, $0.rules.endsAt) } : due
  }

  private func cancel(_ units: Units?, of sku: SKU?, _ life: Life) -> Verdict {
    guard units != nil || sku != nil else { return end(life, .cancelled) }
    let skus = life.request.lines.map(\.sku)
    guard let index = sku == nil && skus.count == 1 ? 0 : skus.firstIndex(where: { $0 == sku }) else {
      return Verdict(.unknownLine, life)
    }
    let back = units?.rawValue ?? life.lines[index]
    guard back > 0, back <= life.lines[index] else { return Verdict(.tooMuch, life) }
    guard back < life.units else { return end(life, .cancelled) }
    let owed = owed(life, for: Int64(back) * life.prices[index])
    return Verdict(
      owed > 0 ? .refundDue : .applied, life.state, skus.indices.map { $0 == index ? -back : 0 }, minor: owed)
  }

  /// All of its units come back, and what they were paid with is owed.
  private func end(_ life: Life, _ state: Hold.State) -> Verdict {
    let owed = owed(life, for: life.cost)
    return Verdict(
      owed > 0 ? .refundDue : .applied, owed > 0 || due(of: life) > 0 ? .refundDue : state, life.lines.map { -$0 },
      minor: owed)
  }

  // MARK: Money

  /// What of a payment is to be paid back for units that it paid and that come back.
  private func owed(_ life: Life, for cost: Int64) -> Int64 {
    guard life.state == .paid, let payment = life.payment else { return 0 }
    return min(cost, money[Payment.Key(sale: life.request.stock.sale, id: payment)]?.applied ?? 0)
  }

  /// What all payments of an order owe.
  func due(of life: Life) -> Int64 {
    money.values.reduce(0) { $0 + ($1.order == life.request.order && $1.isCounted ? $1.due : 0) }
  }

  /// I13: whatever becomes of an order, a capture is applied to it or due to be paid back. In time and of the right
  /// amount, it pays what is reserved.
  private func verdict(on capture: Capture, _ command: OrderCommand, _ life: Life?) -> Verdict {
    guard let life, isRight(command, life), capture.currency == shelves[command.stock]?.currency else {
      let isFound = life.map { isRight(command, $0) } ?? false
      var verdict = Verdict(isFound ? .wrongAmount : notFound(command, life), life)
      verdict.minor = capture.minor
      return verdict
    }
    let result: HistoryEntry.Result =
      switch life.state {
      case .paid, .fulfilled, .confirmed: .alreadyPaid
      case .waiting: .notAllowed
      case .reserved: capture.minor == life.cost ? .applied : .wrongAmount
      case .expired, .refundDue, .refunded, .released, .cancelled, .lapsed:
        !life.lapsed
          ? .tooLate : capture.minor != life.cost ? .wrongAmount : canReturn(life, by: command) ? .applied : .tooLate
      }
    guard result == .applied else {
      return Verdict(result, life.state.isLive ? life.state : .refundDue, minor: capture.minor)
    }
    return Verdict(.applied, .paid, life.state == .reserved ? [] : life.lines, minor: capture.minor)
  }

  /// Whether a hold that ran out can have its units after all: they are there, kept for nobody, and her limit has room.
  private func canReturn(_ life: Life, by command: OrderCommand) -> Bool {
    guard shelves[command.stock]?.rules.holds?.latePayment == .ifFree, life.request.terms.subjects.isEmpty else {
      return false
    }
    var held = bought[life.request.holder] ?? 0
    for (key, units) in zip(life.keys, life.lines) where units > 0 {
      guard let shelf = shelves[key], !shelf.isClosed, shelf.left >= units, !isKept(key, at: command.at) else {
        return false
      }
      held += units
      // What somebody holds whom the command does not name is not looked up.
      if let limit = shelf.rules.perBuyerLimit, command.buyer == nil || held > limit.rawValue { return false }
    }
    return true
  }

  private func verdict(
    on minor: Int64, of payment: PaymentID, onlyDue: Bool, _ command: OrderCommand, _ life: Life?
  ) -> Verdict {
    guard let paid = money[Payment.Key(sale: command.stock.sale, id: payment)], paid.order == command.order,
      paid.stock == command.stock
    else { return Verdict(.unknownOrder, life) }
    guard minor <= paid.due + (onlyDue ? 0 : paid.applied) else { return Verdict(.tooMuch, life) }
    guard let life, paid.isCounted else {
      var verdict = Verdict(.applied, life)
      verdict.minor = minor
      return verdict
    }
    let ofDue = min(minor, paid.due)
    let isSettled = due(of: life) == ofDue
    // All of its money is back with the buyer, so she no longer has the units.
    if life.state == .paid, life.payment == payment, paid.applied == minor - ofDue {
      return Verdict(.applied, isSettled ? .refunded : .refundDue, life.lines.map { -$0 }, minor: minor)
    }
    return Verdict(.applied, life.state == .refundDue && isSettled ? .refunded : life.state, minor: minor)
  }

  // MARK: Stock

  /// What a command must do to a stock, and the stock behind it.
  func verdict(on command: StockCommand, upon before: Shelf) -> (Verdict, Shelf) {
    if let first = first(command.id, of: nil, command.stock) {
      return (Verdict(first == command.action.digest ? .repeated : .anotherCommand, nil), before)
    }
    var after = before
    guard after.apply(command.action) else { return (Verdict(.tooMuch, nil), before) }
    var verdict = Verdict(after == before ? .repeated : .applied, nil)
    verdict.units = after.putUp - before.putUp
    if verdict.units != 0 { verdict.lines = [verdict.units] }
    return (verdict, after)
  }
}

extension LifeChecks.Shelf {
  /// Returns false if that can't be.
  fileprivate mutating func apply(_ action: StockCommand.Action) -> Bool {
    switch action {
    case .restock(let units):
      putUp += units.rawValue
      left += units.rawValue
    case .reduce(let units):
      guard units.rawValue <= left else { return false }
      putUp -= units.rawValue
      left -= units.rawValue
    case .reopen: isClosed = false
    case .close: isClosed = true
    case .change(let change):
      guard change.perBuyerLimit == nil || rules.perBuyerLimit != nil else { return false }
      guard change.priceMinor.map({ $0 > 0 && rules.holds != nil }) ?? true else { return false }
      rules.startsAt = change.startsAt ?? rules.startsAt
      rules.endsAt = change.endsAt ?? rules.endsAt
      rules.perBuyerLimit = change.perBuyerLimit ?? rules.perBuyerLimit
      priceMinor = change.priceMinor ?? priceMinor
      return rules.startsAt < rules.endsAt
    }
    return true
  }
}
