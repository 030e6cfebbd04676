internal import FlashSale
internal import SaleStore
internal import Worker

/// A lane's transaction, between two of its steps. Anything can happen there.
///
/// Mirrors `SaleStore/Lanes/BatchWrite.swift`: the order of the statements, and which failure is which answer.
struct BatchInFlight {
  enum Step { case fence, load, stock, orders, commit }

  let range: Range<Offset>
  let entries: [LogEntry]
  var step = Step.fence

  /// Tries that met a lock.
  var lockTries = 0
  var changed: [(key: StockKey, before: LaneStock.Level, after: LaneStock.Level)] = []
  var levels: [StockKey: LaneStock.Level] = [:]
  var orders: [SimulatedStore.Order] = []
  var quarantined: [Offset] = []
  var repeats = 0
  var closes = 0

  init(_ range: Range<Offset>, _ entries: [LogEntry]) {
    self.range = range
    self.entries = entries
  }

  fileprivate var records: [(Offset, LogRecord)] {
    entries.compactMap { entry in
      if case .record(let record) = entry.content { (entry.offset, record) } else { nil }
    }
  }

  /// Decides the batch, and sorts the decisions by where they are written.
  fileprivate mutating func decide(
    on partition: Partition, _ loaded: LaneStock, by function: (inout LaneStock, [LogRecord]) -> [Decision]
  ) {
    let before = loaded
    var after = loaded
    let records = self.records
    let decisions = function(&after, records.map(\.1))
    for entry in entries {
      if case .record = entry.content { continue }
      quarantined.append(entry.offset)
    }
    for ((offset, record), decision) in zip(records, decisions) {
      switch (decision, record) {
      case (.decided(let outcome), .place(let request)):
        let position = LogPosition(partition: partition, offset: offset)
        orders.append(SimulatedStore.Order(position: position, request: request, outcome: outcome))
      case (.unknown, _): quarantined.append(offset)
      case (.repeated, _): repeats += 1
      case (.closed, _), (.decided, .close): closes += 1
      }
    }
    levels = after.stock
    for key in after.stock.keys.sorted() {
      guard let old = before.stock[key], let new = after.stock[key], old != new else { continue }
      changed.append((key, old, new))
    }
  }
}

extension World {
  /// Starts a transaction for records that the lane holds; with `poison`, for one that is only kept.
  mutating func begin(_ range: Range<Offset>, poison: String?, on lane: Int) {
    var entries = lanes[lane].held.filter { range.contains($0.offset) }
    if let poison {
      entries = entries.map { entry in
        guard case .record(let record) = entry.content else { return entry }
        return LogEntry(offset: entry.offset, content: .poisonous(record, error: poison))
      }
    }
    lanes[lane].batch = BatchInFlight(range, entries)
    continueBatch(of: lane)
  }

  /// Does one step of a transaction, unless something comes in between.
  mutating func continueBatch(of lane: Int) {
    guard let session = lanes[lane].session, store.isOpen(session) else { return lose(lane, "the session is gone") }
    guard !strikeStep(of: lane, session), let batch = lanes[lane].batch else { return }
    switch batch.step {
    case .fence:
      let answer = store.fence(
        session, lanes[lane].partition, epoch: lanes[lane].epoch, range: batch.range, claim: lanes[lane].claim)
      go(answer, to: .load, on: lane, session)
    case .load:
      load(batch, on: lane)
      go(.done, to: .stock, on: lane, session)
    case .stock:
      go(
        store.write(session, stock: batch.changed, quarantined: batch.quarantined), to: .orders, on: lane, session)
    case .orders: go(store.write(session, orders: batch.orders), to: .commit, on: lane, session)
    case .commit: commit(lane, session)
    }
  }

