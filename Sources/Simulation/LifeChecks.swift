internal import FlashSale
internal import Time

/// What the log makes of orders' lives, of stock and of money, reckoned without `decide`: from first decisions and the
/// history alone.
struct LifeChecks {
  private struct Life {
    let request: PurchaseRequest
    let offset: Offset
    var state: Hold.State
    /// Units of each line of the order, live or not.
    var lines: [Int32]
    var due: Timestamp?
    var isOffer = false
    var lapsed = false

    var units: Int32 { lines.reduce(0, +) }
    var live: Int32 { state.isLive ? units : 0 }

    /// The stock of each line.
    var keys: [StockKey] { request.keys }
  }

  private struct Shelf {
    var left: Int32
    var reserved: Int32 = 0
    var putUp: Int32
    /// When units came back last, or somebody began to wait, units could be offered: the sale had time left for who
    /// waits to pay.
    var mustOffer = false
  }

  private let shop: Shop
  private var shelves: [StockKey: Shelf] = [:]
  private var lives: [OrderID: Life] = [:]
  private var bought: [LaneStock.Holder: Int32] = [:]
  private var counted: [LaneStock.Subject: Int32] = [:]
  private var lapses: [LaneStock.Holder: Int32] = [:]
  private var lapsesBySubject: [LaneStock.Subject: Int32] = [:]

  /// The captures that the decided log has, each once.
  private var captures: [Payment.Key: Capture] = [:]

  /// What the first command with each id asked for.
  private var commands: [NamedCommand: CommandDigest] = [:]

  /// A command that is known by its id; without an order it is about the stock.
  private struct NamedCommand: Hashable {
    let order: OrderID?
    let stock: StockKey
    let id: CommandID
  }

  init(_ shop: Shop) {
    self.shop = shop
    for (key, level) in shop.stock { shelves[key] = Shelf(left: level.left.rawValue, putUp: level.putUp.rawValue) }
  }

  /// A record was decided.
  mutating func decided(_ record: LogRecord) {
    guard case .order(let command) = record, case .pay(let capture) = command.action,
      shelves[command.stock] != nil
    else { return }
    let key = Payment.Key(sale: command.stock.sale, id: capture.payment)
    // A command that is known again by its id is not looked at once more, and neither is its capture.
    captures[key] = captures[key] ?? capture
  }

  // MARK: First decisions

  /// The rules of one order by themselves: I1, I2, I5, I9.
  mutating func judge(_ order: SimulatedStore.Order) -> Violation? {
    let request = order.request
    switch order.outcome {
    case .confirmed:
      let rules = shop[request.stock.sale].rules.holds
      for (key, line) in zip(request.keys, request.lines) {
        guard let shelf = shelves[key] else { return nil }
        let units = line.quantity.rawValue
        guard shelf.left >= units else {
          return Violation(invariant: "I1", what: "\(order.position) got \(units) units of \(shelf.left)")
        }
        if let violation = waiters(of: key, before: nil, served: units) { return violation }
        shelves[key]?.left -= units
        if rules != nil { shelves[key]?.reserved += units }
      }
      begin(order, rules == nil ? .confirmed : .reserved, due: rules.map { request.acceptedAt.after($0.seconds) })
      return judgeLimits(of: request)
    case .waitlisted:
      begin(order, .waiting, due: nil)
      noteChance(at: request.acceptedAt, of: request.stock)
      return judgeLimits(of: request)
    case .rejected(let refusal): return judge(refusal, order)
    }
  }

  /// A refusal is of one line; the ones before it could have been had.
  private func judge(_ refusal: Refusal, _ order: SimulatedStore.Order) -> Violation? {
    let (keys, index) = (order.request.keys, Int(order.refusedLine))
    guard index < keys.count else {
      return Violation(invariant: "I2", what: "\(order.position) was refused for a line that it does not have")
    }
    guard let shelf = shelves[keys[index]] else { return nil }
    for (key, line) in zip(keys, order.request.lines).prefix(index) {
      if let earlier = shelves[key], earlier.left < line.quantity.rawValue {
        return Violation(
          invariant: "I2", what: "\(order.position) was refused for line \(index), and \(key.sku) was short before it")
      }
    }
    let units = order.request.lines[index].quantity.rawValue
    let isRight =
      switch refusal {
      case .soldOut: shelf.left == 0 && shelf.reserved == 0
      case .allHeld: shelf.left == 0 && shelf.reserved > 0
      // A later request in this partition can't win what this one was refused: it was not there (I5). Units can be kept
      // for one who waits.
      case .insufficientStock: shelf.left > 0 && (shelf.left < units || isKept(keys[index]))
      case .holdAbuse: hasLapsed(order.request)
      default: true
      }
    guard !isRight else { return nil }
    return Violation(
      invariant: "I2",
      what: "\(order.position) was refused \(units) units as \(refusal.code) while \(shelf.left) were left and "
        + "\(shelf.reserved) held")
  }

