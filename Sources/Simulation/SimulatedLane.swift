internal import FlashSale
internal import SaleStore
internal import Worker

/// One partition's lane: performs what the real `LaneState` decides, a step at a time.
///
/// Mirrors `Worker/Lane.swift`: what it holds and knows, when it forgets, when it drops the session, and that it passes
/// a cancellation on with the next event.
struct SimulatedLane {
  let worker: Int
  let assignment: Int
  let partition: Partition

  /// Which claim gave it its right to write.
  var claim: Int
  var epoch: Epoch
  var session: SimulatedStore.Session?
  var state: LaneState
  var action: LaneState.Action

  /// The next offset that its queue gives.
  var queueNext: Offset
  var held: [LogEntry] = []
  var known: [StockKey: LaneStock.Level] = [:]

  /// The transaction in flight.
  var batch: BatchInFlight?
  var isCancelled = false
  var isWaiting = false
  var isEnded = false

  init(
    worker: Int, assignment: Int, partition: Partition, claim: Int, epoch: Epoch, session: SimulatedStore.Session,
    state: LaneState
  ) {
    self.worker = worker
    self.assignment = assignment
    self.partition = partition
    self.claim = claim
    self.epoch = epoch
    self.session = session
    self.state = state
    action = state.firstAction
    queueNext = state.next
  }
}

extension World {
  func name(ofLane lane: Int) -> String { "lane \(lane) w\(lanes[lane].worker)p\(lanes[lane].partition)" }

  /// Does the next thing that a lane has to do.
  mutating func continueLane(_ lane: Int) {
    guard !lanes[lane].isEnded else { return }
    guard lanes[lane].batch == nil else { return continueBatch(of: lane) }
    switch lanes[lane].action {
    case .read: read(lane)
    case .write(let range): begin(range, poison: nil, on: lane)
    case .quarantine(let offset, let error): begin(offset..<offset.next, poison: error, on: lane)
    case .reclaim: reclaim(lane)
    case .pause: answer(lane, .paused)
    case .halt(let reason): halt(lane, reason)
    case .end: break
    }
  }

  /// Tells the state the result of its action, and goes on with the next one.
  mutating func answer(_ lane: Int, _ event: LaneState.Event) {
    if lanes[lane].isCancelled { lanes[lane].state.stop() }
    lanes[lane].action = lanes[lane].state.handle(event)
    note(name(ofLane: lane), "\(event.summary) → \(lanes[lane].action.summary)")
    switch lanes[lane].action {
    case .end(let end): ended(lane, end)
    case .pause: after(Limits.lanePause, .laneContinues(lane))
    default: after(Limits.network, .laneContinues(lane))
    }
  }

  /// A record, or a request to end, wakes a lane that waits for records.
  mutating func wakeLane(_ lane: Int) {
    guard lanes[lane].isWaiting, !lanes[lane].isEnded else { return }
    lanes[lane].isWaiting = false
    after(random.happens(perMille: faults.deliveryLate) ? Limits.slowNetwork : Limits.network, .laneContinues(lane))
  }

  private mutating func read(_ lane: Int) {
    lanes[lane].held = []
    guard !lanes[lane].isCancelled else { return answer(lane, .queueEnded) }
    let partition = lanes[lane].partition
    let end = log.end(of: partition)
    var first = lanes[lane].queueNext
    guard first < end else {
      lanes[lane].isWaiting = true
      return
    }
    if first.next < end, random.happens(perMille: faults.fetchGap) {
      met(.gap)
      first = first.next
    }
    let most = min(Int64(Limits.fetchedRecords), end.rawValue - first.rawValue)
    let upTo = Offset(first.rawValue + random.number(in: 1...most))
    // A planted bug numbers what it gets by itself.
    let named = bug == .gapIgnored ? lanes[lane].queueNext : first
    for index in 0..<(upTo.rawValue - first.rawValue) {
      guard let record = log[LogPosition(partition: partition, offset: Offset(first.rawValue + index))] else {
        continue
      }
      let offset = Offset(named.rawValue + index)
      switch record.decoded() {
      case .success(let record): lanes[lane].held.append(LogEntry(offset: offset, content: .record(record)))
      case .failure(let error): lanes[lane].held.append(LogEntry(offset: offset, content: .unreadable(error)))
      }
    }
    let count = lanes[lane].held.count
    lanes[lane].queueNext = Offset(named.rawValue + Int64(count))
    answer(lane, .received(first: named, last: Offset(named.rawValue + Int64(count - 1)), count: count))
  }

