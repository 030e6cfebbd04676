public import Time

// The steps of which commands about orders are made.

extension LaneStock {
  /// Changes a life, and notes it.
  mutating func change(
    _ before: Hold, by command: OrderCommand, _ result: HistoryEntry.Result = .applied, minor: Int64 = 0,
    at offset: Offset, into effects: inout Effects, _ body: (inout Hold) -> Void
  ) {
    var hold = before
    body(&hold)
    hold.sequence += 1
    hold.asOf = offset.next
    if before.state == .waiting { keepWaiting(hold) }
    set(hold, from: before, into: &effects)
    effects.note(
      HistoryEntry(
        offset: offset, place: 0, stock: hold.stock, order: hold.order, action: command.historyAction, result: result,
        units: hold.liveUnits.rawValue - before.liveUnits.rawValue, lineUnits: hold.lineChanges(from: before),
        minor: minor, state: hold.state, sequence: hold.sequence, at: command.at, command: command.id,
        digest: command.digest, payment: command.action.payment, due: hold.due == before.due ? nil : hold.due,
        by: command.by))
  }

  /// Changes the level of each stock that the order has units of, or waits for.
  mutating func changeLevels(
    of hold: Hold, at offset: Offset, into effects: inout Effects, _ body: (inout Level, Units) -> Void
  ) {
    guard !hold.lines.isEmpty else { return changeLevel(hold.stock, hold.units, at: offset, into: &effects, body) }
    for line in hold.lines where line.units > .zero {
      changeLevel(StockKey(sale: hold.stock.sale, sku: line.sku), line.units, at: offset, into: &effects, body)
    }
  }

  private mutating func changeLevel(
    _ key: StockKey, _ units: Units, at offset: Offset, into effects: inout Effects,
    _ body: (inout Level, Units) -> Void
  ) {
    guard let place = stock.index(forKey: key) else { return }
    let old = stock.values[place]
    body(&stock.values[place], units)
    guard stock.values[place] != old else { return }
    stock.values[place].asOf = offset.next
    effects.change(key)
  }

  /// Ends a life that has units, or waits, and gives all of them back.
  mutating func end(
    _ hold: Hold, _ state: Hold.State, by command: OrderCommand, minor: Int64 = 0, at offset: Offset,
    into effects: inout Effects, ofDue: Int64 = 0
  ) {
    let owed = owe(hold.state == .paid && state != .refunded ? hold.amountMinor : 0, of: hold, at: offset, &effects)
    let result: HistoryEntry.Result = owed > 0 ? .refundDue : .applied
    changeLevels(of: hold, at: offset, into: &effects) { level, units in level.takeBack(units, from: hold.state) }
    change(hold, by: command, result, minor: minor + owed, at: offset, into: &effects) { hold in
      hold.refundDue += owed - ofDue
      hold.isLapsed = state == .expired
      hold.move(to: hold.refundDue > 0 ? .refundDue : state)
    }
    giveBack(hold.units, of: hold, isAll: true, isLapse: state == .expired, into: &effects)
    if state == .expired { lapses[hold.holder, default: 0] += 1 }
    guard !hold.lines.isEmpty else { return offer(hold.stock, at: command.at, offset, into: &effects) }
    for line in hold.lines where line.units > .zero {
      offer(StockKey(sale: hold.stock.sale, sku: line.sku), at: command.at, offset, into: &effects)
    }
  }

  /// Gives some of the units of one line back, and keeps the others.
  mutating func giveBack(
    _ units: Units, of line: Hold.Line, _ hold: Hold, by command: OrderCommand, at offset: Offset,
    into effects: inout Effects
  ) {
    let price = Int64(units.rawValue) * line.priceMinor
    let key = StockKey(sale: hold.stock.sale, sku: line.sku)
    let owed = owe(hold.state == .paid ? price : 0, of: hold, at: offset, &effects)
    let result: HistoryEntry.Result = owed > 0 ? .refundDue : .applied
    // What is counted for subjects changes first: it stands in the life that is set.
    var rest = hold
    rest.subjects = hold.subjects.map { counted in
      Hold.Counted(
        kind: counted.kind, id: counted.id, count: counted.kind == .code ? counted.count : counted.count - units)
    }
    changeLevel(key, units, at: offset, into: &effects) { level, units in level.takeBack(units, from: hold.state) }
    change(hold, by: command, result, minor: owed, at: offset, into: &effects) { hold in
      hold.refundDue += owed
      hold.units = hold.units - units
      for index in hold.lines.indices where hold.lines[index].sku == line.sku {
        hold.lines[index].units = hold.lines[index].units - units
      }
      hold.subjects = rest.subjects
    }
    giveBack(units, of: hold, isAll: false, isLapse: false, into: &effects)
    offer(key, at: command.at, offset, into: &effects)
  }

  /// The units no longer count for the buyer and the subjects.
  private mutating func giveBack(
    _ units: Units, of hold: Hold, isAll: Bool, isLapse: Bool, into effects: inout Effects
  ) {
    if let held = held[hold.holder] { self.held[hold.holder] = held - units }
    for counted in hold.subjects {
      let subject = Subject(sale: hold.stock.sale, kind: counted.kind, id: counted.id)
      // One use of an access code is one order: it comes back with the whole of it.
      let back = isAll ? counted.count : counted.kind == .code ? .zero : units
      if let held = heldBySubject[subject] { heldBySubject[subject] = held - back }
      if isLapse { lapsesBySubject[subject, default: 0] += 1 }
      effects.change(
        Effects.SubjectChange(order: hold.order, subject: subject, count: counted.count - back, isLapse: isLapse))
    }
  }

