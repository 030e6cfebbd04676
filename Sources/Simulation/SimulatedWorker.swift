internal import FlashSale
internal import Lane

/// A worker process: performs what the real `LeaseKeeper` decides.
struct SimulatedWorker {
  enum Condition {
    case running, frozen
    /// It hands its partitions over.
    case leaving
    /// It has waited long enough for the others, and ends its lanes.
    case stopping
    case gone

    /// Whether it takes part, be it to give everything up.
    var takesPart: Bool { self == .running || self == .leaving }
  }

  var condition = Condition.running

  /// Counts the processes that this place had, so that late messages to an earlier one are recognized.
  var run = 0
  var keeper: LeaseKeeper

  /// Ends holds that are over, and when it looks at them next.
  var expiry = ExpirySchedule()
  var nextExpiryLook = Int64.max

  /// How far it has looked in each partition. Only a planted bug looks at it.
  var lastHolds: [Partition: ExpirySchedule.Place] = [:]

  /// In which it shows that it is alive.
  var session: SimulatedStore.Session?
  var isLookDue = false

  /// What it had to do while it was frozen.
  var heldBack: [World.Task] = []

  /// What lanes knew after their last commits. Only a planted bug looks at it.
  var caches: [Partition: LaneMemory] = [:]

  /// Lost connections to the log.
  var losses = 0

  init(_ number: Int, run: Int, tuning: LeaseTuning) {
    self.run = run
    keeper = LeaseKeeper(
      WorkerID(rawValue: Int64(number * 1_000 + run)), lease: .microseconds(Limits.lease), tuning: tuning)
  }

  /// A frozen process does its tasks when it wakes, one that is gone never does.
  mutating func holdsBack(_ task: World.Task) -> Bool {
    switch condition {
    case .running, .leaving, .stopping: return false
    case .frozen: heldBack.append(task)
    case .gone: break
    }
    return true
  }
}

// MARK: - Leases

extension World {
  func name(ofWorker worker: Int) -> String { "worker \(worker)" }

  /// Has every process that runs look at the store soon, if it does not already.
  mutating func scheduleLooks() {
    for worker in workers.indices { scheduleLook(worker, Limits.network) }
  }

  private mutating func scheduleLook(_ worker: Int, _ range: ClosedRange<Int64>) {
    guard workers[worker].condition.takesPart, !workers[worker].isLookDue else { return }
    workers[worker].isLookDue = true
    after(range, .look(worker, run: workers[worker].run))
  }

  /// A sign of life, and a look at the leases; the answer comes a moment later.
  mutating func look(_ worker: Int, run: Int) {
    guard workers[worker].run == run, workers[worker].condition.takesPart else { return }
    workers[worker].isLookDue = false
    if let session = workers[worker].session, !store.isOpen(session) {
      workers[worker].session = nil
      met(.keeperLostTouch)
      workers[worker].keeper.lostTouch()
    }
    if workers[worker].session == nil { workers[worker].session = store.connect() }
    if let session = workers[worker].session {
      store.showLife(workers[worker].keeper.id, in: session, at: scheduler.now)
      if workers[worker].condition == .leaving { store.drain(workers[worker].keeper.id) }
      after(Limits.network, .saw(worker, run: run, store.leases(at: scheduler.now)))
    }
    if !isSettled { scheduleLook(worker, Limits.lookPause) }
  }

  mutating func saw(_ worker: Int, run: Int, _ view: LeaseView) {
    guard workers[worker].run == run, workers[worker].condition.takesPart else { return }
    met(.keeperSaw)
    let actions = workers[worker].keeper.saw(view)
    if !workers[worker].keeper.unserved.isEmpty { met(.leaseUnserved) }
    checkLease(actions, by: workers[worker].keeper, upon: view)
    perform(actions, for: worker)
    leaveIfEmpty(worker)
  }

  /// Whether nothing is left for leases to do: no more faults, and a lane for each partition.
  private var isSettled: Bool {
    isHealed && workers.allSatisfy { $0.condition == .running }
      && store.progress.enumerated().allSatisfy { index, row in
        lanes.contains { lane in
          Int(lane.partition.rawValue) == index && !lane.isEnded && lane.core.claim.epoch == row.epoch
            && row.haltedReason == nil
        }
      }
  }

