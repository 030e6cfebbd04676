internal import FlashSale
internal import Lane
internal import Time

/// The state that the invariants imply, kept beside the world and derived from the log and the store alone.
///
/// It follows the store's journal: each committed transaction is replayed from the log by the lanes' own decision
/// function (I10), and the rules are checked once more without it. A mistake that is planted in that function is in the
/// replay, too, as it would be if it were real: only the rules can find it.
struct Checks {
  /// The shop's stock as the log says it is.
  private var replay = LaneStock()
  private let decide: @Sendable (inout LaneStock, LogRecord, Offset, inout Effects) -> Void

  /// The first offset of each partition without an effect.
  private(set) var decided: [Offset]

  private var latestClaim: [Partition: Int] = [:]
  private var journalLength = 0
  private var versionSeen = -1

  // MARK: Without `decide`

  private var lives: LifeChecks
  private var orderOf: [String: OrderID] = [:]

  /// Orders that a 202 was sent for, with the place that it named.
  private var accepted: [(order: OrderID, place: LogPosition)] = []

  /// The latest offset as of which each run of an intake has told a level.
  private var toldAsOf: [Int: [Int: [StockKey: Offset]]] = [:]

  private let shop: Shop

  init(_ shop: Shop, decide: @escaping @Sendable (inout LaneStock, LogRecord, Offset, inout Effects) -> Void) {
    self.shop = shop
    self.decide = decide
    lives = LifeChecks(shop)
    decided = Array(repeating: Offset(0), count: Int(shop.partitions))
    for (key, level) in shop.stock { replay.stock[key] = level }
  }

  mutating func claimed(_ partition: Partition, claim: Int) { latestClaim[partition] = claim }

  /// Returns as of when the intake told the stock's level before, if that was later.
  mutating func told(_ level: StockLevel, of key: StockKey, by intake: Int, run: Int) -> Offset? {
    let before = toldAsOf[intake, default: [:]][run, default: [:]][key] ?? Offset(0)
    toldAsOf[intake, default: [:]][run, default: [:]][key] = max(before, level.asOf)
    return before > level.asOf ? before : nil
  }

  /// I3: the log has the record where the ticket says, when the 202 is sent.
  mutating func accept(_ order: OrderID, at place: LogPosition, in log: SimulatedLog) -> Violation? {
    accepted.append((order, place))
    if case .success(.place(let request))? = log[place]?.content, request.order == order { return nil }
    return Violation(invariant: "I3", what: "a 202 names \(place), and the log does not have order \(order) there")
  }

  /// After each step: what was committed since the last one, and whether the tables agree with it.
  mutating func look(at store: SimulatedStore, _ log: SimulatedLog) -> Violation? {
    guard store.version != versionSeen else { return nil }
    versionSeen = store.version
    for transaction in store.journal[journalLength...] {
      journalLength += 1
      if let violation = follow(transaction, log) ?? lateRow(of: transaction, in: store) { return violation }
    }
    for (index, row) in store.progress.enumerated() where row.next != decided[index] {
      return Violation(
        invariant: "I6", what: "p\(index) is at offset \(row.next) in the store, its effects end at \(decided[index])")
    }
    for (key, _) in shop.stock {
      guard let row = store.stock[key], let expected = replay.stock[key] else { continue }
      guard row.level == expected else {
        return Violation(invariant: "I10", what: "\(key.sku) of sale \(key.sale) is not as a replay leaves it")
      }
    }
    return lives.look(at: store)
  }

  /// When nothing is left to happen: all is decided (liveness), and each 202 has its outcome (I4).
  func lookAtEnd(of store: SimulatedStore, _ log: SimulatedLog) -> Violation? {
    for (index, next) in decided.enumerated() where next < log.end(of: Partition(Int32(index))) {
      return Violation(
        invariant: "liveness",
        what: "p\(index) is decided up to \(next), the log ends at \(log.end(of: Partition(Int32(index))))")
    }
    for hold in store.lives.holds.values where hold.state == .reserved || hold.state == .waiting {
      return Violation(invariant: "liveness", what: "order \(hold.order) is \(hold.state.code) for ever")
    }
    for (order, place) in accepted where !store.has(order) && !store.quarantined.contains(place) {
      return Violation(invariant: "I4", what: "order \(order) got a 202 for \(place) and has no outcome")
    }
    return nil
  }

  // MARK: One transaction

  /// I8: a generation that is closed is complete, so that a filter of it has all its orders. None was closed since the
  /// transaction, because each step of the world is checked.
  private func lateRow(of transaction: SimulatedStore.Transaction, in store: SimulatedStore) -> Violation? {
    let late = transaction.orders.first { store.openGeneration(of: $0.request.order.sale).number != $0.generation }
    return late.map {
      Violation(
        invariant: "I8",
        what: "order \($0.request.order) on p\(transaction.partition) was added to generation \($0.generation), "
          + "which is closed")
    }
  }

