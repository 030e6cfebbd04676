internal import FlashSale
internal import Lane

/// The consumer group, as its coordinator sees it: who belongs to it, and who has which partition.
struct SimulatedGroup {
  var generation = 0
  var members: [Int] = []
  var owners: [Int] = []
}

/// A worker process.
struct SimulatedWorker {
  enum Condition { case running, frozen, gone }

  var condition = Condition.running

  /// Whether it wants to be in the group.
  var isMember = true

  /// Counts stopped assignments, as `Membership` does, so that late messages of an earlier one are recognized.
  var assignment = 0

  /// Offsets at which its lanes met a gap.
  var knownGaps: [Partition: Offset] = [:]

  /// What it had to do while it was frozen.
  var heldBack: [World.Task] = []

  /// What lanes knew when they ended. Only a planted bug looks at it.
  var caches: [Partition: LaneMemory] = [:]

  /// Lost connections to the log.
  var losses = 0

  /// A frozen process does its tasks when it wakes, one that is gone never does.
  mutating func holdsBack(_ task: World.Task) -> Bool {
    switch condition {
    case .running: return false
    case .frozen: heldBack.append(task)
    case .gone: break
    }
    return true
  }
}

extension World {
  /// Assigns the partitions to the members that answer. Frozen members count as dead and do not learn of it.
  mutating func rebalance() {
    group.generation += 1
    group.members = workers.indices.filter { workers[$0].isMember && workers[$0].condition == .running }
    guard !group.members.isEmpty else { return after(Limits.noticing, .rebalance) }
    let first = random.index(below: group.members.count)
    group.owners = (0..<Int(shop.partitions)).map { group.members[(first + $0) % group.members.count] }
    note("group", "generation \(group.generation): p0… go to workers \(group.owners)")
    for worker in group.members {
      after(Limits.network, .assigned(worker: worker, generation: group.generation))
    }
  }

  mutating func assigned(_ worker: Int, generation: Int) {
    guard generation == group.generation else { return }
    stopLanes(of: worker)
    for (partition, owner) in group.owners.enumerated() where owner == worker {
      let task = Task.claim(worker: worker, assignment: workers[worker].assignment, Partition(Int32(partition)))
      after(Limits.network, task)
    }
  }

  /// Claims a partition and starts its lane, as `PartitionClaims` and `Membership` do.
  mutating func claim(_ partition: Partition, for worker: Int, assignment: Int) {
    guard workers[worker].assignment == assignment else { return }
    let again = Task.claim(worker: worker, assignment: assignment, partition)
    let name = "worker \(worker)"
    guard let session = store.connect() else { return after(Limits.lanePause, again) }
    switch takeOver(partition, held: nil, by: session) {
    case .halted, .fenced: store.end(session, commitWins: false)
    case .locked:
      store.end(session, commitWins: false)
      after(Limits.lanePause, again)
    case .claimed(let claim):
      if random.happens(perMille: faults.claimAnswerLost) {
        note(name, "claims p\(partition) and doesn't hear that it has epoch \(claim.epoch)")
        after(Limits.noticing, .sessionNoticed(session))
        return after(Limits.lanePause, again)
      }
      note(
        name, "claims p\(partition): epoch \(claim.epoch), next offset \(claim.nextOffset) (lane \(lanes.count))")
      if let why = whatChanged(partition, KnownLog(next: claim.nextOffset, lastRecord: claim.lastRecord)) {
        met(.anotherLog)
        note(name, "halts p\(partition): \(why)")
        if store.halt(partition, epoch: claim.epoch, reason: why) { after(Limits.outage, .clearHalts) }
        return store.end(session, commitWins: false)
      }
      let core = LaneCore(
        claim, lossesSeen: workers[worker].losses, knownGap: workers[worker].knownGaps[partition],
        memory: bug == .cacheKept ? workers[worker].caches[partition] : nil, tuning: tuning)
      lanes.append(
        SimulatedLane(
          worker: worker, assignment: assignment, claimNumber: claims, session: session, core: core))
      after(Limits.network, .laneContinues(lanes.count - 1))
    }
  }

  /// A claim in the store. I7 is about who made the last one.
  mutating func takeOver(
    _ partition: Partition, held: Epoch?, by session: SimulatedStore.Session
  ) -> SimulatedStore.ClaimAnswer {
    let answer = store.claim(
      partition, held: held, by: session, survives: random.happens(perMille: faults.sessionSurvives),
      commitWins: random.happens(perMille: 500))
    // A COMMIT that came through before the owner's session was ended was still the owner's to make.
    check()
    if case .claimed = answer {
      claims += 1
      checks.claimed(partition, claim: claims)
    }
    return answer
  }

  /// Asks all lanes of a worker to end. Those of an earlier assignment go on by themselves until they did.
  mutating func stopLanes(of worker: Int) {
    workers[worker].assignment += 1
    for lane in lanes.indices where lanes[lane].worker == worker && !lanes[lane].isEnded {
      lanes[lane].isCancelled = true
      wakeLane(lane)
    }
  }

  /// What `Membership` does when one lane can't go on: the whole assignment is given up.
  mutating func giveUpAssignment(_ worker: Int) {
    met(.surrendered)
    note("worker \(worker)", "gives its assignment up")
    stopLanes(of: worker)
    workers[worker].isMember = false
    after(Limits.noticing, .rebalance)
    after(Limits.lanePause, .rejoin(worker))
  }

  mutating func rejoin(_ worker: Int) {
    workers[worker].isMember = true
    after(Limits.network, .rebalance)
  }

  mutating func expelled(_ worker: Int) {
    note("worker \(worker)", "hears that it is out of the group")
    stopLanes(of: worker)
    rejoin(worker)
  }

  mutating func wake(_ worker: Int) {
    guard workers[worker].condition == .frozen else { return }
    met(.zombieWoke)
    note("worker \(worker)", "wakes up")
    workers[worker].condition = .running
    for task in workers[worker].heldBack { after(Limits.network, task) }
    workers[worker].heldBack = []
    if !group.members.contains(worker) { after(Limits.noticing, .expelled(worker)) }
  }

  mutating func restart(_ worker: Int) {
    note("worker \(worker)", "starts")
    workers[worker] = SimulatedWorker(replacing: workers[worker])
    rejoin(worker)
  }
}

extension SimulatedWorker {
  /// A process without a memory.
  fileprivate init(replacing dead: SimulatedWorker) {
    self.init()
    assignment = dead.assignment + 1
  }
}
