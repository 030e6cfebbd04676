internal import FlashSale
internal import Time

/// What the log makes of orders' lives, of stock and of money, reckoned without `decide`: from first decisions and the
/// history alone.
struct LifeChecks {
  struct Life {
    let request: PurchaseRequest
    let offset: Offset
    /// The price of one unit of each line, when it was won or began to wait.
    let prices: [Int64]
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

  struct Shelf {
    var left: Int32
    var reserved: Int32 = 0
    var putUp: Int32
    /// As commands have left them, up to the record that is looked at.
    var rules: SaleRules
    var priceMinor: Int64
    /// When units came back last, or somebody began to wait, units could be offered: the sale had time left for who
    /// waits to pay.
    var mustOffer = false

    func isOpen(at time: Timestamp) -> Bool { rules.startsAt <= time && time < rules.endsAt }

    /// Whether who is offered units now has time to pay.
    func canOffer(at time: Timestamp) -> Bool {
      guard let waitlist = rules.holds?.waitlist else { return false }
      return min(time.after(waitlist.offerSeconds), rules.endsAt) >= time.after(waitlist.leastSeconds)
    }

    mutating func apply(_ change: RuleChange) {
      rules.startsAt = change.startsAt ?? rules.startsAt
      rules.endsAt = change.endsAt ?? rules.endsAt
      rules.perBuyerLimit = change.perBuyerLimit ?? rules.perBuyerLimit
      priceMinor = change.priceMinor ?? priceMinor
    }
  }

  let shop: Shop
  var shelves: [StockKey: Shelf] = [:]
  private(set) var lives: [OrderID: Life] = [:]
  private var bought: [LaneStock.Holder: Int32] = [:]
  private var counted: [LaneStock.Subject: Int32] = [:]
  private var lapses: [LaneStock.Holder: Int32] = [:]
  private var lapsesBySubject: [LaneStock.Subject: Int32] = [:]

  /// The captures that the decided log has, each once.
  private(set) var captures: [Payment.Key: Capture] = [:]

  /// What commands that change rules ask for. The history has only their places.
  private var changes: [StockPlace: RuleChange] = [:]

  private struct StockPlace: Hashable {
    let stock: StockKey
    let offset: Offset
  }

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
    for (key, level) in shop.stock {
      shelves[key] = Shelf(
        left: level.left.rawValue, putUp: level.putUp.rawValue, rules: level.rules, priceMinor: level.price.minor)
    }
  }

  /// A record was decided.
  mutating func decided(_ record: LogRecord, at offset: Offset) {
    if case .stock(let command) = record, case .change(let change) = command.action {
      changes[StockPlace(stock: command.stock, offset: offset)] = change
    }
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
      let rules = shelves[request.stock]?.rules.holds
      for (key, line) in zip(request.keys, request.lines) {
        guard let shelf = shelves[key] else { return nil }
        let units = line.quantity.rawValue
        guard shelf.left >= units else {
          return Violation(invariant: "I1", what: "\(order.position) got \(units) units of \(shelf.left)")
        }
        if let violation = order.late(of: shelf) ?? passed(over: key, at: request.acceptedAt) { return violation }
        shelves[key]?.left -= units
        if rules != nil { shelves[key]?.reserved += units }
      }
      begin(order, rules == nil ? .confirmed : .reserved, due: rules.map { request.acceptedAt.after($0.seconds) })
      return judgeLimits(of: request)
    case .waitlisted:
      if let violation = shelves[request.stock].flatMap({ order.late(of: $0) }) { return violation }
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
    let time = order.request.acceptedAt
    let isRight =
      switch refusal {
      case .notStarted, .ended: !shelf.isOpen(at: time)
      case .soldOut: shelf.left == 0 && shelf.reserved == 0
      case .allHeld: shelf.left == 0 && shelf.reserved > 0
      // A later request in this partition can't win what this one was refused: it was not there (I5). Units can be kept
      // for one who waits, as long as she could be offered them.
      case .insufficientStock: shelf.left > 0 && (shelf.left < units || isKept(keys[index], at: time))
      case .holdAbuse: hasLapsed(order.request)
      case .limitReached: isBeyondLimit(order.request, upTo: index, holding: bought[order.request.holder] ?? 0)
      default: true
      }
    guard !isRight || refusal != .notStarted && refusal != .ended && !shelf.isOpen(at: time) else { return nil }
    return Violation(
      invariant: "I2",
      what: "\(order.position) was refused \(units) units as \(refusal.code) while \(shelf.left) were left and "
        + "\(shelf.reserved) held")
  }

  private mutating func begin(_ order: SimulatedStore.Order, _ state: Hold.State, due: Timestamp?) {
    lives[order.request.order] = Life(
      request: order.request, offset: order.position.offset,
      prices: order.request.keys.map { shelves[$0]?.priceMinor ?? 0 }, state: state,
      lines: order.request.lines.map(\.quantity.rawValue), due: due)
    bought[order.request.holder, default: 0] += order.request.quantity.rawValue
  }

