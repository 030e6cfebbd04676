internal import FlashSale
internal import Time

/// What lets an intake turn buyers away: the real `RefusalGrounds`, and the winners that it has read.
struct SimulatedWinners {
  var grounds = RefusalGrounds()

  /// When each sale ends, as it was looked at last.
  var endsAt: [SaleNumber: Timestamp] = [:]

  /// Of each sale whose winners are kept.
  private var orders: [SaleNumber: Set<OrderID>] = [:]

  init(of kept: Set<SaleNumber>) {
    for sale in kept { orders[sale] = [] }
    grounds.keep(kept)
  }

  func has(_ order: OrderID) -> Bool { orders[order.sale]?.contains(order) ?? false }

  /// Whether who is not in it has not won, up to what is told.
  func isComplete(of sale: SaleNumber) -> Bool { orders[sale] != nil }

  mutating func insert(_ winner: Winner) { orders[winner.order.sale]?.insert(winner.order) }
}

/// What an intake reads from the store: who has won, as of when it asked.
struct WinnersReading {
  let reading: RefusalGrounds.Reading
  let winners: [Winner]
}

extension SimulatedStore {
  /// Who has won in these lanes, of each from an offset on.
  func winners(from offsets: [SaleLane: Offset]) -> [Winner] {
    orders.values.compactMap { row in win(of: row).map { Winner(order: row.request.order, position: $0) } }
      .filter { winner in offsets[winner.lane].map { winner.position.offset >= $0 } ?? false }
  }

  /// The record by which an order won its units; `nil`: it never did.
  func win(of row: Order) -> LogPosition? {
    guard row.outcome == .waitlisted else { return row.outcome == .confirmed ? row.position : nil }
    return lives.offers[row.request.order].map { LogPosition(partition: row.position.partition, offset: $0) }
  }

  /// An order's row, in whichever generation.
  func row(of order: OrderID) -> Order? { orders.values.first { $0.request.order == order } }
}

extension World {
  /// A level has come to an intake: it tells it at once, or behind a reading of winners.
  mutating func learn(_ level: StockLevel, of key: StockKey, at intake: Int) {
    if bug == .sameLevelIgnored, let told = intakes[intake].levels[key], told.looks(like: level),
      told.asOf == level.asOf || !level.turnsAway
    {
      return
    }
    let isReady = intakes[intake].winners.grounds.learned(level, of: key)
    guard isReady || bug == .winnersUnread else { return met(.levelAwaitsWinners) }
    tell(level, of: key, at: intake)
  }

  /// Begins to read who has won in these sales since the last time. It is brought later, while levels come, or not at
  /// all.
  mutating func readWinners(of sales: Set<SaleNumber>, at intake: Int) {
    guard !sales.isEmpty, store.isReachable else { return }
    var reading = intakes[intake].winners.grounds.reading(of: shop.lanes.filter { sales.contains($0.sale) })
    let winners = store.winners(from: reading.offsets)
    for winner in winners { reading.saw(winner) }
    guard !random.happens(perMille: faults.signalLost) else { return note("intake \(intake)", "can't read who won") }
    after(
      random.happens(perMille: 500) ? Limits.slowNetwork : Limits.network,
      .winnersRead(intake: intake, run: intakes[intake].run, WinnersReading(reading: reading, winners: winners)))
  }

  mutating func winnersRead(by intake: Int, _ run: Int, _ brought: WinnersReading) {
    guard intakes[intake].run == run else { return }
    for winner in brought.winners { intakes[intake].winners.insert(winner) }
    var ready = intakes[intake].winners.grounds.ended(brought.reading)
    let wanting = intakes[intake].winners.grounds.wanting
    if !wanting.isEmpty { met(.winnersReadTooEarly) }
    if bug == .earlyReadingCounts {
      for (key, _) in shop.stock where wanting.contains(key.sale) { ready[key] = intakes[intake].known[key] }
    }
    for (key, level) in ready.sorted(by: { $0.key < $1.key }) {
      met(.levelBehindWinners)
      tell(level, of: key, at: intake)
    }
  }

  /// A sale whose end has moved gets orders again.
  mutating func noteEnd(of sale: SaleNumber, _ endsAt: Timestamp, at intake: Int) {
    let before = intakes[intake].winners.endsAt.updateValue(endsAt, forKey: sale)
    if before != endsAt { intakes[intake].winners.grounds.forgetEnd(of: sale) }
  }

  /// Asks where the log ends once nothing can get into it any more that was accepted before a sale's end.
  ///
  /// Not where clocks may be wrong: an intake whose clock is late takes orders for longer.
  mutating func askForEnds(at intake: Int) {
    guard let settlesAfter else { return }
    for lane in shop.lanes where !intakes[intake].winners.grounds.knowsEnd(of: lane) {
      guard let (_, endsAt) = window(of: lane.sale) else { continue }
      noteEnd(of: lane.sale, endsAt, at: intake)
      guard endsAt.after(settlesAfter * shop.pace) <= shop.clock(at: scheduler.now) else { continue }
      let end = log.end(of: lane.partition)
      after(Limits.network, .endTold(intake: intake, run: intakes[intake].run, lane, end, asked: endsAt))
    }
  }

  mutating func endTold(to intake: Int, _ run: Int, _ lane: SaleLane, _ end: Offset, asked endsAt: Timestamp) {
    guard intakes[intake].run == run, intakes[intake].winners.endsAt[lane.sale] == endsAt else { return }
    guard !intakes[intake].winners.grounds.knowsEnd(of: lane) else { return }
    intakes[intake].winners.grounds.learned(end: end, of: lane)
    beginReading(at: intake)
  }

  /// Sales that may have winners whom an intake does not know.
  func salesToRead(at intake: Int) -> Set<SaleNumber> {
    let selling = shop.stock.map(\.key).filter { key in
      let isOver = shop[key.sale].sale.holds?.waitlist == nil ? \StockLevel.turnsAway : \.isClosed
      return intakes[intake].levels[key]?[keyPath: isOver] != true
    }
    return intakes[intake].winners.grounds.wanting.union(selling.map(\.sale))
  }

  private mutating func tell(_ level: StockLevel, of key: StockKey, at intake: Int) {
    intakes[intake].levels[key] = level
    checkTold(level, of: key, by: intake, run: intakes[intake].run)
  }
}

extension StockLevel {
  /// Whether buyers are told the same at it.
  fileprivate func looks(like other: StockLevel) -> Bool {
    (left, isClosed, reserved > .zero) == (other.left, other.isClosed, other.reserved > .zero)
  }
}