  /// An order whose hold had lapsed has its units after all: they count for its buyer.
  mutating func take(_ hold: Hold) {
    if let lapses = lapses[hold.holder] { self.lapses[hold.holder] = lapses - 1 }
    if stock[hold.stock]?.rules.perBuyerLimit != nil {
      held[hold.holder] = (held[hold.holder] ?? .zero) + hold.units
    }
  }

  /// So much of the payment that the order's units are paid with is to be paid back.
  ///
  /// - Returns: how much that is.
  private mutating func owe(_ minor: Int64, of hold: Hold, at offset: Offset, _ effects: inout Effects) -> Int64 {
    guard minor > 0, let id = hold.payment,
      let before = payments[Payment.Key(sale: hold.stock.sale, id: id)]
    else { return 0 }
    var payment = before
    payment.owe(minor, at: offset)
    set(payment, from: before, into: &effects)
    return payment.refundDue - before.refundDue
  }

  /// Takes over a payment that changed.
  mutating func set(_ payment: Payment, from before: Payment?, into effects: inout Effects) {
    payments[payment.key] = payment
    effects.change(payment, from: before)
  }

  /// An order that waited waits otherwise, or no longer.
  private mutating func keepWaiting(_ hold: Hold) {
    if hold.state == .waiting {
      waitlists[hold.stock]?.change(hold)
    } else {
      waitlists[hold.stock]?.remove(hold.offset)
    }
  }

  /// Notes what changed nothing of an order.
  func note(
    _ command: OrderCommand, _ result: HistoryEntry.Result, minor: Int64 = 0, at offset: Offset,
    into effects: inout Effects
  ) {
    var state: Hold.State?
    if case .hold(let hold) = lives[command.order], hold.stock == command.stock { state = hold.state }
    effects.note(
      HistoryEntry(
        offset: offset, place: 0, stock: command.stock, order: command.order, action: command.historyAction,
        result: result, units: 0, minor: minor, state: state, sequence: 0, at: command.at, command: command.id,
        digest: command.digest, payment: command.action.payment, by: command.by))
  }
}

// MARK: - Offers

extension LaneStock {
  /// Offers what is left of a stock to those who wait for it. Every change that gives units back calls this. Afterwards
  /// nobody who waits can use what is left.
  mutating func offer(_ key: StockKey, at time: Timestamp, _ offset: Offset, into effects: inout Effects) {
    guard let level = stock[key], let rules = level.rules.holds?.waitlist, level.left > .zero,
      let waitlist = waitlists[key], !waitlist.isEmpty, let due = level.offerEnd(at: time)
    else { return }
    for (before, units) in waitlist.offers(of: level.left, rules.short) {
      var hold = before
      hold.move(to: .reserved)
      hold.units = units
      hold.due = due
      hold.isOffer = true
      hold.sequence += 1
      hold.asOf = offset.next
      waitlists[key]?.remove(before.offset)
      stock[key]?.hold(units, at: offset)
      effects.change(key)
      if units < before.units {
        let rest = before.units - units
        for index in hold.subjects.indices where hold.subjects[index].kind != .code {
          hold.subjects[index].count = hold.subjects[index].count - rest
        }
        giveBack(rest, of: before, isAll: false, isLapse: false, into: &effects)
      }
      set(hold, from: before, into: &effects)
      effects.note(
        HistoryEntry(
          offset: offset, place: 0, stock: key, order: hold.order, action: .offer, result: .applied,
          units: units.rawValue - before.units.rawValue, minor: 0, state: hold.state, sequence: hold.sequence,
          at: time, command: nil, due: due, by: .scheduler))
    }
  }
}

extension LaneStock.Level {
  /// Until when units would be held that are offered now; `nil`: none can be offered, because the stock is closed or
  /// the sale ends before who waits would have the least time to pay.
  public func offerEnd(at time: Timestamp) -> Timestamp? {
    guard let waitlist = rules.holds?.waitlist, !isClosed else { return nil }
    let end = min(time.adding(seconds: waitlist.offerSeconds), rules.endsAt)
    return end >= time.adding(seconds: waitlist.leastSeconds) ? end : nil
  }

  /// Units that are left are held.
  fileprivate mutating func hold(_ units: Units, at offset: Offset) {
    left = left - units
    reserved = reserved + units
    asOf = offset.next
  }

  /// Units of an order in this state come back.
  fileprivate mutating func takeBack(_ units: Units, from state: Hold.State) {
    guard state.hasUnits else { return }
    left = left + units
    if state == .reserved { reserved = reserved - units }
  }
}

extension OrderCommand {
  /// What it is called in the history.
  var historyAction: HistoryEntry.Action { action.historyAction }
}

extension OrderCommand.Action {
  /// What it is called in the history.
  public var historyAction: HistoryEntry.Action {
    switch self {
    case .pay: .pay
    case .refunded: .refund
    case .cancel: .cancel
    case .release: .release
    case .extend: .extend
    case .expire: .expire
    case .fulfil: .fulfil
    }
  }
}

extension Timestamp {
  /// The last instant there is, if it would be past it: a record can carry any time.
  func adding(seconds: Int32) -> Timestamp {
    let (sum, overflows) = microseconds.addingReportingOverflow(Int64(seconds) * 1_000_000)
    return Timestamp(microseconds: overflows ? .max : sum)
  }
}
