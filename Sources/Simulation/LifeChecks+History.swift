internal import FlashSale
internal import Time

// What records did to orders and stock after first decisions.

extension LifeChecks {
  /// A command about an order does what it must, once under its id, and says so.
  mutating func judge(_ command: OrderCommand, _ history: ArraySlice<HistoryEntry>) -> Violation? {
    let (verdict, isKnown) = verdict(on: command)
    guard let entry = history.first, entry.action == command.action.historyAction else {
      return Violation(invariant: command.rule, what: "the history lacks a command about \(command.order)")
    }
    let before = lives[command.order]
    let sequence = verdict.changes ? (before?.sequence ?? 0) + 1 : 0
    let done = Verdict(entry, lines: before?.lines.count ?? 0)
    guard verdict == done, entry.sequence == sequence else {
      return Violation(
        invariant: isKnown ? "once" : command.rule,
        what:
          "\(entry.action.code) of \(command.order) at \(entry.offset) must be event \(sequence): \(verdict); it is "
          + "\(entry.sequence): \(done)")
    }
    let isOfCommand =
      entry.stock == command.stock && entry.order == command.order && entry.at == command.at
      && entry.command == command.id && entry.digest == command.digest && entry.by == command.by
      && entry.payment == command.action.payment
    guard isOfCommand else {
      return Violation(invariant: "history", what: "\(entry) tells of another command than \(command)")
    }
    note(command.id, command.digest, of: command.order, command.stock)
    if let violation = verdict.changes ? apply(entry) : nil { return violation }
    moveMoney(command, verdict)
    return judge(offers: history.dropFirst(), at: command.at)
  }

  /// The same about a stock.
  mutating func judge(_ command: StockCommand, _ history: ArraySlice<HistoryEntry>) -> Violation? {
    guard let before = shelves[command.stock] else { return nil }
    let (verdict, after) = verdict(on: command, upon: before)
    guard let entry = history.first, entry.order == nil, verdict == Verdict(entry, lines: 1) else {
      let done = history.first.map { "\(Verdict($0, lines: 1))" } ?? "not in the history"
      return Violation(
        invariant: "stock", what: "\(command.action) of \(command.stock.sku) must be \(verdict); it is \(done)")
    }
    let isOfCommand =
      entry.stock == command.stock && entry.action == command.action.historyAction && entry.at == command.at
      && entry.command == command.id && entry.digest == command.digest && entry.by == command.by
    guard isOfCommand else {
      return Violation(invariant: "history", what: "\(entry) tells of another command than \(command)")
    }
    note(command.id, command.digest, of: nil, command.stock)
    shelves[command.stock] = after
    if verdict.result == .applied { noteChance(at: command.at, of: command.stock) }
    return judge(offers: history.dropFirst(), at: command.at)
  }

  private mutating func note(_ id: CommandID?, _ digest: CommandDigest?, of order: OrderID?, _ stock: StockKey) {
    guard let id, let digest else { return }
    let key = NamedCommand(order: order, stock: stock, id: id)
    commands[key] = commands[key] ?? digest
  }

  // MARK: Offers

  /// What is left goes to those who wait, in their order, at the time of the record that brought it.
  mutating func judge(offers history: ArraySlice<HistoryEntry>, at time: Timestamp) -> Violation? {
    for entry in history {
      guard entry.action == .offer, entry.at == time, let order = entry.order, let before = lives[order],
        before.state == .waiting, entry.state == .reserved, entry.sequence == before.sequence + 1,
        let shelf = shelves[entry.stock], shelf.canOffer(at: time)
      else { return Violation(invariant: "waitlist", what: "\(entry) is no offer that could be made") }
      let units = before.units + entry.units
      // Less than is wanted is all that there is, and only where the sale's rule gives it.
      let isWhole = entry.units == 0 || shelf.rules.holds?.waitlist?.short == .partial && units == shelf.left
      guard isWhole, units > 0, units <= min(before.units, shelf.left) else {
        return Violation(
          invariant: "waitlist",
          what: "order \(order) waits for \(before.units) units, is offered \(units), and \(shelf.left) are left")
      }
      if let violation = apply(entry) ?? waiters(of: entry.stock, before: before.offset, served: units) {
        return violation
      }
    }
    return nil
  }

  // MARK: What it changes