  private mutating func begin(_ order: SimulatedStore.Order, _ state: Hold.State, due: Timestamp?) {
    lives[order.request.order] = Life(
      request: order.request, offset: order.position.offset, state: state,
      lines: order.request.lines.map(\.quantity.rawValue), due: due)
    bought[order.request.holder, default: 0] += order.request.quantity.rawValue
  }

  private mutating func judgeLimits(of request: PurchaseRequest) -> Violation? {
    let limit = shop[request.stock.sale].rules.perBuyerLimit.map { request.terms.buyerLimit ?? $0 }
    if let limit, let held = bought[request.holder], held > limit.rawValue {
      return Violation(
        invariant: "I9", what: "\(request.buyer) of sale \(request.stock.sale) has \(held) units, the limit is \(limit)"
      )
    }
    for subject in request.terms.subjects {
      let key = request.counted(subject)
      counted[key, default: 0] += subject.count(of: request.quantity).rawValue
      guard let count = counted[key], count > subject.limit.rawValue else { continue }
      return Violation(
        invariant: "I9", what: "\(subject.kind) \(subject.id) of sale \(key.sale) counts \(count) of \(subject.limit)")
    }
    return nil
  }

  // MARK: The history

  /// What a record did to an order or a stock.
  mutating func judge(_ entry: HistoryEntry) -> Violation? {
    if let violation = judgeRepeat(entry) { return violation }
    guard let order = entry.order else {
      shelves[entry.stock]?.putUp += entry.units
      shelves[entry.stock]?.left += entry.units
      if entry.result == .applied { noteChance(at: entry.at, of: entry.stock) }
      return nil
    }
    guard entry.sequence > 0, var life = lives[order], let state = entry.state else { return nil }
    let before = life
    guard state == before.state || before.state.next.contains(state) else {
      return Violation(invariant: "states", what: "order \(order) goes from \(before.state.code) to \(state.code)")
    }
    if let violation = judgeTime(of: entry, life) { return violation }
    life.state = state
    let changes = life.lines.count == 1 ? [entry.units] : entry.lineUnits
    guard changes.isEmpty ? entry.units == 0 : changes.count == life.lines.count && changes.reduce(0, +) == entry.units
    else { return Violation(invariant: "I9", what: "the lines of \(order) do not add up to \(entry.units)") }
    if state.isLive {
      for (index, change) in changes.enumerated() {
        life.lines[index] = (before.state.isLive ? before.lines[index] : 0) + change
      }
    }
    life.due = due(of: life, entry)
    if entry.action == .offer { life.isOffer = true }
    lives[order] = life
    bought[life.request.holder, default: 0] += entry.units
    giveBack(entry.units, of: life)
    move(before, life, entry)
    if entry.action == .expire, state != .lapsed, before.state == .reserved {
      count(lapses: 1, of: life.request)
      lives[order]?.lapsed = true
    }
    if entry.action == .pay, before.lapsed, state == .paid {
      count(lapses: -1, of: life.request)
      lives[order]?.lapsed = false
    }
    return entry.action == .offer ? waiters(of: entry.stock, before: before.offset, served: life.units) : nil
  }

  /// A command is done once under its id, and only what was decided before is a repeat.
  private mutating func judgeRepeat(_ entry: HistoryEntry) -> Violation? {
    guard let id = entry.command, let digest = entry.digest else { return nil }
    let key = NamedCommand(order: entry.order, stock: entry.stock, id: id)
    let first = commands[key]
    commands[key] = first ?? digest
    let isRight: Bool
    if let first {
      isRight = entry.result == (first == digest ? .repeated : .anotherCommand)
    } else {
      isRight = entry.result != .anotherCommand && (entry.result != .repeated || entry.action == .reopen)
    }
    guard !isRight else { return nil }
    return Violation(
      invariant: "once",
      what: "\(entry.action.code) of \(entry.stock.sku) at \(entry.offset) is \(entry.result.code), and its id was "
        + (first == nil ? "new" : "used before"))
  }

  private mutating func count(lapses change: Int32, of request: PurchaseRequest) {
    lapses[request.holder, default: 0] += change
    for subject in request.terms.subjects { lapsesBySubject[request.counted(subject), default: 0] += change }
  }

  /// Whether the buyer, or a subject, has let as many holds lapse as the sale allows.
  private func hasLapsed(_ request: PurchaseRequest) -> Bool {
    guard let most = shop[request.stock.sale].rules.holds?.lapses else { return false }
    return lapses[request.holder] ?? 0 >= most
      || request.terms.subjects.contains { lapsesBySubject[request.counted($0)] ?? 0 >= most }
  }

