internal import Time

// Commands about a stock. What is won is never taken away.

extension LaneStock {
  mutating func decide(_ command: StockCommand, at offset: Offset, into effects: inout Effects) {
    guard let place = stock.index(forKey: command.stock) else {
      return effects.quarantine(offset, error: unknown(command.stock))
    }
    let before = stock.values[place]
    if let first = takeID(of: command) {
      let isSame = first == command.action.digest
      return note(command, isSame ? .repeated : .anotherCommand, before, before, at: offset, into: &effects)
    }
    guard let change = before.changed(by: command.action) else {
      return note(command, .tooMuch, before, before, at: offset, into: &effects)
    }
    guard change != before else { return note(command, .repeated, before, before, at: offset, into: &effects) }
    stock.values[place] = change
    stock.values[place].asOf = offset.next
    effects.change(command.stock)
    note(command, .applied, before, change, at: offset, into: &effects)
    offer(command.stock, at: command.at, offset, into: &effects)
  }

  /// What the first command with this one's id asked for; `nil`: this one is the first, or has no id.
  private mutating func takeID(of command: StockCommand) -> CommandDigest? {
    guard let id = command.id else { return nil }
    let key = StockCommandKey(stock: command.stock, id: id)
    if let first = doneToStock[key] { return first }
    doneToStock[key] = command.action.digest
    return nil
  }

  private func note(
    _ command: StockCommand, _ result: HistoryEntry.Result, _ before: Level, _ after: Level, at offset: Offset,
    into effects: inout Effects
  ) {
    effects.note(
      HistoryEntry(
        offset: offset, place: 0, stock: command.stock, order: nil, action: command.action.historyAction,
        result: result, units: after.putUp.rawValue - before.putUp.rawValue, minor: 0, state: nil, sequence: 0,
        at: command.at, command: command.id, digest: command.digest, by: command.by))
  }
}

extension LaneStock.Level {
  /// The level behind a command; `nil` if that can't be.
  fileprivate func changed(by action: StockCommand.Action) -> Self? {
    var level = self
    switch action {
    case .restock(let units):
      // Both are at most `Limits.stockUnits`, so their sum fits.
      guard putUp + units <= Units(Limits.stockUnits) else { return nil }
      level.putUp = putUp + units
      level.left = left + units
    case .reduce(let units):
      guard units <= left else { return nil }
      level.putUp = putUp - units
      level.left = left - units
    case .reopen: level.isClosed = false
    case .close: level.isClosed = true
    case .change(let change):
      level.rules.startsAt = change.startsAt ?? rules.startsAt
      level.rules.endsAt = change.endsAt ?? rules.endsAt
      guard level.rules.startsAt < level.rules.endsAt else { return nil }
      if let limit = change.perBuyerLimit {
        // Where there was none, nobody has counted what buyers hold, and perhaps several lanes would have to.
        guard rules.perBuyerLimit != nil else { return nil }
        level.rules.perBuyerLimit = limit
      }
      if let minor = change.priceMinor {
        // Without holds, the price at which an order was won is not kept.
        guard minor > 0, rules.holds != nil else { return nil }
        level.price.minor = minor
      }
    }
    return level
  }
}

extension StockCommand.Action {
  /// What it is called in the history.
  public var historyAction: HistoryEntry.Action {
    switch self {
    case .restock: .restock
    case .reduce: .reduce
    case .reopen: .reopen
    case .change: .change
    case .close: .close
    }
  }
}
