internal import FlashSale
internal import Lane

/// One partition's lane: performs what the real `LaneCore` decides, a step at a time.
struct SimulatedLane {
  let worker: Int
  /// Which of the processes that the worker's place had.
  let run: Int
  let partition: Partition

  /// Which of the world's claims gave it its right to write.
  var claimNumber: Int
  var session: SimulatedStore.Session?
  var core: LaneCore
  var action: LaneCore.Action

  /// The next offset that its queue gives.
  var queueNext: Offset

  /// What was read while the batch before is written.
  var ahead: HeldRecords?

  /// Where that was to begin; a gap can be before it.
  var aheadFrom = Offset(0)

  /// What was decided ahead last.
  var stale: PreparedBatch?

  var transaction: SimulatedTransaction?

  /// Tries of a closing that met a batch in flight.
  var closingTries = 0
  var isCancelled = false
  var isWaiting = false
  var isEnded = false

  init(
    worker: Int, run: Int, claimNumber: Int, session: SimulatedStore.Session, core: LaneCore
  ) {
    self.worker = worker
    self.run = run
    self.claimNumber = claimNumber
    self.session = session
    self.core = core
    partition = core.claim.partition
    action = core.firstAction
    queueNext = core.next
  }

  func isOf(_ worker: Int, _ run: Int) -> Bool { self.worker == worker && self.run == run }
}

extension World {
  func name(ofLane lane: Int) -> String { "lane \(lane) w\(lanes[lane].worker)p\(lanes[lane].partition)" }

  /// Does the next thing that a lane has to do.
  mutating func continueLane(_ lane: Int) {
    guard !lanes[lane].isEnded else { return }
    guard lanes[lane].transaction == nil else { return continueTransaction(of: lane) }
    switch lanes[lane].action {
    case .open(let offset): open(lane, at: offset)
    case .read: read(lane)
    case .measure: measure(lane)
    case .write(var batch, _):
      if bug == .aheadKept, let stale = lanes[lane].stale, stale.isOfTheSame(as: batch.prepared) {
        batch.prepared = stale
        lanes[lane].stale = nil
      }
      begin(batch, on: lane)
    case .close(let generation, let rows): close(lane, generation, from: rows)
    case .reclaim(let claim): reclaim(lane, claim)
    case .pause, .waitForLog: tell(lane, .corePaused, "paused") { $0.paused() }
    case .halt(let claim, let reason): halt(lane, claim, reason)
    case .end: break
    }
  }

  /// Tells the core what came of its action, which is a course, and goes on with the next one. A cancellation goes
  /// before it.
  mutating func tell(
    _ lane: Int, _ event: Course, _ words: @autoclosure () -> String,
    loading loaded: [SaleNumber: KnownHolders.Holders] = [:], _ what: (inout LaneCore) -> LaneCore.Action
  ) {
    met(event)
    if lanes[lane].isCancelled {
      met(.coreStop)
      lanes[lane].core.stop()
    }
    let crowded = lanes[lane].core.memory.crowdedSales
    lanes[lane].action = what(&lanes[lane].core)
    for sale in lanes[lane].core.memory.crowdedSales.subtracting(crowded) {
      switch loaded[sale]?.isCrowded {
      case true?: met(.holdersNotLoaded)
      case false?: met(.holdersDidNotFit)
      case nil: met(.holdersOverflowed)
      }
    }
    note(name(ofLane: lane), "\(words()) → \(lanes[lane].action.summary)")
    met(lanes[lane].action.course)
    switch lanes[lane].action {
    case .end(let end): ended(lane, end)
    case .pause, .waitForLog: after(Limits.lanePause, .laneContinues(lane))
    default: after(Limits.network, .laneContinues(lane))
    }
  }

  /// A batch was written, or not.
  mutating func wrote(_ lane: Int, _ answer: WriteAnswer) {
    met(answer.course)
    let written = if case .committed(let written) = answer { Optional(written) } else { WrittenBatch?.none }
    tell(lane, .coreWrote, answer.summary, loading: written?.holders ?? [:]) { $0.wrote(answer) }
    guard bug == .cacheKept, case .committed = answer else { return }
    workers[lanes[lane].worker].caches[lanes[lane].partition] = lanes[lane].core.memory
  }

  /// A record, or a request to end, wakes a lane that waits for records.
  mutating func wakeLane(_ lane: Int) {
    guard lanes[lane].isWaiting, !lanes[lane].isEnded else { return }
    lanes[lane].isWaiting = false
    after(random.happens(perMille: faults.deliveryLate) ? Limits.slowNetwork : Limits.network, .laneContinues(lane))
  }

  // MARK: The log

