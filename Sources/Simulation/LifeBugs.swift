internal import FlashSale
internal import Time

extension PlantedBug {
  /// What lanes decide of a command about an order, with one of these mistakes.
  func decides(_ state: inout LaneStock, _ command: OrderCommand, at offset: Offset, into effects: inout Effects) {
    switch (self, command.action) {
    case (.releasedTwice, .expire), (.releasedTwice, .release):
      if case .hold(let hold) = state.lives[command.order], hold.stock == command.stock, hold.state == .expired,
        let level = state.stock[hold.stock], level.left + level.reserved < level.putUp
      {
        state.stock[hold.stock]?.left = level.left + Units(1)
        effects.change(hold.stock)
      }
    case (.expiryEarly, .expire):
      guard case .hold(let hold) = state.lives[command.order], let due = hold.due else { break }
      let life = hold.with(due: due.after(-1_000_000), extensions: hold.extensions)
      return decides(&state, command, upon: life, at: offset, into: &effects)
    case (.refundSwallowed, .pay):
      guard isApplied(command, upon: state, at: offset, effects) else { return }
    case (.ownHoldInTheWay, .pay):
      guard case .hold(let hold) = state.lives[command.order], hold.state == .reserved,
        let level = state.stock[hold.stock], level.left < hold.units,
        isApplied(command, upon: state, at: offset, effects)
      else { break }
      state.lives[command.order] = nil
    // One with an id would be betrayed by what it says it has asked for.
    case (.dueNotLookedAt, .refunded(let payment, let minor, onlyDue: true)) where command.id == nil:
      guard let known = state.payments[Payment.Key(sale: command.stock.sale, id: payment)], minor > known.refundDue,
        let other = command.with(.refunded(payment, minor: minor))
      else { break }
      return decide(&state, .order(other), at: offset, into: &effects)
    case (.cancelsMore, .cancel(let units?, let sku)) where command.id == nil:
      guard let more = command.with(.cancel(units + Units(1), of: sku)),
        isApplied(more, upon: state, at: offset, effects)
      else { break }
      return decide(&state, .order(more), at: offset, into: &effects)
    case (.extendedForEver, .extend):
      guard case .hold(let hold) = state.lives[command.order] else { break }
      return decides(&state, command, upon: hold.with(due: hold.due, extensions: 0), at: offset, into: &effects)
    case (.lineGivesAnothersBack, .cancel(_, of: let sku?)):
      return givesBack(&state, command, of: sku, at: offset, into: &effects)
    case (.firstPriceForAll, .pay(let capture)), (.wrongAmountLasts, .pay(let capture)):
      guard case .hold(let hold) = state.lives[command.order], refuses(capture, for: hold),
        let wrong = try? Capture(payment: capture.payment, minor: capture.minor, currency: "XXX"),
        let other = command.with(.pay(wrong)), isApplied(command, upon: state, at: offset, effects)
      else { break }
      return decide(&state, .order(other), at: offset, into: &effects)
    default: break
    }
    decide(&state, .order(command), at: offset, into: &effects)
  }

  /// Whether the real function would do what the command asks for.
  private func isApplied(
    _ command: OrderCommand, upon state: LaneStock, at offset: Offset, _ effects: Effects
  ) -> Bool {
    var (state, effects) = (state, effects)
    decide(&state, .order(command), at: offset, into: &effects)
    return effects.history.last { $0.action == command.action.historyAction }?.result == .applied
  }

  /// Decides upon an order's life as the mistake has it. A command that does nothing leaves it as it was.
  private func decides(
    _ state: inout LaneStock, _ command: OrderCommand, upon life: Hold, at offset: Offset,
    into effects: inout Effects
  ) {
    let before = state.lives.updateValue(.hold(life), forKey: command.order)
    decide(&state, .order(command), at: offset, into: &effects)
    if state.lives[command.order] == .hold(life) { state.lives[command.order] = before }
  }

  /// Whether the mistake is to take the capture for a wrong one.
  private func refuses(_ capture: Capture, for hold: Hold) -> Bool {
    if self == .wrongAmountLasts { return hold.isLapsed && hold.state != .expired }
    return hold.state == .reserved && !hold.lines.isEmpty
      && capture.minor != Int64(hold.units.rawValue) * hold.price.minor
  }
}

extension OrderCommand {
  /// The same, to do something else.
  fileprivate func with(_ action: Action) -> OrderCommand? {
    try? OrderCommand(order: order, stock: stock, buyer: buyer, at: at, action: action, id: id, by: by)
  }
}

extension Hold {
  /// The same, held until another time, or extended as often.
  fileprivate func with(due: Timestamp?, extensions: Int32) -> Hold {
    Hold(
      order: order, stock: stock, buyer: buyer, price: price, offset: offset, state: state, units: units, due: due,
      isOffer: isOffer, isLapsed: isLapsed, extensions: extensions, payment: payment, refundDue: refundDue,
      sequence: sequence, asOf: asOf, subjects: subjects, lines: lines)
  }
}
