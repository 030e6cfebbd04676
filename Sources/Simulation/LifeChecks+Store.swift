internal import FlashSale

// Whether the tables are as the log implies.

extension LifeChecks {
  /// Whether the tables are as the log implies.
  mutating func look(at store: SimulatedStore) -> Violation? {
    for (key, _) in shop.stock {
      guard let shelf = shelves[key], let row = store.stock[key]?.level else { continue }
      guard shelf.left >= 0, row.left.rawValue == shelf.left, row.reserved.rawValue == shelf.reserved,
        row.putUp.rawValue == shelf.putUp
      else {
        return Violation(
          invariant: "I1",
          what: "\(key.sku) of sale \(key.sale) has \(row.left) left and \(row.reserved) held of \(row.putUp) in the "
            + "store, and \(shelf.left), \(shelf.reserved) and \(shelf.putUp) by its orders")
      }
      guard row.isClosed == shelf.isClosed else {
        return Violation(invariant: "stock", what: "\(key.sku) of sale \(key.sale) is closed: \(row.isClosed)")
      }
      if shelf.mustOffer, !shelf.isClosed, let violation = unoffered(key, shelf.left) { return violation }
      shelves[key]?.mustOffer = false
    }
    return lookAtLives(of: store) ?? lookAtMoney(of: store)
  }

  private func unoffered(_ key: StockKey, _ left: Int32) -> Violation? {
    guard let short = shelves[key]?.rules.holds?.waitlist?.short, left > 0 else { return nil }
    let waiting = waiting(for: key)
    let first = short == .skip ? waiting.first { $0.units <= left } : waiting.first
    guard let first, short != .gather || first.units <= left else { return nil }
    return Violation(
      invariant: "waitlist", what: "\(left) units of \(key.sku) are free, and order \(first.request.order) waits")
  }

  private func lookAtLives(of store: SimulatedStore) -> Violation? {
    for (order, hold) in store.lives.holds {
      guard let life = lives[order] else {
        return Violation(invariant: "states", what: "order \(order) has a life and no first decision")
      }
      guard hold.state == life.state, hold.liveUnits.rawValue == life.live, hold.due == life.due else {
        return Violation(
          invariant: "states",
          what: "order \(order) is \(hold.state.code) with \(hold.liveUnits) units, and \(life.state.code) with "
            + "\(life.live) by its history")
      }
      guard hold.state.isLive else { continue }
      let lines = zip(life.request.lines, life.lines)
      for (line, units) in lines where hold.units(of: line.sku)?.rawValue != units {
        return Violation(
          invariant: "I9", what: "order \(order) has not the \(units) units of \(line.sku) of its history")
      }
      guard hold.amountMinor == life.cost else {
        return Violation(invariant: "I13", what: "order \(order) costs \(hold.amountMinor), and its lines \(life.cost)")
      }
    }
    return nil
  }

  /// I13: all that was captured is in the store, and as much of it is applied, to be paid back, and paid back as the
  /// commands say.
  private func lookAtMoney(of store: SimulatedStore) -> Violation? {
    // Each of them is looked for below.
    guard store.lives.payments.count == money.count else {
      return Violation(
        invariant: "I13", what: "\(money.count) payments were captured, \(store.lives.payments.count) are stored")
    }
    for payment in store.lives.payments.values {
      guard let paid = money[payment.key], payment.order == paid.order, payment.captured == paid.captured,
        payment.refundDue == paid.due, payment.refunded == paid.refunded, payment.isCounted == paid.isCounted,
        paid.due >= 0, paid.refunded >= 0, paid.applied >= 0
      else { return Violation(invariant: "I13", what: "payment \(payment.key.id) does not add up") }
      guard payment.applied > 0 else { continue }
      guard let hold = store.lives.holds[payment.order], hold.state == .paid || hold.state == .fulfilled,
        payment.applied <= hold.amountMinor
      else {
        return Violation(invariant: "I13", what: "payment \(payment.key.id) is applied to what it does not pay for")
      }
    }
    for (order, hold) in store.lives.holds {
      guard let life = lives[order], hold.refundDue != due(of: life) else { continue }
      return Violation(
        invariant: "I13", what: "order \(order) owes \(hold.refundDue), its payments \(due(of: life))")
    }
    return nil
  }
}
