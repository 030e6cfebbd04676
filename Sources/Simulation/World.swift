internal import FlashSale
internal import Lane
internal import Time

/// One world: a shop, its buyers and all processes, in one thread and in virtual time. All chance comes from the seed,
/// so the same seed is the same world.
///
/// Real are the whole of `Lane` (what a lane knows and decides, and its transactions' scripts), `decide`, order ids,
/// record keys, the record codec and tickets. The rest is modelled, each part in a file of its own.
///
/// (1) A task is performed whole before the next one, and the invariants are checked after each.
/// (2) Nothing depends on the order of a dictionary or set: it differs from process to process.
struct World {
  /// What can be due. Those with much to bring are in a box, because the queue moves tasks from place to place.
  enum Task {
    case clientComes(Int)
    case sendArrives(Int)
    case acknowledged(Int, Offset)
    case answerDeadline(Int)
    indirect case signalArrives(intake: Int, [StockKey: StockLevel], Partition, watermark: Offset)
    indirect case levelsRead(intake: Int, run: Int, StoreReading)
    indirect case winnersRead(intake: Int, run: Int, WinnersReading)
    indirect case endTold(intake: Int, run: Int, SaleLane, Offset, asked: Timestamp)
    case laneContinues(Int)
    case commitArrives(SimulatedStore.Session)
    case sessionNoticed(SimulatedStore.Session)
    case look(Int, run: Int)
    indirect case saw(Int, run: Int, LeaseView)
    indirect case ready(Int, run: Int, Partition, WorkerID)
    indirect case claim(Int, run: Int, Partition, Vacancy, seen: Int64)
    case wake(Int)
    case haveWaited(Int, run: Int)
    case restart(Int)
    case intakeRestarts(Int)
    case storeReturns
    case clearHalts
    case ownLogReturns(Partition)
    indirect case close(StockKey)
    indirect case command(OrderCommand)
    indirect case supplyAgain(StockCommand)
    case expiry(Int, run: Int)
    indirect case expiriesWritten(Int, run: Int, Partition, [(OrderID, Offset?)])
    case fault
    case heal
  }

  /// The same in all worlds: to prepare its keys takes as long as a few hundred steps.
  private static let signer = Result { try TicketSigner(secrets: [Array("a secret of a world".utf8)]) }

  let shop: Shop
  let bug: PlantedBug?
  let signer: TicketSigner
  let tuning: LaneTuning
  let leaseTuning: LeaseTuning

  /// How often a lane that lacks a filter gets it before its next batch, per mille.
  let filters: Int

  /// From a sale's end until all is in the log that was accepted before; `nil`: clocks may be wrong.
  let settlesAfter: Int64?

  /// How long one step of a transaction takes.
  let transactionStep: ClosedRange<Int64>
  var random: SeededGenerator
  var faults: Faults
  var scheduler = Scheduler<Task>()
  let history: HistoryWriter
  private(set) var courses = Courses()

  var log: SimulatedLog
  var store: SimulatedStore
  var clients: [Client]
  var intakes: [SimulatedIntake]
  var sends: [SimulatedIntake.Send] = []
  var workers: [SimulatedWorker]
  var lanes: [SimulatedLane] = []
  var claims = 0
  var checks: Checks
  var isHealed = false

  /// The first invariant that does not hold. The world ends there.
  var violation: Violation?

