internal import FlashSale
internal import Lane

// Lives of orders as `SaleStore` keeps them, with the statements of `LifeRows` and `LifeWrite`.

extension SimulatedStore {
  /// The tables `holds`, `payments` and `history`.
  struct Lives {
    var holds: [OrderID: Hold] = [:]
    var payments: [Payment.Key: Payment] = [:]
    var history: [HistoryEntry] = []
    /// The index `history_offers`.
    var offers: [OrderID: Offset] = [:]
  }

  /// What a transaction changes of them.
  struct LifeChanges {
    var holds: [Hold] = []
    var payments: [Payment] = []
    var history: [HistoryEntry] = []
    var subjects: [Effects.SubjectChange] = []
  }

  /// What each buyer holds or waits for, and how many of her holds have lapsed.
  func unitsByBuyer() -> [LaneStock.Holder: (units: Int64, lapses: Int64)] {
    var held: [LaneStock.Holder: (units: Int64, lapses: Int64)] = [:]
    for order in orders.values where order.outcome.isCounted && lives.holds[order.request.order] == nil {
      let holder = LaneStock.Holder(sale: order.request.stock.sale, buyer: order.request.buyer)
      held[holder, default: (0, 0)].units += Int64(order.request.quantity.rawValue)
    }
    for hold in lives.holds.values {
      let holder = LaneStock.Holder(sale: hold.stock.sale, buyer: hold.buyer)
      let units = bug == .allowanceKept ? hold.units : hold.liveUnits
      held[holder, default: (0, 0)].units += Int64(units.rawValue)
      if hold.isLapsed { held[holder, default: (0, 0)].lapses += 1 }
    }
    return held
  }

  /// What commands name, and who waits for stock that is loaded.
  func loadLives(_ needs: BatchNeeds, into facts: inout LoadedFacts) {
    if !needs.unknownStock.isEmpty { loadWaiters(of: needs.unknownStock, into: &facts) }
    guard let commands = needs.commands else { return }
    for order in commands.orders {
      if let hold = lives.holds[order] {
        facts.lives[order] = .hold(bug == .linesForgotten ? hold.withoutLines : hold)
        if let id = hold.payment {
          let key = Payment.Key(sale: hold.stock.sale, id: id)
          facts.payments[key] = lives.payments[key]
        }
      } else if let row = orders.values.first(where: { $0.request.order == order }) {
        facts.lives[order] = life(of: row)
      }
    }
    for key in commands.payments { if let payment = lives.payments[key] { facts.payments[key] = payment } }
    for entry in lives.history where entry.order == nil && bug != .restockTwice {
      guard let id = entry.command, let digest = entry.digest else { continue }
      let key = LaneStock.StockCommandKey(stock: entry.stock, id: id)
      if commands.stockKeys.contains(key), facts.doneToStock[key] == nil { facts.doneToStock[key] = digest }
    }
    for entry in lives.history where bug != .commandForgotten {
      guard let order = entry.order, let id = entry.command, entry.action != .pay else { continue }
      let key = LaneStock.CommandKey(order: order, stock: entry.stock, id: id)
      guard commands.keys.contains(key) else { continue }
      if facts.done[key] == nil || bug == .lastCommandCounts { facts.done[key] = entry.digest }
    }
  }

  private func loadWaiters(of stock: Set<StockKey>, into facts: inout LoadedFacts) {
    let waiting = lives.holds.values.filter { $0.state == .waiting && stock.contains($0.stock) }
    let isUnordered = bug == .waitlistUnordered
    for hold in waiting.sorted(by: { ($0.offset < $1.offset) != isUnordered }) where bug != .waitersForgotten {
      facts.add(waiting: hold)
    }
  }

  private func life(of row: Order) -> LaneStock.Life? {
    guard row.outcome == .confirmed, let level = stock[row.request.stock]?.level else {
      return .refused(row.request.stock)
    }
    let prices = (baskets[row.position] ?? []).map { line in
      stock[StockKey(sale: row.request.stock.sale, sku: line.sku)]?.level.price.minor ?? 0
    }
    return .hold(Hold(row.request, at: row.position.offset, price: level.price, .confirmed, linePrices: prices))
  }

  /// Begins and changes lives, where the rows are as the lane knows them.
  mutating func write(_ session: Session, holds rows: HoldRows) -> StepAnswer {
    for hold in rows.new where lives.holds[hold.order] != nil { return .conflict("holds_pkey: \(hold.order)") }
    for (hold, before) in rows.changed where lives.holds[hold.order]?.asOf != before {
      return .conflict("a hold is not as this lane knows it: \(hold.order)")
    }
    open[session]?.lives.holds = rows.new + rows.changed.map(\.hold)
    return .done
  }

  /// The same of payments.
  mutating func write(_ session: Session, payments changes: [Effects.PaymentChange]) -> StepAnswer {
    for (other, transaction) in open where other != session {
      for payment in transaction.lives.payments where changes.contains(where: { $0.after.key == payment.key }) {
        return .locked
      }
    }
    for change in changes where lives.payments[change.after.key]?.asOf != change.before?.asOf {
      return .conflict("a payment is not as this lane knows it: \(change.after.key.id)")
    }
    open[session]?.lives.payments = changes.map(\.after)
    return .done
  }

  mutating func write(_ session: Session, history entries: [HistoryEntry]) -> StepAnswer {
    open[session]?.lives.history = entries
    return .done
  }

  mutating func write(_ session: Session, subjectChanges changes: [Effects.SubjectChange]) -> StepAnswer {
    open[session]?.lives.subjects = bug == .subjectKept ? [] : changes
    return .done
  }

  mutating func apply(_ changes: LifeChanges) {
    for hold in changes.holds { lives.holds[hold.order] = hold }
    for payment in changes.payments { lives.payments[payment.key] = payment }
    lives.history += changes.history
    for entry in changes.history where entry.action == .offer {
      if let order = entry.order { lives.offers[order] = entry.offset }
    }
    for change in changes.subjects {
      guard let index = subjects.firstIndex(where: { $0.order == change.order && $0.subject == change.subject }) else {
        continue
      }
      let row = subjects[index]
      subjects[index] = Effects.SubjectCount(
        subject: row.subject, count: change.count, order: row.order, offset: row.offset)
    }
  }
}

extension Hold {
  /// As if it were an order of one line.
  fileprivate var withoutLines: Hold {
    Hold(
      order: order, stock: stock, buyer: buyer, price: price, offset: offset, state: state, units: units, due: due,
      isOffer: isOffer, isLapsed: isLapsed, extensions: extensions, payment: payment, refundDue: refundDue,
      sequence: sequence, asOf: asOf, subjects: subjects)
  }
}