  private mutating func follow(_ transaction: SimulatedStore.Transaction, _ log: SimulatedLog) -> Violation? {
    let partition = transaction.partition
    let index = Int(partition.rawValue)
    guard transaction.claim == latestClaim[partition] else {
      return Violation(invariant: "I7", what: "a lane committed on p\(partition) after somebody else had claimed it")
    }
    guard transaction.range.lowerBound == decided[index] else {
      return Violation(
        invariant: "I6",
        what: "records from offset \(transaction.range.lowerBound) were written on p\(partition), where it was at "
          + "\(decided[index])")
    }
    var effects = Effects()
    while decided[index] < transaction.range.upperBound {
      let place = LogPosition(partition: partition, offset: decided[index])
      guard let record = log[place] else {
        return Violation(invariant: "I6", what: "\(place) was decided and is not in the log")
      }
      replay(record.content, at: place.offset, into: &effects)
      decided[index] = place.offset.next
    }
    // In which generation a row is stored is the lanes' to say, and changes nothing.
    let orders = zip(effects.orders, transaction.orders + Array(repeating: nil, count: effects.orders.count)).map {
      SimulatedStore.Order($0, in: partition, $1?.generation ?? .first)
    }
    guard orders == transaction.orders else {
      return Violation(
        invariant: "I10",
        what: "of \(transaction.range.lowerBound)..<\(transaction.range.upperBound) on p\(partition) a replay makes "
          + "\(orders.count) orders, \(transaction.orders.count) were written: "
          + difference(orders, transaction.orders)
      )
    }
    let quarantined = effects.quarantined.map(\.offset)
    guard quarantined == transaction.quarantined.sorted() else {
      return Violation(
        invariant: "I4", what: "p\(partition) quarantined \(transaction.quarantined), it should have \(quarantined)")
    }
    let baskets = Dictionary(uniqueKeysWithValues: effects.baskets.map { ($0.offset, $0.request.lines) })
    guard baskets == transaction.baskets else {
      return Violation(
        invariant: "I10", what: "p\(partition) has \(transaction.baskets) as baskets, it should have \(baskets)")
    }
    if let violation = judgeLives(transaction, effects) { return violation }
    return judge(transaction, log)
  }

  /// The rules by themselves, a record at a time.
  private mutating func judge(_ transaction: SimulatedStore.Transaction, _ log: SimulatedLog) -> Violation? {
    var (orders, history) = (transaction.orders[...], transaction.lives.history[...])
    var place = LogPosition(partition: transaction.partition, offset: transaction.range.lowerBound)
    while place.offset < transaction.range.upperBound {
      let order = orders.first?.position == place ? orders.popFirst() : nil
      let entries = history.prefix { $0.offset == place.offset }
      history = history.dropFirst(entries.count)
      if let record = log[place], let violation = judge(record, order, entries) { return violation }
      place = LogPosition(partition: place.partition, offset: place.offset.next)
    }
    return nil
  }

  private mutating func replay(
    _ record: Result<LogRecord, UnreadableRecord>, at offset: Offset, into effects: inout Effects
  ) {
    switch record {
    case .failure(let error): effects.quarantine(offset, error: error.description)
    case .success(.place(let request)) where request.buyer == shop.refusedBuyer:
      effects.quarantine(offset, error: "the store refuses its buyer")
    case .success(let record):
      if let order = record.order { replay.awaited.insert(order) }
      decide(&replay, record, offset, &effects)
    }
  }

  private func difference(_ expected: [SimulatedStore.Order], _ found: [SimulatedStore.Order]) -> String {
    let missing = expected.filter { !found.contains($0) }.map { "\($0.position) \($0.outcome)" }
    let extra = found.filter { !expected.contains($0) }.map { "\($0.position) \($0.outcome)" }
    return "missing \(missing), not expected \(extra)"
  }

  /// I8, and what `LifeChecks` knows.
  private mutating func judge(
    _ record: SimulatedLog.Record, _ order: SimulatedStore.Order?, _ history: ArraySlice<HistoryEntry>
  ) -> Violation? {
    if let order, case .purchase(let purchase) = record.origin {
      let identity = shop.purchases[purchase].identity
      if let other = orderOf.updateValue(order.request.order, forKey: identity), other != order.request.order {
        return Violation(invariant: "I8", what: "\(identity) is two orders: \(other) and \(order.request.order)")
      }
    }
    guard case .success(let content) = record.content else { return nil }
    return lives.follow(content, order, history)
  }

  /// Lives, payments and history are as a replay makes them.
  private mutating func judgeLives(_ transaction: SimulatedStore.Transaction, _ effects: Effects) -> Violation? {
    let written = transaction.lives
    let holds = Dictionary(uniqueKeysWithValues: written.holds.map { ($0.order, $0) })
    let payments = Dictionary(uniqueKeysWithValues: written.payments.map { ($0.key, $0) })
    guard written.history == effects.history, holds == effects.holds.mapValues(\.after),
      payments == effects.payments.mapValues(\.after)
    else {
      return Violation(
        invariant: "I10",
        what: "of \(transaction.range.lowerBound)..<\(transaction.range.upperBound) on p\(transaction.partition) a "
          + "replay makes another history, other lives or other payments: "
          + "\(effects.history.filter { !written.history.contains($0) }) instead of "
          + "\(written.history.filter { !effects.history.contains($0) })")
    }
    return nil
  }
}