  init(seed: UInt64, bug: PlantedBug?, keepsHistory: Bool) throws {
    random = SeededGenerator(seed: seed)
    history = HistoryWriter(isWanted: keepsHistory)
    self.bug = bug
    shop = try Shop(from: &random, shapesCrowd: bug?.isOfShaping ?? true)
    faults = Faults(from: &random)
    tuning = LaneTuning(from: &random, bug)
    let leaseTuning = LeaseTuning(bug)
    self.leaseTuning = leaseTuning
    let sending = faults.deliveryLate > 0 ? Limits.slowNetwork : Limits.network
    let delay = bug == .endAskedEarly ? 0 : Int64(Limits.sends) * sending.upperBound
    settlesAfter = faults.kinds.contains(.clockJump) ? nil : delay
    filters = Limits.filterPerMille[random.index(below: Limits.filterPerMille.count)]
    transactionStep = random.happens(perMille: 400) ? Limits.slowTransactionStep : Limits.transactionStep
    signer = try Self.signer.get()
    log = SimulatedLog(partitions: shop.partitions)
    store = SimulatedStore(shop, bug: bug)
    checks = Checks(shop, decide: tuning.decide)
    clients = []
    for purchase in shop.purchases.indices {
      clients.append(Client(purchase: purchase, attemptsLeft: random.number(in: Limits.attempts)))
    }
    intakes = Array(repeating: SimulatedIntake(shop, bug), count: Limits.intakes)
    if random.happens(perMille: Limits.fewLanesPerMille) { store.lanesMax = random.number(in: Limits.lanesMax) }
    workers = (0..<random.number(in: Limits.workers)).map { SimulatedWorker($0, run: 0, tuning: leaseTuning) }
  }

  /// Lives until nothing is left to happen, or an invariant is violated.
  ///
  /// - Returns: how many tasks were performed.
  mutating func run() -> Int {
    let first = random.number(in: Limits.arrival)
    let last = first + random.number(in: faults.isRestless ? Limits.restlessWidth : Limits.crowdWidth)
    var arrival = first
    for (client, purchase) in shop.purchases.enumerated() {
      // What one buyer asks for twice with one key comes at once, as from two open windows.
      let isAgain = client > 0 && purchase.identity == shop.purchases[client - 1].identity
      arrival = isAgain ? arrival + random.number(in: Limits.network) : random.number(in: first...last)
      scheduler.after(arrival, .clientComes(client))
    }
    scheduleLooks()
    if !faults.kinds.isEmpty { after(faults.pause, .fault) }
    scheduler.after(Limits.faultyTime, .heal)
    var steps = 0
    while violation == nil, let task = scheduler.next() {
      steps += 1
      perform(task)
      check()
      planExpiries()
      if steps >= Limits.steps { violate("liveness", "the world is still busy after \(steps) steps") }
    }
    if violation == nil { checkEnd() }
    if violation == nil { checkWatchers() }
    if let violation { note("check", "violated: \(violation)") }
    return steps
  }

  private mutating func perform(_ task: Task) {
    if let worker = owner(of: task), workers[worker].holdsBack(task) { return }
    switch task {
    case .clientComes(let client): clientComes(client)
    case .sendArrives(let send): sendArrives(send)
    case .acknowledged(let send, let offset): acknowledged(send, at: offset)
    case .answerDeadline(let send): answerDeadline(of: send)
    case .signalArrives(let intake, let levels, let partition, let watermark):
      signalArrives(at: intake, levels, partition, watermark)
    case .levelsRead(let intake, let run, let reading): levelsRead(by: intake, run, reading)
    case .winnersRead(let intake, let run, let reading): winnersRead(by: intake, run, reading)
    case .endTold(let intake, let run, let lane, let end, let endsAt):
      endTold(to: intake, run, lane, end, asked: endsAt)
    case .laneContinues(let lane): continueLane(lane)
    case .commitArrives(let session): commitArrives(session)
    case .sessionNoticed(let session): store.end(session, commitWins: random.happens(perMille: 500))
    case .look(let worker, let run): look(worker, run: run)
    case .saw(let worker, let run, let view): saw(worker, run: run, view)
    case .ready(let worker, let run, let partition, let successor):
      heard(worker, run: run, thatReady: successor, for: partition)
    case .claim(let worker, let run, let partition, let vacancy, let seen):
      claim(partition, for: worker, run: run, vacancy, seen: seen)
    case .wake(let worker): wake(worker)
    case .haveWaited(let worker, let run): stop(worker, run: run)
    case .restart(let worker): restart(worker)
    case .intakeRestarts(let intake): intakeRestarts(intake)
    case .storeReturns:
      note("store", "can be reached again")
      store.comeBack(at: scheduler.now)
    case .clearHalts: clearHalts()
    case .ownLogReturns(let partition): show(nil, in: partition)
    case .close(let key): close(key)
    case .command(let command): send(command)
    case .supplyAgain(let command): sendAgain(command)
    case .expiry(let worker, let run): lookAtExpiries(worker, run: run)
    case .expiriesWritten(let worker, let run, let partition, let orders):
      expiriesWritten(worker, run: run, partition, orders)
    case .fault: strike()
    case .heal:
      note("world", "heals: no more faults")
      faults.heal()
      isHealed = true
      // A person starts a worker where none has room for some partitions, or where all are drained. All can be: a
      // worker that has just died counts as alive for a moment.
      store.lanesMax = Limits.lanesMax.upperBound
      if workers.allSatisfy({ store.worker($0.keeper.id)?.isDraining ?? false }) { leave(0) }
      scheduleLooks()
    }
  }

