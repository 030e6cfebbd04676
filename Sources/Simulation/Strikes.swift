internal import FlashSale
internal import Lane

/// Where faults come in.
extension World {
  /// One fault of a kind that this world has, and when the next one comes.
  mutating func strike() {
    guard !isHealed else { return }
    strike(faults.kinds[random.index(below: faults.kinds.count)])
    after(faults.pause, .fault)
  }

  private mutating func strike(_ kind: Faults.Kind) {
    switch kind {
    case .workerCrash: crash(random.index(below: workers.count))
    case .workerFreeze: freeze(faults.isRestless ? 0 : random.index(below: workers.count))
    case .workerLeave: leave(random.index(below: workers.count))
    case .workerForgotten:
      let worker = random.index(below: workers.count)
      note("operator", "deletes the row of worker \(worker)")
      store.forget(workers[worker].keeper.id)
    case .workerDrained: drain(workers[random.index(below: workers.count)].keeper.id)
    case .storeClockStep:
      let step = random.number(in: Limits.clockStep)
      note("store", "its clock is set back by \(step) µs")
      store.clockBehind += step
    case .ownerForged:
      let partition = Partition(Int32(random.index(below: Int(shop.partitions))))
      note("operator", "writes an owner of p\(partition) that never existed")
      store.forgeOwner(of: partition)
    case .intakeCrash: crashIntake(random.index(below: intakes.count))
    case .clockJump:
      let intake = random.index(below: intakes.count)
      let jump = random.number(in: Limits.clockJump) * (random.happens(perMille: 500) ? 1 : -1)
      intakes[intake].skew += jump
      note("intake \(intake)", "its clock jumps by \(jump) µs")
    case .storeOutage:
      note("store", "restarts")
      store.goDown(commitWins: random.happens(perMille: 500))
      after(Limits.outage, .storeReturns)
    case .sessionsEnded:
      note("store", "all sessions are ended")
      store.endAll(commitWins: random.happens(perMille: 500))
    case .junk: appendJunk()
    case .logConnectionsLost:
      let worker = random.index(below: workers.count)
      note("worker \(worker)", "loses its connections to the log")
      workers[worker].losses += 1
    case .otherLog: showOtherLog()
    case .supply: supply()
    case .close:
      let stock = shop.stock
      after(Limits.network, .close(stock[random.index(below: stock.count)].key))
    }
  }

  /// Before each step of a transaction. Returns whether the step is not done now.
  mutating func strikeStep(of lane: Int, _ session: SimulatedStore.Session) -> Bool {
    if random.happens(perMille: faults.stepCrash) {
      met(.crashInTransaction)
      crash(lanes[lane].worker)
      return true
    }
    if random.happens(perMille: faults.stepFreeze) {
      met(.freezeInTransaction)
      freeze(lanes[lane].worker)
      scheduler.after(0, .laneContinues(lane))
      return true
    }
    if random.happens(perMille: faults.stepCut) {
      note(name(ofLane: lane), "is cut off")
      if random.happens(perMille: 500) { store.end(session, commitWins: false) }
      lose(lane, "cut")
      return true
    }
    if random.happens(perMille: faults.stepRefused) {
      note(name(ofLane: lane), "is told that the store can't now")
      abort(lane, session, .unavailable(Trouble("out of memory")))
      return true
    }
    return false
  }

  /// An operator has a worker emptied.
  private mutating func drain(_ worker: WorkerID) {
    let isDone = store.isReachable && store.drain(worker, at: scheduler.now)
    if isDone { met(.drained) }
    note("operator", isDone ? "drains worker \(worker)" : "can't drain worker \(worker)")
    scheduleLooks()
  }

  /// A process ends at once. The server notices its lost sessions by itself.
  private mutating func crash(_ worker: Int) {
    guard workers[worker].condition != .gone else { return }
    note("worker \(worker)", "crashes")
    workers[worker].condition = .gone
    workers[worker].heldBack = []
    for lane in lanes.indices where lanes[lane].worker == worker && !lanes[lane].isEnded {
      lanes[lane].isEnded = true
      dropSession(of: lane)
    }
    dropLeaseSession(of: worker)
    after(Limits.outage, .restart(worker))
  }

  /// A process stops for a while and doesn't know. Mostly long enough for others to take its partitions.
  private mutating func freeze(_ worker: Int) {
    guard workers[worker].condition == .running else { return }
    note("worker \(worker)", "freezes")
    workers[worker].condition = .frozen
    after(faults.isRestless ? Limits.longFreeze : Limits.outage, .wake(worker))
  }

  /// What it has sent arrives or not; nobody waits for the answer.
  private mutating func crashIntake(_ intake: Int) {
    guard intakes[intake].isRunning else { return }
    note("intake \(intake)", "crashes")
    intakes[intake].isRunning = false
    for send in sends.indices where sends[send].intake == intake { sends[send].isOrphan = true }
    after(Limits.outage, .intakeRestarts(intake))
  }

  /// Consumers are connected to a log that is not ours: its records are others, at the same offsets and past them, or
  /// it ends before.
  ///
  /// Only where the last decided record is known. Otherwise nobody could tell, and a person must.
  private mutating func showOtherLog() {
    let partition = Partition(Int32(random.index(below: Int(shop.partitions))))
    guard store.progress[Int(partition.rawValue)].lastRecord != nil, log.otherLogs[partition] == nil else { return }
    let stock = shop.stock
    let count = log.partitions[Int(partition.rawValue)].count
    let length = random.happens(perMille: 500) ? count + 3 : random.number(in: 0...count / 2)
    let records = (0..<length).map { _ in
      let close = LogRecord.close(stock[random.index(below: stock.count)].key, at: Shop.epoch)
      return SimulatedLog.Record(key: [], value: close.encoded(), origin: .close)
    }
    show(records, in: partition)
    after(Limits.outage, .ownLogReturns(partition))
  }

  /// The consumers notice that their connections were lost. What they had read and not handed on goes with them.
  mutating func show(_ other: [SimulatedLog.Record]?, in partition: Partition) {
    note("log", other == nil ? "p\(partition) is shown again" : "p\(partition) is shown as another one")
    log.show(other, in: partition)
    for worker in workers.indices { workers[worker].losses += 1 }
    for lane in lanes.indices where lanes[lane].partition == partition && !lanes[lane].isEnded {
      if lanes[lane].ahead.take() != nil { lanes[lane].queueNext = lanes[lane].aheadFrom }
      wakeLane(lane)
    }
  }

  /// Something that no intake of this version writes, or that speaks of what isn't there.
  private mutating func appendJunk() {
    let partition = Partition(Int32(random.index(below: Int(shop.partitions))))
    let stock = shop.stock
    let key = stock[random.index(below: stock.count)].key
    let close = LogRecord.close(StockKey(sale: SaleNumber(rawValue: 999), sku: key.sku), at: Shop.epoch)
    let value: [UInt8]?
    switch random.number(in: 0...4) {
    case 0: value = nil
    case 1: value = random.bytes(12)
    case 2: value = random.bytes(FlashSale.Limits.recordBytes + 1)
    case 3: value = close.encoded()
    // Field 1 is the schema (proto/penstock/log/v1/record.proto); the last value of a field that comes twice counts.
    default: value = close.encoded() + [0x08, 0x7F]
    }
    let record = SimulatedLog.Record(key: Array("junk".utf8), value: value, origin: .junk)
    let offset = append(record, to: partition)
    note("log", "p\(partition)@\(offset) is junk of \(value?.count ?? 0) bytes")
  }
}