  private mutating func judgeLimits(of request: PurchaseRequest) -> Violation? {
    let held = (bought[request.holder] ?? 0) - request.quantity.rawValue
    for index in request.keys.indices where isBeyondLimit(request, upTo: index, holding: held) {
      return Violation(
        invariant: "I9",
        what: "\(request.buyer) of sale \(request.stock.sale) held \(held) units, and got more than the limit")
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

  /// Whether the lines up to this one are too many for a buyer who holds so many units. The limit is the one of the
  /// time: what was won under a higher one stays.
  private func isBeyondLimit(_ request: PurchaseRequest, upTo index: Int, holding held: Int32) -> Bool {
    guard let limit = shelves[request.keys[index]]?.rules.perBuyerLimit else { return false }
    let units = request.lines.prefix(index + 1).reduce(held) { $0 + $1.quantity.rawValue }
    return units > (request.terms.buyerLimit ?? limit).rawValue
  }

  // MARK: The history

  /// What a record did to an order or a stock.
  mutating func judge(_ entry: HistoryEntry) -> Violation? {
    if let violation = judgeRepeat(entry) { return violation }
    guard let order = entry.order else { return judge(ofStock: entry) }
    guard entry.sequence > 0, var life = lives[order], let state = entry.state else { return nil }
    let before = life
    guard state == before.state || before.state.next.contains(state) else {
      return Violation(invariant: "states", what: "order \(order) goes from \(before.state.code) to \(state.code)")
    }
    if state == .paid, !before.state.hasUnits {
      guard before.lapsed else {
        return Violation(invariant: "states", what: "order \(order) was given back, and is paid again")
      }
      for key in before.keys { if let violation = passed(over: key, at: entry.at) { return violation } }
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

  private mutating func judge(ofStock entry: HistoryEntry) -> Violation? {
    shelves[entry.stock]?.putUp += entry.units
    shelves[entry.stock]?.left += entry.units
    let change = changes.removeValue(forKey: StockPlace(stock: entry.stock, offset: entry.offset))
    guard entry.result == .applied else { return nil }
    if let change { shelves[entry.stock]?.apply(change) }
    noteChance(at: entry.at, of: entry.stock)
    guard let rules = shelves[entry.stock]?.rules, rules.startsAt >= rules.endsAt else { return nil }
    return Violation(invariant: "rules", what: "\(entry.stock.sku) has an empty window after \(entry.offset)")
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
      isRight =
        entry.result != .anotherCommand
        && (entry.result != .repeated || [.reopen, .close, .change].contains(entry.action))
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
    guard let most = shelves[request.stock]?.rules.holds?.lapses else { return false }
    return lapses[request.holder] ?? 0 >= most
      || request.terms.subjects.contains { lapsesBySubject[request.counted($0)] ?? 0 >= most }
  }

  /// A hold ends late, never early.
  private func judgeTime(of entry: HistoryEntry, _ life: Life) -> Violation? {
    guard entry.action == .expire, let due = life.due, entry.at < due else { return nil }
    return Violation(invariant: "expiry", what: "the hold of \(life.request.order) ended before its time")
  }

  private func due(of life: Life, _ entry: HistoryEntry) -> Timestamp? {
    guard life.state == .reserved, let rules = shelves[life.request.stock]?.rules, let holds = rules.holds else {
      return nil
    }
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

  func waiting(for key: StockKey) -> [Life] {
    lives.values.filter { $0.request.stock == key && $0.state == .waiting }.sorted { $0.offset < $1.offset }
  }

  /// Whether what is left is kept for one who waits, and could be offered to her.
  private func isKept(_ key: StockKey, at time: Timestamp) -> Bool {
    guard let shelf = shelves[key], let short = shelf.rules.holds?.waitlist?.short, short != .skip else { return false }
    return shelf.canOffer(at: time) && !waiting(for: key).isEmpty
  }

  /// Nobody new gets units that are kept for one who waits.
  private func passed(over key: StockKey, at time: Timestamp) -> Violation? {
    guard isKept(key, at: time) else { return nil }
    return Violation(
      invariant: "waitlist", what: "units of \(key.sku) were kept for one who waits, and somebody new got them")
  }

  /// Nobody is offered units before one who waits, came first, and could have used them.
  private func waiters(of key: StockKey, before offset: Offset, served units: Int32) -> Violation? {
    guard let rules = shelves[key]?.rules.holds?.waitlist else { return nil }
    let passed = waiting(for: key).filter { $0.offset < offset }
    guard let first = passed.first(where: { rules.short != .skip || $0.units <= units }) else { return nil }
    return Violation(invariant: "waitlist", what: "order \(first.request.order) waited longer, and was passed over")
  }

  private mutating func noteChance(at time: Timestamp, of key: StockKey) {
    // The last one counts: by its time the sale's end can be too near for any offer.
    guard let shelf = shelves[key] else { return }
    shelves[key]?.mustOffer = shelf.canOffer(at: time)
  }
}

extension SimulatedStore.Order {
  /// What is wrong if it was let in by a stock whose window it has missed.
  fileprivate func late(of shelf: LifeChecks.Shelf) -> Violation? {
    guard !shelf.isOpen(at: request.acceptedAt) else { return nil }
    return Violation(invariant: "window", what: "\(position) was let in outside of its sale's window")
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