  private mutating func perform(_ actions: [LeaseKeeper.Action], for worker: Int) {
    for action in actions {
      met(action.course)
      switch action {
      case .claim(let partition, let vacancy):
        let claim = Task.claim(worker, run: workers[worker].run, partition, vacancy, seen: scheduler.now)
        after(Limits.network, claim)
      case .giveUp(let partition): giveUp(partition, of: worker)
      case .prepare(let partition): tellReady(worker, for: partition)
      case .dismiss: break
      }
    }
  }

  /// Tells every process that one is ready to go on with a partition. Some do not hear it.
  private mutating func tellReady(_ worker: Int, for partition: Partition) {
    let successor = workers[worker].keeper.id
    for other in workers.indices where !random.happens(perMille: Limits.unheardPerMille) {
      after(Limits.preparation, .ready(other, run: workers[other].run, partition, successor))
    }
  }

  mutating func heard(_ worker: Int, run: Int, thatReady successor: WorkerID, for partition: Partition) {
    guard workers[worker].run == run, workers[worker].condition.takesPart else { return }
    met(.keeperIsReady)
    let actions = workers[worker].keeper.isReady(successor, for: partition)
    if !actions.isEmpty { met(.leaseGivenUpToTheReady) }
    perform(actions, for: worker)
  }

  private mutating func giveUp(_ partition: Partition, of worker: Int) {
    let run = workers[worker].run
    for lane in lanes.indices where lanes[lane].isOf(worker, run) && lanes[lane].partition == partition {
      guard !lanes[lane].isEnded else { continue }
      if bug == .releasedEarly { giveBack(lane) }
      lanes[lane].isCancelled = true
      wakeLane(lane)
    }
  }

  /// Gives a partition back. Nothing may be on its way by then.
  mutating func giveBack(_ lane: Int) {
    guard let session = lanes[lane].session, store.isOpen(session) else { return }
    if store.isInTransaction(session) {
      violate("lease", "p\(lanes[lane].partition) is given back before the last commit")
    }
    met(.gaveBack)
    note(name(ofLane: lane), "gives its partition back")
    store.giveBack(lanes[lane].partition, epoch: lanes[lane].core.claim.epoch)
    scheduleLooks()
  }

  // MARK: Claims

  /// Claims a partition and starts its lane.
  mutating func claim(_ partition: Partition, for worker: Int, run: Int, _ vacancy: Vacancy, seen: Int64) {
    guard workers[worker].run == run else { return }
    guard let session = store.connect() else { return notClaimed(partition, by: worker, .failed(isFirst: false)) }
    let owner = store.progress[Int(partition.rawValue)].ownerID
    let isStolen = isStolen(partition, by: worker, seen: seen)
    switch takeOver(partition, vacancy, for: worker, by: session) {
    case .halted, .fenced:
      store.end(session, commitWins: false)
      notClaimed(partition, by: worker, .settled)
    case .locked:
      store.end(session, commitWins: false)
      notClaimed(partition, by: worker, .failed(isFirst: false))
    case .claimed(let claim):
      if let owner, owner != workers[worker].keeper.id { met(.takenOver) }
      if isStolen { violate("lease", "p\(partition) is taken from an owner that is alive") }
      if random.happens(perMille: faults.claimAnswerLost) {
        note(name(ofWorker: worker), "claims p\(partition) and doesn't hear that it has epoch \(claim.epoch)")
        after(Limits.noticing, .sessionNoticed(session))
        return notClaimed(partition, by: worker, .failed(isFirst: false))
      }
      note(
        name(ofWorker: worker),
        "claims p\(partition): epoch \(claim.epoch), next offset \(claim.nextOffset) (lane \(lanes.count))")
      let core = LaneCore(
        claim, memory: bug == .cacheKept ? workers[worker].caches[partition] : nil, tuning: tuning)
      lanes.append(SimulatedLane(worker: worker, run: run, claimNumber: claims, session: session, core: core))
      // Given up while the claim was on its way: the lane ends with the first thing that it is told.
      lanes[lanes.count - 1].isCancelled = workers[worker].keeper.isEnding(partition)
      met(.keeperClaimed)
      perform(workers[worker].keeper.claimed(partition, claim.epoch), for: worker)
      after(Limits.network, .laneContinues(lanes.count - 1))
    }
  }