  private mutating func read(_ lane: Int) {
    guard !lanes[lane].isCancelled else { return tell(lane, .coreQueueEnded, "cancelled") { $0.queueEnded() } }
    guard lanes[lane].queueNext.rawValue <= Int64(log.shown(of: lanes[lane].partition).count) else {
      return tell(lane, .coreOutOfRange, "the log has no such offset") { $0.outOfRange() }
    }
    if random.happens(perMille: faults.fetchFailed) {
      return tell(lane, .coreLogFailed, "the queue failed") { $0.logFailed("a fault") }
    }
    if lanes[lane].ahead != nil, lanes[lane].stale.map({ !$0.stands(upon: lanes[lane].core.memory) }) ?? false {
      met(.aheadDropped)
    }
    guard let records = lanes[lane].ahead.take() ?? fetch(lane) else {
      lanes[lane].isWaiting = true
      return
    }
    let losses = workers[lanes[lane].worker].losses
    let isProof = records.first < lanes[lane].core.next
    tell(lane, .coreReceived, "received \(records.first)…\(records.last)") { $0.received(records, losses: losses) }
    switch lanes[lane].action {
    case .open: met(.reopened)
    case .halt where isProof: met(.anotherLog)
    default: if isProof { met(.sameLog) }
    }
  }

  /// Late in a transaction, so that the next records have had time to come.
  mutating func readAhead(on lane: Int) {
    guard lanes[lane].ahead == nil, case .write(_, let ahead) = lanes[lane].action else { return }
    lanes[lane].aheadFrom = lanes[lane].queueNext
    switch ahead {
    case .no: break
    case .read: lanes[lane].ahead = fetch(lane)
    case .decide(let memory):
      guard var records = fetch(lane) else { return }
      records.prepare(upon: memory)
      lanes[lane].stale = records.ahead
      met(.decidedAhead)
      lanes[lane].ahead = records
    }
  }

  /// The next records of the queue; `nil` while there are none.
  private mutating func fetch(_ lane: Int) -> HeldRecords? {
    let partition = lanes[lane].partition
    let shown = log.shown(of: partition)
    let end = Offset(Int64(shown.count))
    var first = lanes[lane].queueNext
    guard first < end else { return nil }
    if first.next < end, random.happens(perMille: faults.fetchGap) {
      met(.gap)
      first = first.next
    }
    let most = min(Int64(Limits.fetchedRecords), end.rawValue - first.rawValue)
    let upTo = Offset(first.rawValue + random.number(in: 1...most))
    // A planted bug numbers what it gets by itself.
    let named = bug == .gapIgnored ? lanes[lane].queueNext : first
    let records = Array(shown[Int(first.rawValue)..<Int(upTo.rawValue)])
    lanes[lane].queueNext = Offset(named.rawValue + Int64(records.count))
    return HeldRecords(records, from: named)
  }

  private mutating func open(_ lane: Int, at offset: Offset) {
    lanes[lane].ahead = nil
    lanes[lane].queueNext = offset
    let losses = workers[lanes[lane].worker].losses
    tell(lane, .coreOpened, "opened at \(offset)") { $0.opened(losses: losses) }
  }

  private mutating func measure(_ lane: Int) {
    met(.measured)
    if random.happens(perMille: faults.fetchFailed) {
      return tell(lane, .coreNotMeasured, "the log does not tell its end") { $0.notMeasured("a fault") }
    }
    let high = Offset(Int64(log.shown(of: lanes[lane].partition).count))
    tell(lane, .coreMeasured, "the log ends at \(high)") { $0.measured(low: Offset(0), high: high) }
  }

  // MARK: The store

  /// After a lost connection: a new session, and a claim that tells how far the store is.
  private mutating func reclaim(_ lane: Int, _ claim: Claim) {
    dropSession(of: lane)
    guard let session = store.connect() else {
      return tell(lane, .coreFailed, "no session") { $0.failed("the store can't be reached") }
    }
    lanes[lane].session = session
    if bug == .blindRetry {
      return tell(lane, .coreReclaimed, "believes that nothing was committed") { core in
        core.reclaimed(.claimed(claim.movedTo(core.next)))
      }
    }
    switch takeOver(lanes[lane].partition, Vacancy(epoch: claim.epoch), for: lanes[lane].worker, by: session) {
    case .fenced:
      met(.fenced)
      tell(lane, .coreReclaimed, "fenced") { $0.reclaimed(.fenced) }
    case .halted(let reason):
      met(.reclaimFoundHalted)
      tell(lane, .coreReclaimed, "finds it halted") { $0.reclaimed(.halted(reason: reason)) }
    case .locked:
      dropSession(of: lane)
      tell(lane, .coreFailed, "locked") { $0.failed("the partition's row is locked") }
    case .claimed(let claim):
      if random.happens(perMille: faults.claimAnswerLost) {
        dropSession(of: lane)
        return tell(lane, .coreFailed, "claims and doesn't hear it") { $0.failed("the answer to the claim was lost") }
      }
      lanes[lane].claimNumber = claims
      met(claim.nextOffset == lanes[lane].core.next ? .lostCommitDidNot : .lostCommitTookEffect)
      tell(lane, .coreReclaimed, "reclaimed: next offset \(claim.nextOffset)") { $0.reclaimed(.claimed(claim)) }
    }
  }