  /// The process that has to be running for this task.
  private func owner(of task: Task) -> Int? {
    switch task {
    case .laneContinues(let lane): lanes[lane].worker
    case .expiry(let worker, _), .expiriesWritten(let worker, _, _, _): worker
    case .look(let worker, _), .saw(let worker, _, _), .ready(let worker, _, _, _), .claim(let worker, _, _, _, _):
      worker
    default: nil
    }
  }

  // MARK: For the parts

  /// Schedules a task within this range of microseconds from now.
  mutating func after(_ range: ClosedRange<Int64>, _ task: Task) {
    scheduler.after(random.number(in: range), task)
  }

  /// Adds to the history, if it is kept. What is noted must not be done by the words: they may never be asked for.
  func note(_ actor: @autoclosure () -> String, _ event: @autoclosure () -> String) {
    history.note(scheduler.now, actor, event)
  }

  mutating func met(_ course: Course) { courses.add(course) }

  mutating func violate(_ invariant: String, _ what: String) {
    violation = violation ?? Violation(invariant: invariant, what: what)
  }
}

extension LaneTuning {
  /// Bounds that a small world meets, and the decision function of a planted bug.
  fileprivate init(from random: inout SeededGenerator, _ bug: PlantedBug?) {
    self.init()
    batchRecords = Limits.fetchedRecords
    readAheadRecords = random.number(in: Limits.readAheadRecords)
    rememberedHolders = random.number(in: Limits.rememberedHolders)
    loadedHolders = random.number(in: Limits.loadedHolders)
    batchesToCheck = random.number(in: Limits.batchesToCheck)
    rememberedLives = random.number(in: Limits.rememberedLives)
    forgetsLives = bug != .livesKept
    if random.happens(perMille: Limits.closingPerMille) { generationRows = random.number(in: Limits.generationRows) }
    looksUpClosedGenerations = bug != .closedNotLookedUp
    countsOwnOrders = bug != .ownOrdersNotCounted
    comparesFingerprints = bug != .fingerprintIgnored
    if let bug, bug.decidesOtherwise { decide = { bug.decides(&$0, $1, at: $2, into: &$3) } }
  }
}

extension LeaseTuning {
  /// Times that a small world meets, and a planted bug.
  fileprivate init(_ bug: PlantedBug?) {
    self.init()
    returnGrace = .microseconds(Limits.returnGrace)
    claimPause = .microseconds(Limits.lanePause.lowerBound)...(.microseconds(Limits.lanePause.upperBound))
    handoverPatience = .microseconds(Limits.lookPause.upperBound)
    takesFromTheLiving = bug == .leaseIgnored
    givesToTheAbsent = bug == .absentAwaited
    staysWhenDrained = bug == .drainIgnored
    trustsTheTime = bug == .clockBelieved
  }
}