  private mutating func load(_ batch: BatchInFlight, on lane: Int) {
    var orders: [OrderID] = []
    var holders: [LaneStock.Holder] = []
    var unknown: [StockKey] = []
    var known: [StockKey: LaneStock.Level] = [:]
    for (_, record) in batch.records {
      let key: StockKey
      switch record {
      case .place(let request):
        key = request.stock
        orders.append(request.order)
        holders.append(LaneStock.Holder(sale: key.sale, buyer: request.buyer))
      case .close(let stock, _): key = stock
      }
      if let level = lanes[lane].known[key] { known[key] = level } else { unknown.append(key) }
    }
    var state = store.load(orders: orders, holders: holders, stock: unknown)
    state.stock.merge(known) { _, known in known }
    let partition = lanes[lane].partition
    lanes[lane].batch?.decide(on: partition, state) { [bug] state, records in
      bug?.decides(&state, records) ?? FlashSale.decide(&state, records)
    }
    if bug == .signalBeforeCommit, let decided = lanes[lane].batch { signal(decided) }
  }

  private mutating func go(
    _ answer: SimulatedStore.StepAnswer, to step: BatchInFlight.Step, on lane: Int, _ session: SimulatedStore.Session
  ) {
    switch answer {
    case .done:
      lanes[lane].batch?.step = step
      after(Limits.transactionStep, .laneContinues(lane))
    case .locked:
      lanes[lane].batch?.lockTries += 1
      if let tries = lanes[lane].batch?.lockTries, tries >= Limits.lockTries {
        return abort(lane, session, .unavailable("lock timeout"))
      }
      after(Limits.transactionStep, .laneContinues(lane))
    case .fenced:
      met(.fenced)
      abort(lane, session, .fenced)
    case .conflict(let why):
      met(.conflict)
      abort(lane, session, .conflict(why))
    case .poisoned(let why):
      met(.poisoned)
      abort(lane, session, .poisoned(why))
    }
  }

  /// Rolls back; what the lane knew is forgotten.
  mutating func abort(_ lane: Int, _ session: SimulatedStore.Session, _ event: LaneState.Event) {
    store.rollBack(session)
    lanes[lane].batch = nil
    lanes[lane].known = [:]
    answer(lane, event)
  }

  /// The connection is gone: what the session has open, the server finds out by itself.
  mutating func lose(_ lane: Int, _ why: String) {
    lanes[lane].batch = nil
    lanes[lane].known = [:]
    dropSession(of: lane)
    answer(lane, .connectionLost(why))
  }

  private mutating func commit(_ lane: Int, _ session: SimulatedStore.Session) {
    guard let batch = lanes[lane].batch else { return }
    guard random.happens(perMille: faults.commitAnswerLost) else {
      store.apply(session)
      met(.committed)
      if !batch.quarantined.isEmpty { met(.quarantined) }
      if batch.repeats > 0 { met(.repeated) }
      if batch.closes > 0 { met(.closed) }
      lanes[lane].batch = nil
      lanes[lane].known.merge(batch.levels) { _, new in new }
      signal(batch)
      note(name(ofLane: lane), "commits \(batch.summary)")
      return answer(lane, .committed)
    }
    // Before it took effect, after, or still on its way.
    switch random.number(in: 0...2) {
    case 0:
      note("store", "the COMMIT of lane \(lane) never arrives")
      store.end(session, commitWins: false)
    case 1:
      note("store", "the COMMIT of lane \(lane) takes effect, its answer is lost")
      store.apply(session)
    default:
      note("store", "the COMMIT of lane \(lane) is on its way, its answer will be lost")
      store.beginCommit(session)
      after(random.happens(perMille: 500) ? Limits.network : Limits.slowNetwork, .commitArrives(session))
    }
    lose(lane, "the COMMIT was not answered")
  }

  mutating func commitArrives(_ session: SimulatedStore.Session) {
    guard store.isOpen(session) else { return }
    met(.commitArrivedLate)
    store.apply(session)
  }

  /// Tells intakes what is left.
  private mutating func signal(_ batch: BatchInFlight) {
    guard !batch.changed.isEmpty else { return }
    for intake in intakes.indices where !random.happens(perMille: faults.signalLost) {
      let levels = Dictionary(uniqueKeysWithValues: batch.changed.map { ($0.key, $0.after) })
      after(Limits.network, .signalArrives(intake: intake, levels))
    }
  }
}

extension BatchInFlight {
  /// In a few words.
  fileprivate var summary: String {
    let won = orders.count { $0.outcome == .confirmed }
    return "\(range.lowerBound)..<\(range.upperBound): \(won) confirmed, \(orders.count - won) refused, "
      + "\(repeats) repeats, \(closes) closes, \(quarantined.count) quarantined"
  }
}
