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
      guard
        let later = try? OrderCommand(
          order: command.order, stock: command.stock, buyer: command.buyer, at: command.at.after(1_000_000),
          action: .expire, id: command.id, by: command.by)
      else { break }
      return decide(&state, .order(later), at: offset, into: &effects)
    case (.refundSwallowed, .pay):
      var (after, changes) = (state, effects)
      decide(&after, .order(command), at: offset, into: &changes)
      if changes.history.last?.result != .applied { return }
    case (.ownHoldInTheWay, .pay):
      guard case .hold(let hold) = state.lives[command.order], hold.state == .reserved,
        let level = state.stock[hold.stock], level.left < hold.units
      else { break }
      state.lives[command.order] = nil
    case (.dueNotLookedAt, .refunded(let payment, let minor, onlyDue: true)):
      guard let known = state.payments[Payment.Key(sale: command.stock.sale, id: payment)], minor > known.refundDue,
        let other = try? OrderCommand(
          order: command.order, stock: command.stock, buyer: command.buyer, at: command.at,
          action: .refunded(payment, minor: minor), id: command.id, by: command.by)
      else { break }
      return decide(&state, .order(other), at: offset, into: &effects)
    case (.lineGivesAnothersBack, .cancel(_, of: let sku?)):
      return givesBack(&state, command, of: sku, at: offset, into: &effects)
    case (.firstPriceForAll, .pay(let capture)), (.wrongAmountLasts, .pay(let capture)):
      guard case .hold(let hold) = state.lives[command.order], refuses(capture, for: hold),
        let wrong = try? Capture(payment: capture.payment, minor: capture.minor, currency: "XXX"),
        let other = try? OrderCommand(
          order: command.order, stock: command.stock, buyer: command.buyer, at: command.at, action: .pay(wrong),
          id: command.id, by: command.by)
      else { break }
      var (after, changes) = (state, effects)
      decide(&after, .order(command), at: offset, into: &changes)
      guard changes.history.last?.result == .applied else { break }
      return decide(&state, .order(other), at: offset, into: &effects)
    default: break
    }
    decide(&state, .order(command), at: offset, into: &effects)
  }

  /// Whether the mistake is to take the capture for a wrong one.
  private func refuses(_ capture: Capture, for hold: Hold) -> Bool {
    if self == .wrongAmountLasts { return hold.isLapsed && hold.state != .expired }
    return hold.state == .reserved && !hold.lines.isEmpty
      && capture.minor != Int64(hold.units.rawValue) * hold.price.minor
  }
}