  /// After a lost connection: a new session, and a claim that tells how far the store is.
  private mutating func reclaim(_ lane: Int) {
    dropSession(of: lane)
    guard let session = store.connect() else { return answer(lane, .unavailable("the store can't be reached")) }
    lanes[lane].session = session
    if bug == .blindRetry { return answer(lane, .reclaimed(next: lanes[lane].state.next)) }
    switch takeOver(lanes[lane].partition, held: lanes[lane].epoch, by: session) {
    case .fenced:
      met(.fenced)
      answer(lane, .fenced)
    case .halted(let reason): answer(lane, .foundHalted(reason))
    case .locked:
      dropSession(of: lane)
      answer(lane, .unavailable("the partition's row is locked"))
    case .claimed(let epoch, let next):
      if random.happens(perMille: faults.claimAnswerLost) {
        dropSession(of: lane)
        return answer(lane, .unavailable("the answer to the claim was lost"))
      }
      lanes[lane].epoch = epoch
      lanes[lane].claim = claims
      met(next == lanes[lane].state.next ? .lostCommitDidNot : .lostCommitTookEffect)
      answer(lane, .reclaimed(next: next))
    }
  }

  private mutating func halt(_ lane: Int, _ reason: String) {
    if lanes[lane].session.map({ !store.isOpen($0) }) ?? true { lanes[lane].session = store.connect() }
    guard lanes[lane].session != nil else { return answer(lane, .unavailable("the store can't be reached")) }
    let halted = store.halt(lanes[lane].partition, epoch: lanes[lane].epoch, reason: reason)
    answer(lane, halted ? .haltRecorded : .fenced)
  }

  /// Closes a lane's session. One whose connection is gone is noticed by the server when its time comes.
  mutating func dropSession(of lane: Int) {
    guard let session = lanes[lane].session else { return }
    lanes[lane].session = nil
    after(Limits.noticing, .sessionNoticed(session))
  }

  private mutating func ended(_ lane: Int, _ end: LaneState.End) {
    lanes[lane].isEnded = true
    let worker = lanes[lane].worker
    workers[worker].caches[lanes[lane].partition] = lanes[lane].known
    dropSession(of: lane)
    switch end {
    case .stopped: break
    case .halted:
      met(.halted)
      after(Limits.outage, .clearHalts)
    case .surrendered(let reason):
      guard lanes[lane].assignment == workers[worker].assignment else { return }
      if case .gap(let expected, _) = reason { workers[worker].knownGaps[lanes[lane].partition] = expected }
      giveUpAssignment(worker)
    }
  }

  /// A person has looked at what is halted, and lets it go on.
  mutating func clearHalts() {
    let cleared = store.clearHalts()
    guard !cleared.isEmpty else { return }
    met(.haltCleared)
    note("operator", "clears the halt of partitions \(cleared)")
    after(Limits.network, .rebalance)
  }
}

extension LaneState.Event {
  /// In a few words.
  fileprivate var summary: String {
    switch self {
    case .received(let first, let last, _): "received \(first)…\(last)"
    case .reclaimed(let next): "reclaimed: next offset \(next)"
    default: "\(self)"
    }
  }
}

extension LaneState.Action {
  /// In a few words.
  fileprivate var summary: String {
    switch self {
    case .write(let range): "write \(range.lowerBound)..<\(range.upperBound)"
    case .quarantine(let offset, _): "quarantine \(offset)"
    default: "\(self)"
    }
  }
}