extension World {
  /// After each step.
  mutating func check() {
    if let found = checks.look(at: store, log) { violate(found.invariant, found.what) }
  }

  mutating func checkEnd() {
    if let found = checks.lookAtEnd(of: store, log) { violate(found.invariant, found.what) }
    checkLinesAtEnd()
  }

  mutating func checkAccepted(_ send: Int, at place: LogPosition) {
    if let found = checks.accept(sends[send].order, at: place, in: log) { violate(found.invariant, found.what) }
  }

  /// What a worker does about leases, by what it sees: it gives nothing up but to somebody who lives, and one that is
  /// to be empty claims nothing.
  mutating func checkLease(_ actions: [LeaseKeeper.Action], by keeper: LeaseKeeper, upon view: LeaseView) {
    let isDraining = view.workers.first { $0.id == keeper.id }?.isDraining == true
    for action in actions {
      switch action {
      case .giveUp(let partition) where view.lease(of: partition).owner != keeper.id: met(.leaseGivenUpToTheNewer)
      case .giveUp(let partition):
        guard let successor = keeper.successor(in: partition) else {
          met(.leaseGivenUpToNobody)
          continue
        }
        met(.leaseGivenUpToTheLate)
        let lives = view.workers.contains { other in
          other.id == successor && other.hasSession && view.now - other.lastSeen < .microseconds(Limits.lease)
        }
        if !lives { violate("lease", "p\(partition) is given up for worker \(successor), who is not there") }
      case .claim(let partition, _) where isDraining:
        violate("lease", "worker \(keeper.id) is to be empty, and claims p\(partition)")
      case .claim, .prepare, .dismiss: break
      }
    }
  }

  /// What an intake tells of a stock is never older than what it told before.
  mutating func checkTold(_ level: StockLevel, of key: StockKey, by intake: Int, run: Int) {
    guard let before = checks.told(level, of: key, by: intake, run: run) else { return }
    violate("newest level", "intake \(intake) tells what \(key.sku) was as of \(level.asOf), after \(before)")
  }

  /// I2: nobody is turned away by an intake that has heard that units are left, and no winner who asks again is.
  mutating func checkOver(_ order: OrderID, _ client: Int, at intake: Int, _ key: StockKey) {
    guard let level = intakes[intake].levels[key] else { return }
    if level.turnsAway, let newest = intakes[intake].known[key], !newest.turnsAway {
      violate("I2", "intake \(intake) turns buyers of \(key.sku) away, and has heard that \(newest.left) are left")
    }
    let purchase = shop.purchases[clients[client].purchase]
    guard let row = store.row(of: order), let win = store.win(of: row), row.request.lines == purchase.lines
    else { return }
    // Where units come back, who has won since the level is not known yet. Who waits is turned away only when all is.
    let isAll = !level.turnsAway || waits(purchase) && !level.isClosed
    guard !shop.hasHolds || isAll || win.offset < level.asOf else { return }
    violate("I2", "intake \(intake) turns away order \(order), which has won at \(win)")
  }

  /// I2: what was accepted before a sale's end is in the log once an intake takes it to be whole.
  mutating func checkEnds(_ send: Int) {
    guard case .success(.place(let request)) = sends[send].record.content else { return }
    let lane = SaleLane(sale: request.stock.sale, partition: sends[send].partition)
    for (intake, other) in intakes.enumerated() where other.isRunning && other.winners.grounds.knowsEnd(of: lane) {
      guard let endsAt = other.winners.endsAt[lane.sale], request.acceptedAt < endsAt else { continue }
      violate("I2", "intake \(intake) knows where the log ended, and send \(send), accepted before, comes after that")
    }
  }

  /// I2: a buyer is told that all is sold only when the store has nothing left.
  mutating func checkSoldOut(_ key: StockKey, at intake: Int) {
    guard let level = intakes[intake].levels[key] else { return }
    if level.reserved > .zero {
      violate("I2", "intake says sold out while it knows of \(level.reserved) units of \(key.sku) that are held")
    }
    // Where units come back, an intake hears of it within a second, and may turn somebody away until then.
    guard !shop.hasHolds, let row = store.stock[key], row.level.left > .zero else { return }
    violate("I2", "intake says sold out while \(row.level.left) units of \(key.sku) of sale \(key.sale) are left")
  }

  /// I12: what was called failed is not in the log.
  mutating func checkFailed(_ send: Int) {
    guard sends[send].wasCalledFailed, sends[send].appends > 0 else { return }
    violate("I12", "send \(send) was called failed and is in the log")
  }
}
