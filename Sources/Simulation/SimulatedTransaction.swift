internal import FlashSale
internal import Lane

/// A lane's transaction, between two of its steps. Anything can happen there.
struct SimulatedTransaction {
  var script: BatchScript

  /// The steps that the script gave last, and how many of them are done.
  private var steps: [BatchScript.Step] = []
  private var done = 0

  /// Tries that met a lock.
  var lockTries = 0

  init(_ batch: LaneBatch) { script = BatchScript(batch) }

  /// What is to be done now; `nil` before the script was asked.
  var step: BatchScript.Step? { done < steps.count ? steps[done] : nil }

  /// Asks the script what to do next.
  mutating func ask() { (steps, done) = (script.next(), 0) }

  /// A step was done.
  mutating func goOn() { done += 1 }
}

extension World {
  /// Begins a lane's transaction.
  mutating func begin(_ batch: LaneBatch, on lane: Int) {
    learnFilters(on: lane)
    lanes[lane].transaction = SimulatedTransaction(batch)
    continueTransaction(of: lane)
  }

  /// Does one step of a transaction, unless something comes in between.
  mutating func continueTransaction(of lane: Int) {
    guard let session = lanes[lane].session, store.isOpen(session) else { return lose(lane, "the session is gone") }
    guard !strikeStep(of: lane, session) else { return }
    guard let step = lanes[lane].transaction?.step ?? nextStep(of: lane) else { return }
    if let answer = perform(step, of: lane, session) { go(answer, on: lane, session) }
  }

  /// Asks the script of a lane's transaction what to do next.
  private mutating func nextStep(of lane: Int) -> BatchScript.Step? {
    met(.scriptNext)
    lanes[lane].transaction?.ask()
    if bug == .signalBeforeCommit, let written = lanes[lane].transaction?.script.written {
      signal(written, of: lanes[lane].partition)
    }
    return lanes[lane].transaction?.step
  }

  /// - Returns: `nil` for the commit, which answers by itself.
  private mutating func perform(
    _ step: BatchScript.Step, of lane: Int, _ session: SimulatedStore.Session
  ) -> SimulatedStore.StepAnswer? {
    met(step.course)
    switch step {
    case .fence(let claim, let range, let lastRecord):
      return store.fence(session, claim, range, lastRecord, numbered: lanes[lane].claimNumber)
    case .generations(let open): return store.require(open)
    case .load(let needs):
      met(needs.probes.isEmpty ? .loaded : .lookedUp)
      if needs.loadsBasketStock { met(.basketStockLoaded) }
      let facts = store.load(needs)
      if needs.probes.contains(where: { facts.decided.contains($0.order) && !store.isOpen($0) }) { met(.foundInClosed) }
      met(.scriptLoaded)
      lanes[lane].transaction?.script.loaded(facts)
      return .done
    case .findSales(let records):
      let numbers = Set(shop.sales.map(\.number)).intersection(records.compactMap(\.saleNumber))
      let ids = Dictionary(uniqueKeysWithValues: shop.sales.map { ($0.sale.id, $0.number) })
      met(.scriptFound)
      lanes[lane].transaction?.script.found(numbers: numbers, ids: ids)
      return .done
    case .quarantine(let records): return store.write(session, quarantined: records)
    case .count: return .done
    case .stock(let changes): return store.write(session, stock: changes)
    case .orders(let rows):
      readAhead(on: lane)
      let partition = lanes[lane].partition
      let orders = rows.all.sorted { $0.order.offset < $1.order.offset }.map { row in
        SimulatedStore.Order(row.order, in: partition, row.generation)
      }
      return store.write(session, orders: orders)
    case .baskets(let orders): return store.write(session, baskets: orders)
    case .subjects(let counts): return store.write(session, subjects: counts)
    case .subjectChanges(let changes): return store.write(session, subjectChanges: changes)
    case .holds(let rows): return store.write(session, holds: rows)
    case .payments(let changes): return store.write(session, payments: changes)
    case .history(let entries): return store.write(session, history: entries)
    case .commit:
      readAhead(on: lane)
      commit(lane, session)
      return nil
    }
  }