  /// A hold ends late, never early.
  private func judgeTime(of entry: HistoryEntry, _ life: Life) -> Violation? {
    guard entry.action == .expire, let due = life.due, entry.at < due else { return nil }
    return Violation(invariant: "expiry", what: "the hold of \(life.request.order) ended before its time")
  }

  private func due(of life: Life, _ entry: HistoryEntry) -> Timestamp? {
    let rules = shop[life.request.stock.sale].rules
    guard life.state == .reserved, let holds = rules.holds else { return nil }
    switch entry.action {
    case .offer: return holds.waitlist.map { min(entry.at.after($0.offerSeconds), rules.endsAt) }
    case .extend:
      let extended = life.due?.after(holds.extensionSeconds)
      return life.isOffer ? extended.map { min($0, rules.endsAt) } : extended
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

  // MARK: Those who wait

  private func waiting(for key: StockKey) -> [Life] {
    lives.values.filter { $0.request.stock == key && $0.state == .waiting }.sorted { $0.offset < $1.offset }
  }

  private func isKept(_ key: StockKey) -> Bool {
    guard let short = shop[key.sale].rules.holds?.waitlist?.short, short != .skip else { return false }
    return !waiting(for: key).isEmpty
  }

  /// Nobody gets units before one who waits, came first, and could have used them.
  private func waiters(of key: StockKey, before offset: Offset?, served units: Int32) -> Violation? {
    guard let rules = shop[key.sale].rules.holds?.waitlist else { return nil }
    let passed = waiting(for: key).filter { offset == nil || $0.offset < (offset ?? $0.offset) }
    // A new request takes what nobody who waits can use, or could be offered so close to the sale's end.
    guard offset != nil, let first = passed.first(where: { rules.short != .skip || $0.units <= units }) else {
      return nil
    }
    return Violation(invariant: "waitlist", what: "order \(first.request.order) waited longer, and was passed over")
  }

  private mutating func noteChance(at time: Timestamp, of key: StockKey) {
    let rules = shop[key.sale].rules
    guard let waitlist = rules.holds?.waitlist else { return }
    let due = min(time.after(waitlist.offerSeconds), rules.endsAt)
    // The last one counts: by its time the sale's end can be too near for any offer.
    shelves[key]?.mustOffer = due >= time.after(waitlist.leastSeconds)
  }

  // MARK: After a transaction

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
      if shelf.mustOffer, !row.isClosed, let violation = unoffered(key, shelf.left) { return violation }
      shelves[key]?.mustOffer = false
    }
    return lookAtLives(of: store) ?? lookAtMoney(of: store)
  }

  private func unoffered(_ key: StockKey, _ left: Int32) -> Violation? {
    guard let short = shop[key.sale].rules.holds?.waitlist?.short, left > 0 else { return nil }
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
      let sale = shop[hold.stock.sale].sale
      let cost = lines.reduce(Int64(0)) { $0 + Int64($1.1) * (sale.item($1.0.sku)?.price.minor ?? 0) }
      guard hold.amountMinor == cost else {
        return Violation(invariant: "I13", what: "order \(order) costs \(hold.amountMinor), and its lines \(cost)")
      }
    }
    return nil
  }

  /// I13: all that was captured is in the store, and is applied, to be paid back, or paid back.
  private func lookAtMoney(of store: SimulatedStore) -> Violation? {
    // Each of them is looked for below.
    guard store.lives.payments.count == captures.count else {
      return Violation(
        invariant: "I13", what: "\(captures.count) payments were captured, \(store.lives.payments.count) are stored")
    }
    var due: [OrderID: Int64] = [:]
    for payment in store.lives.payments.values {
      guard payment.captured == captures[payment.key]?.minor, payment.refundDue >= 0, payment.refunded >= 0,
        payment.applied >= 0
      else { return Violation(invariant: "I13", what: "payment \(payment.key.id) does not add up") }
      if payment.isCounted { due[payment.order, default: 0] += payment.refundDue }
      guard payment.applied > 0 else { continue }
      guard let hold = store.lives.holds[payment.order], hold.state == .paid || hold.state == .fulfilled,
        payment.applied <= hold.amountMinor
      else {
        return Violation(invariant: "I13", what: "payment \(payment.key.id) is applied to what it does not pay for")
      }
    }
    for (order, hold) in store.lives.holds where hold.refundDue != due[order] ?? 0 {
      return Violation(invariant: "I13", what: "order \(order) owes \(hold.refundDue), its payments \(due[order] ?? 0)")
    }
    return nil
  }
}

extension PurchaseRequest {
  fileprivate var holder: LaneStock.Holder { LaneStock.Holder(sale: stock.sale, buyer: buyer) }

  /// The stock of each of its lines.
  fileprivate var keys: [StockKey] { lines.map { StockKey(sale: stock.sale, sku: $0.sku) } }
}

extension Timestamp {
  fileprivate func after(_ seconds: Int32) -> Timestamp { after(Int64(seconds) * 1_000_000) }
}