  private mutating func halt(_ lane: Int, _ claim: Claim, _ reason: String) {
    if lanes[lane].session.map({ !store.isOpen($0) }) ?? true { lanes[lane].session = store.connect() }
    guard lanes[lane].session != nil else {
      return tell(lane, .coreFailed, "no session") { $0.failed("the store can't be reached") }
    }
    if store.halt(claim.partition, epoch: claim.epoch, reason: reason) {
      tell(lane, .coreHaltRecorded, "records the halt") { $0.haltRecorded() }
    } else {
      tell(lane, .coreHaltRefused, "fenced") { $0.haltRefused() }
    }
  }

  /// Closes a lane's session. One whose connection is gone is noticed by the server when its time comes.
  mutating func dropSession(of lane: Int) {
    guard let session = lanes[lane].session else { return }
    lanes[lane].session = nil
    after(Limits.noticing, .sessionNoticed(session))
  }

  private mutating func ended(_ lane: Int, _ end: LaneState.End) {
    if end == .stopped { giveBack(lane) }
    lanes[lane].isEnded = true
    dropSession(of: lane)
    if case .surrendered(let why) = end, let course = why.course { met(course) }
    switch end {
    case .stopped, .surrendered(.fenced): laneEnded(lane, .settled)
    case .halted:
      met(.halted)
      after(Limits.outage, .clearHalts)
      laneEnded(lane, .settled)
    case .surrendered:
      met(.surrendered)
      laneEnded(lane, .failed(isFirst: false))
    }
  }

  /// A person has looked at what is halted, and lets it go on. Not while it is another log.
  mutating func clearHalts() {
    guard log.otherLogs.isEmpty else { return after(Limits.outage, .clearHalts) }
    let cleared = store.clearHalts()
    guard !cleared.isEmpty else { return }
    met(.haltCleared)
    note("operator", "clears the halt of partitions \(cleared)")
    scheduleLooks()
  }
}

// MARK: - What the core is given

extension HeldRecords {
  /// Records of the log, the first of them at this offset.
  fileprivate init(_ records: [SimulatedLog.Record], from first: Offset) {
    let entries = records.enumerated().map { index, record in
      let offset = Offset(first.rawValue + Int64(index))
      switch record.content {
      case .success(let record): return LogEntry(offset: offset, content: .record(record))
      case .failure(let error): return LogEntry(offset: offset, content: .unreadable(error))
      }
    }
    self.init(
      entries,
      from: Source {
        records[Int($0.rawValue - first.rawValue)].fingerprint
      } raw: { offsets in
        Dictionary(
          uniqueKeysWithValues: offsets.map { offset in
            let record = records[Int(offset.rawValue - first.rawValue)]
            return (offset, RawRecord(key: record.key, value: record.value))
          })
      })
  }
}

extension SimulatedLog.Record {
  fileprivate var fingerprint: RecordFingerprint {
    guard let value else { return RecordFingerprint(of: nil) }
    return value.withUnsafeBytes { RecordFingerprint(of: $0) }
  }
}

extension PreparedBatch {
  /// Whether it is of the same records.
  fileprivate func isOfTheSame(as other: PreparedBatch) -> Bool {
    entries.map(\.offset) == other.entries.map(\.offset)
  }
}

extension Claim {
  fileprivate func movedTo(_ next: Offset) -> Claim {
    Claim(topic: topic, partition: partition, epoch: epoch, nextOffset: next, lastRecord: lastRecord)
  }
}

// MARK: - In a few words

extension WriteAnswer {
  fileprivate var summary: String {
    switch self {
    case .committed: "committed"
    case .fenced: "fenced"
    case .conflict(let why): "conflict: \(why)"
    case .generationClosed: "a generation was closed"
    case .poisoned(let why): "poisoned: \(why)"
    case .unavailable(let error): "unavailable: \(error)"
    case .connectionLost(let error): "connection lost: \(error)"
    }
  }
}

extension LaneCore.Action {
  fileprivate var summary: String {
    switch self {
    case .open(let offset): "open at \(offset)"
    case .read: "read"
    case .measure: "measure"
    case .write(let batch, let ahead):
      if case .no = ahead { "write \(batch.summary)" } else { "write \(batch.summary) and read ahead" }
    case .close(let generation, _): "close \(generation)"
    case .reclaim(let claim): "reclaim from epoch \(claim.epoch)"
    case .waitForLog(let reason): "wait for the log: \(reason)"
    case .halt(_, let reason): "halt: \(reason)"
    case .pause(let attempt, let reason): "pause \(attempt): \(reason)"
    case .end(let end): "end \(end)"
    }
  }
}