  private mutating func notClaimed(_ partition: Partition, by worker: Int, _ end: LeaseKeeper.End) {
    tellKeeper(of: worker, that: partition, end)
  }

  /// A claim in the store. I7 is about who made the last one.
  mutating func takeOver(
    _ partition: Partition, _ vacancy: Vacancy, for worker: Int, by session: SimulatedStore.Session
  ) -> SimulatedStore.ClaimAnswer {
    let answer = store.claim(
      partition, vacancy, worker: workers[worker].keeper.id, by: session,
      survives: random.happens(perMille: faults.sessionSurvives), commitWins: random.happens(perMille: 500))
    // A COMMIT that came through before the owner's session was ended was still the owner's to make.
    check()
    if case .claimed = answer {
      claims += 1
      checks.claimed(partition, claim: claims)
    }
    return answer
  }

  /// Whether a partition has an owner whose lease holds, and has held when the view was made that a claim is upon.
  private func isStolen(_ partition: Partition, by worker: Int, seen: Int64) -> Bool {
    let row = store.progress[Int(partition.rawValue)]
    let looked = (seen - Limits.network.upperBound)...seen
    guard let owner = row.ownerID, owner != workers[worker].keeper.id, let session = row.owner else { return false }
    return store.isOpen(session) && store.hasLived(owner, in: looked)
  }

  // MARK: What becomes of a process

  /// A lane has ended.
  mutating func laneEnded(_ lane: Int, _ end: LeaseKeeper.End) {
    let worker = lanes[lane].worker
    guard lanes[lane].isOf(worker, workers[worker].run) else { return }
    tellKeeper(of: worker, that: lanes[lane].partition, end)
  }

  /// A lane or a claim has ended.
  private mutating func tellKeeper(of worker: Int, that partition: Partition, _ end: LeaseKeeper.End) {
    met(end.course)
    perform(workers[worker].keeper.ended(partition, end), for: worker)
    scheduleLooks()
    leaveIfEmpty(worker)
  }

  /// A process is asked to end: it wants no partition any more, and works on until the others are ready for its own.
  mutating func leave(_ worker: Int) {
    guard workers[worker].condition == .running else { return }
    note(name(ofWorker: worker), "leaves")
    workers[worker].condition = .leaving
    after(Limits.leavePatience, .haveWaited(worker, run: workers[worker].run))
    scheduleLook(worker, Limits.network)
    leaveIfEmpty(worker)
  }

  /// The others had the time to get ready for what is left.
  mutating func stop(_ worker: Int, run: Int) {
    guard workers[worker].run == run, workers[worker].condition == .leaving else { return }
    workers[worker].condition = .stopping
    met(.keeperStop)
    perform(workers[worker].keeper.stop(), for: worker)
    leaveIfEmpty(worker)
  }

  private mutating func leaveIfEmpty(_ worker: Int) {
    let condition = workers[worker].condition
    guard condition == .leaving || condition == .stopping, !workers[worker].keeper.hasLanes else { return }
    workers[worker].condition = .gone
    if let session = workers[worker].session, store.isOpen(session) { store.forget(workers[worker].keeper.id) }
    dropLeaseSession(of: worker)
    after(Limits.outage, .restart(worker))
    scheduleLooks()
  }

  /// The server finds out by itself.
  mutating func dropLeaseSession(of worker: Int) {
    guard let session = workers[worker].session else { return }
    workers[worker].session = nil
    after(Limits.noticing, .sessionNoticed(session))
  }

  mutating func wake(_ worker: Int) {
    guard workers[worker].condition == .frozen else { return }
    met(.zombieWoke)
    note(name(ofWorker: worker), "wakes up")
    workers[worker].condition = .running
    for task in workers[worker].heldBack { after(Limits.network, task) }
    workers[worker].heldBack = []
    scheduleLooks()
  }

  mutating func restart(_ worker: Int) {
    note(name(ofWorker: worker), "starts")
    workers[worker] = SimulatedWorker(worker, run: workers[worker].run + 1, tuning: leaseTuning)
    // It does not know what is due: it looks at once.
    store.changedHolds += store.lives.holds.keys.sorted()
    scheduleLooks()
  }
}