  /// Takes over what an entry says of an order. What it must say has been looked at.
  private mutating func apply(_ entry: HistoryEntry) -> Violation? {
    guard let order = entry.order, var life = lives[order], let state = entry.state else { return nil }
    let before = life
    guard state == before.state || before.state.next.contains(state) else {
      return Violation(invariant: "states", what: "order \(order) goes from \(before.state.code) to \(state.code)")
    }
    life.state = state
    life.sequence = entry.sequence
    let changes = life.lines.count == 1 ? [entry.units] : entry.lineUnits
    if state.isLive {
      for (index, change) in changes.enumerated() {
        life.lines[index] = (before.state.isLive ? before.lines[index] : 0) + change
      }
    }
    life.due = due(of: life, entry)
    guard entry.due == (life.due == before.due ? nil : life.due) else {
      return Violation(invariant: "expiry", what: "order \(order) is held until \(String(describing: life.due))")
    }
    if entry.action == .offer { life.isOffer = true }
    if entry.action == .extend { life.extensions += 1 }
    if entry.action == .expire, before.state == .reserved {
      count(lapses: 1, of: life.request)
      life.lapsed = true
    }
    if entry.action == .pay, before.lapsed, state == .paid {
      count(lapses: -1, of: life.request)
      life.lapsed = false
    }
    lives[order] = life
    bought[life.request.holder, default: 0] += entry.units
    giveBack(entry.units, of: life)
    move(before, life, entry)
    return nil
  }

  private mutating func count(lapses change: Int32, of request: PurchaseRequest) {
    lapses[request.holder, default: 0] += change
    for subject in request.terms.subjects { lapsesBySubject[request.counted(subject), default: 0] += change }
  }

  private func due(of life: Life, _ entry: HistoryEntry) -> Timestamp? {
    guard life.state == .reserved, let rules = shelves[life.request.stock]?.rules, let holds = rules.holds else {
      return nil
    }
    switch entry.action {
    case .offer: return holds.waitlist.map { min(entry.at.after(seconds: $0.offerSeconds), rules.endsAt) }
    case .extend: return extended(life, holds)
    default: return life.due
    }
  }

  private mutating func giveBack(_ units: Int32, of life: Life) {
    guard units < 0 else { return }
    for subject in life.request.terms.subjects {
      let back = subject.kind == .code ? (life.state.isLive ? 0 : 1) : -units
      counted[life.request.counted(subject), default: 0] -= back
    }
  }

  /// What a change of one order means for its stock.
  private mutating func move(_ before: Life, _ after: Life, _ entry: HistoryEntry) {
    for (index, key) in before.keys.enumerated() {
      let had = before.state.hasUnits ? before.lines[index] : 0
      let has = after.state.hasUnits ? after.lines[index] : 0
      shelves[key]?.left -= has - had
      let (held, holds) = (before.state == .reserved ? had : 0, after.state == .reserved ? has : 0)
      shelves[key]?.reserved += holds - held
      // Who waits longer and leaves, or wants less, makes room for those behind.
      let isLess = after.state != .waiting || after.lines[index] < before.lines[index]
      if has < had || before.state == .waiting && isLess { noteChance(at: entry.at, of: key) }
    }
  }

  private mutating func moveMoney(_ command: OrderCommand, _ verdict: Verdict) {
    let sale = command.stock.sale
    switch command.action {
    case .pay(let capture) where verdict.result != .repeated:
      let isApplied = verdict.result == .applied
      money[Payment.Key(sale: sale, id: capture.payment)] = Money(
        order: command.order, stock: command.stock, captured: capture.minor, isCounted: verdict.changes,
        due: isApplied ? 0 : capture.minor)
      if isApplied { lives[command.order]?.payment = capture.payment }
    case .refunded(let payment, let minor, _) where verdict.result == .applied:
      let key = Payment.Key(sale: sale, id: payment)
      let due = money[key]?.due ?? 0
      money[key]?.due = max(0, due - minor)
      money[key]?.refunded += minor
    default:
      guard verdict.result == .refundDue, let payment = lives[command.order]?.payment else { return }
      money[Payment.Key(sale: sale, id: payment)]?.due += verdict.minor
    }
  }
}

extension OrderCommand {
  /// Which rule says what it must do.
  fileprivate var rule: String {
    switch action {
    case .pay, .refunded: "I13"
    case .expire: "expiry"
    case .cancel, .release, .extend, .fulfil: "states"
    }
  }
}