  private mutating func go(_ answer: SimulatedStore.StepAnswer, on lane: Int, _ session: SimulatedStore.Session) {
    switch answer {
    case .done:
      lanes[lane].transaction?.goOn()
      after(transactionStep, .laneContinues(lane))
    case .locked:
      lanes[lane].transaction?.lockTries += 1
      if let tries = lanes[lane].transaction?.lockTries, tries >= Limits.lockTries {
        return abort(lane, session, .unavailable(Trouble("lock timeout")))
      }
      after(transactionStep, .laneContinues(lane))
    case .fenced:
      met(.fenced)
      abort(lane, session, .fenced)
    case .conflict(let why):
      met(.conflict)
      abort(lane, session, .conflict(why))
    case .generationClosed:
      met(.generationMoved)
      abort(lane, session, .generationClosed)
    case .poisoned(let why):
      met(.poisoned)
      abort(lane, session, .poisoned(why))
    }
  }

  /// Rolls back.
  mutating func abort(_ lane: Int, _ session: SimulatedStore.Session, _ answer: WriteAnswer) {
    store.rollBack(session)
    lanes[lane].transaction = nil
    wrote(lane, answer)
  }

  /// The connection is gone: what the session has open, the server finds out by itself.
  mutating func lose(_ lane: Int, _ why: String) {
    lanes[lane].transaction = nil
    dropSession(of: lane)
    wrote(lane, .connectionLost(Trouble(why)))
  }

  private mutating func commit(_ lane: Int, _ session: SimulatedStore.Session) {
    guard let script = lanes[lane].transaction?.script, let written = script.written else { return }
    guard random.happens(perMille: faults.commitAnswerLost) else {
      store.apply(session)
      lanes[lane].transaction = nil
      committed(written)
      signal(written, of: lanes[lane].partition)
      note(name(ofLane: lane), "commits \(script.batch.summary): \(written.summary)")
      return wrote(lane, .committed(written))
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

  private mutating func committed(_ written: WrittenBatch) {
    met(.committed)
    if !written.effects.repeats.isEmpty { met(.repeated) }
    if !written.effects.quarantined.isEmpty { met(.quarantined) }
    if written.changed.values.contains(where: \.isClosed) { met(.closed) }
    for order in written.effects.orders {
      order.outcome.course.map { met($0) }
      order.basketCourse.map { met($0) }
    }
    for change in written.effects.holds.values where !change.after.lines.isEmpty {
      if change.after.state == .paid { met(.basketPaid) }
    }
    for entry in written.effects.history { entry.course.map { met($0) } }
  }

  mutating func commitArrives(_ session: SimulatedStore.Session) {
    guard store.isOpen(session) else { return }
    met(.commitArrivedLate)
    store.apply(session)
  }

  /// Tells intakes what is left.
  private mutating func signal(_ written: WrittenBatch, of partition: Partition) {
    let levels = written.changed.mapValues(\.level)
    guard !levels.isEmpty else { return }
    let watermark = store.progress[Int(partition.rawValue)].next
    for intake in intakes.indices where !random.happens(perMille: faults.signalLost) {
      let isLate = random.happens(perMille: faults.deliveryLate)
      after(
        isLate ? Limits.slowNetwork : Limits.network,
        .signalArrives(intake: intake, levels, partition, watermark: watermark))
    }
  }
}

/// Why the store could not do something.
struct Trouble: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

extension WrittenBatch {
  /// In a few words.
  fileprivate var summary: String {
    let won = effects.orders.count { $0.outcome == .confirmed }
    let repeats = effects.repeats.values.reduce(0, +)
    return """
      \(records) records: \(won) confirmed, \(effects.orders.count - won) refused, \(repeats) repeats, \
      \(effects.quarantined.count) quarantined
      """
  }
}

extension LaneBatch {
  /// Its offsets.
  var summary: String { "\(range.lowerBound)..<\(range.upperBound)" }
}
