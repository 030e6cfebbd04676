internal import FlashSale
internal import Lane

/// PostgreSQL as lanes see it: transactions that take effect at their commit or not at all, row locks, a primary key, a
/// CHECK, and sessions that others can end.
///
/// It follows `READ COMMITTED` and the statements of `SaleStore/Lanes`: a reader sees what is committed; a writer waits
/// for the transaction that has changed the same row, and then looks again.
struct SimulatedStore {
  typealias Session = Int

  /// A row of `partition_progress`.
  struct Progress {
    var epoch = Epoch(rawValue: 0)
    var next = Offset(0)
    var owner: Session?
    var ownerID: WorkerID?
    var haltedReason: String?
    var lastRecord: RecordFingerprint?
  }

  /// A row of `workers`.
  struct Worker {
    let id: WorkerID
    /// By the server's clock.
    var lastSeen: Int64
    var session: Session
    var isDraining = false
    /// When that was, and since when it was never silent for the lease, in one session. Only the checks look at it.
    var seenAt: Int64
    var aliveSince: Int64
  }

  /// A row of `orders`.
  struct Order: Hashable {
    let position: LogPosition
    let request: PurchaseRequest
    let outcome: Outcome
    let refusedLine: UInt8
    let generation: Generation

    init(_ order: Effects.Order, in partition: Partition, _ generation: Generation) {
      self.generation = generation
      position = LogPosition(partition: partition, offset: order.offset)
      request = order.request
      outcome = order.outcome
      refusedLine = order.refusedLine
    }
  }

  /// A row of `stock`.
  struct Stock: Equatable {
    var level: LaneStock.Level
    /// Units put up at first.
    let opened: Units
    /// As its sale was created.
    let firstRules: SaleRules
    let firstPrice: Price

    var isLimited: Bool { level.rules.countsBuyers }
  }

  /// What one transaction changes when it commits.
  struct Transaction {
    let partition: Partition
    let range: Range<Offset>
    let claim: Int
    var newNext: Offset?
    var lastRecord: RecordFingerprint?
    var stock: [StockKey: LaneStock.Level] = [:]
    var orders: [Order] = []
    var baskets: [Offset: [OrderLine]] = [:]
    var subjects: [Effects.SubjectCount] = []
    var lives = LifeChanges()
    var quarantined: [Offset] = []
    var isCommitting = false
  }

  private(set) var progress: [Progress]
  private(set) var stock: [StockKey: Stock] = [:]
  /// By the primary key: an id is unique within a generation.
  private(set) var orders: [OrderProbe: Order] = [:]

  /// The rows of `baskets`.
  private(set) var baskets: [LogPosition: [OrderLine]] = [:]

  /// The rows of `subjects_held`.
  var subjects: [Effects.SubjectCount] = []

  /// The rows of `holds`, `payments` and `history`.
  var lives = Lives()

  /// Of the sales that have closed one.
  var openGenerations: [SaleNumber: Generation] = [:]
  /// How many orders the last closed generation of each sale had when it was closed.
  var closedSizes: [SaleNumber: Int64] = [:]

  /// Those that wait to close a generation: nobody begins a batch meanwhile.
  var closers: Set<Session> = []
  private(set) var quarantined: Set<LogPosition> = []

  /// Orders whose lives were committed and not looked at yet by the scheduler.
  var changedHolds: [OrderID] = []

  /// Everything that was committed, in its order: for the checks.
  private(set) var journal: [Transaction] = []

  /// Raised by each change of a table.
  private(set) var version = 0

  /// In the order of their ids.
  var workers: [Worker] = []
  private(set) var startedAt = Limits.clock - 1_000_000

  /// By how much the server's clock was set back.
  var clockBehind: Int64 = 0

  /// Partitions that one worker takes at most.
  var lanesMax = Limits.lanesMax.upperBound

  private(set) var isReachable = true
  /// Whether each session that there was is open; sessions are numbered from 1.
  private var sessions: [Bool] = []
  var open: [Session: Transaction] = [:]
  private let refusedBuyer: BuyerID?
  let bug: PlantedBug?

  init(_ shop: Shop, bug: PlantedBug?) {
    progress = Array(repeating: Progress(), count: Int(shop.partitions))
    for (key, level) in shop.stock {
      stock[key] = Stock(level: level, opened: level.putUp, firstRules: level.rules, firstPrice: level.price)
    }
    refusedBuyer = shop.refusedBuyer
    self.bug = bug
  }

  // MARK: Sessions

  /// Opens a session; `nil` while the store can't be reached.
  mutating func connect() -> Session? {
    guard isReachable else { return nil }
    sessions.append(true)
    return sessions.count
  }

  func isOpen(_ session: Session) -> Bool { sessions[session - 1] }

  /// Ends a session. What it has open is rolled back, unless its COMMIT was on the way and `commitWins`.
  mutating func end(_ session: Session, commitWins: Bool) {
    if commitWins, open[session]?.isCommitting == true { apply(session) }
    open[session] = nil
    sessions[session - 1] = false
    closers.remove(session)
  }

  /// The server goes, and with it all sessions.
  mutating func goDown(commitWins: Bool) {
    isReachable = false
    endAll(commitWins: commitWins)
  }

  /// It is back.
  mutating func comeBack(at now: Int64) {
    isReachable = true
    startedAt = clock(at: now)
  }

  /// What the server's clock says.
  func clock(at now: Int64) -> Int64 { Limits.clock + now - clockBehind }

  /// Ends all sessions.
  mutating func endAll(commitWins: Bool) {
    for session in 1..<(sessions.count + 1) where isOpen(session) { end(session, commitWins: commitWins) }
  }

  // MARK: Claims

  enum ClaimAnswer {
    case claimed(Claim)
    case halted(String)
    case fenced
    case locked
  }

  /// Takes a partition over, as `LaneStore.claim` does.
  ///
  /// - Parameter survives: the owner's session stays, unless it is in the way.
  mutating func claim(
    _ partition: Partition, _ vacancy: Vacancy, worker: WorkerID, by session: Session, survives: Bool, commitWins: Bool
  ) -> ClaimAnswer {
    let index = Int(partition.rawValue)
    if let reason = progress[index].haltedReason { return .halted(reason) }
    guard vacancy.epoch == progress[index].epoch else { return .fenced }
    if let owner = progress[index].ownerID.flatMap({ self.worker($0) }), let seen = vacancy.ownerLastSeen,
      .microseconds(owner.lastSeen) != seen
    {
      return .fenced
    }
    if let owner = progress[index].owner, owner != session, !survives || open[owner] != nil {
      end(owner, commitWins: commitWins)
    }
    guard lockHolder(of: partition) == nil else { return .locked }
    if bug != .epochReused || vacancy.epoch.rawValue == 0 || progress[index].ownerID == worker {
      progress[index].epoch = Epoch(rawValue: progress[index].epoch.rawValue + 1)
    }
    progress[index].owner = session
    progress[index].ownerID = worker
    return .claimed(
      Claim(
        topic: "orders", partition: partition, epoch: progress[index].epoch, nextOffset: progress[index].next,
        lastRecord: progress[index].lastRecord))
  }

  /// Lets the next owner have a partition at once, unless someone has claimed it.
  mutating func giveBack(_ partition: Partition, epoch: Epoch) {
    let index = Int(partition.rawValue)
    guard progress[index].epoch == epoch else { return }
    progress[index].owner = nil
    progress[index].ownerID = nil
  }

  /// Writes an owner that never existed, as a mistaken hand does.
  mutating func forgeOwner(of partition: Partition) {
    progress[Int(partition.rawValue)].owner = nil
    progress[Int(partition.rawValue)].ownerID = WorkerID(rawValue: 999_999)
  }

  func isInTransaction(_ session: Session) -> Bool { open[session] != nil }

  /// Stops a partition; false when someone else has claimed it.
  mutating func halt(_ partition: Partition, epoch: Epoch, reason: String) -> Bool {
    let index = Int(partition.rawValue)
    guard progress[index].epoch == epoch else { return false }
    progress[index].haltedReason = reason
    return true
  }

  /// Lets halted partitions be claimed again; tells which there were.
  mutating func clearHalts() -> [Partition] {
    let halted = progress.indices.filter { progress[$0].haltedReason != nil }
    for index in halted {
      progress[index].haltedReason = nil
      progress[index].lastRecord = nil
      progress[index].epoch = Epoch(rawValue: progress[index].epoch.rawValue + 1)
    }
    return halted.map { Partition(Int32($0)) }
  }

  // MARK: The steps of a batch's transaction

  enum StepAnswer {
    case done
    case fenced
    case locked
    case conflict(String)
    case generationClosed
    case poisoned(String)
  }

  /// Begins, and moves the progress on under the epoch: the fence (I7).
  mutating func fence(
    _ session: Session, _ claim: Claim, _ range: Range<Offset>, _ lastRecord: RecordFingerprint, numbered number: Int
  ) -> StepAnswer {
    let (partition, epoch) = (claim.partition, claim.epoch)
    let row = progress[Int(partition.rawValue)]
    guard lockHolder(of: partition) == nil, closers.isEmpty else { return .locked }
    let isCurrent =
      switch bug {
      case .fenceRemoved: true
      case .blindRetry: row.epoch == epoch
      default: row.epoch == epoch && row.next == range.lowerBound
      }
    guard isCurrent else { return .fenced }
    open[session] = Transaction(
      partition: partition, range: range, claim: number, newNext: range.upperBound, lastRecord: lastRecord)
    if bug == .offsetFirst {
      progress[Int(partition.rawValue)].next = range.upperBound
      version += 1
    }
    return .done
  }

  /// What a batch needs to know, as it is committed now.
  func load(_ needs: BatchNeeds) -> LoadedFacts {
    var facts = LoadedFacts()
    facts.decided = needs.probes.filter { orders[$0] != nil && (bug != .lookUpSkipped || !isOpen($0)) }.map(\.order)
    for sale in needs.unknownGenerations { facts.generations[sale] = openGeneration(of: sale) }
    for key in needs.unknownStock { facts.levels[key] = level(of: key) }
    loadSubjects(needs, into: &facts)
    loadLives(needs, into: &facts)
    guard bug != .purchasesNotLoaded, !needs.holders.isEmpty || !needs.unknownSales.isEmpty else { return facts }
    let held = unitsByBuyer()
    for holder in needs.holders {
      guard let (units, lapses) = held[holder], units > 0 || lapses > 0 else { continue }
      facts.add(holder, holds: units, lapses: lapses)
    }
    for sale in needs.unknownSales where stock.contains(where: { $0.key.sale == sale && $0.value.isLimited }) {
      for holder in held.keys where holder.sale == sale && bug != .holderForgotten {
        facts.add(holder: holder.buyer, of: sale)
      }
    }
    return facts
  }

  private func level(of key: StockKey) -> LaneStock.Level? {
    guard bug == .rulesOfTheSale, let row = stock[key] else { return stock[key]?.level }
    var level = row.level
    (level.rules, level.price) = (row.firstRules, row.firstPrice)
    return level
  }

  /// Keeps what can't be decided.
  mutating func write(_ session: Session, quarantined records: [UndecidedRecord]) -> StepAnswer {
    open[session]?.quarantined = bug == .poisonDropped ? [] : records.map(\.offset)
    if bug == .skipAfterPoison, let next = open[session]?.newNext { open[session]?.newNext = next.next }
    return .done
  }

  /// Writes the levels that changed, where the rows are as the lane knows them.
  mutating func write(_ session: Session, stock changes: [DecidedBatch.Change]) -> StepAnswer {
    for change in changes where open.contains(where: { $0.key != session && $0.value.stock[change.key] != nil }) {
      return .locked
    }
    for change in changes {
      guard let row = stock[change.key], row.level == change.old || bug?.writesAnyLevel == true else {
        return .conflict("a level of \(change.key.sku) is not as this lane knows it")
      }
      guard change.new.left >= .zero, change.new.reserved >= .zero,
        change.new.left + change.new.reserved <= change.new.putUp
      else { return .poisoned("stock_never_oversold") }
      open[session]?.stock[change.key] = change.new
    }
    return .done
  }

  /// Copies the orders in, under the primary key.
  mutating func write(_ session: Session, orders rows: [Order]) -> StepAnswer {
    let keys = Set(rows.map(\.key))
    for (other, transaction) in open where other != session {
      if transaction.orders.contains(where: { keys.contains($0.key) }) { return .locked }
    }
    if let refused = rows.first(where: { $0.request.buyer == refusedBuyer }) {
      return .poisoned("not this buyer: \(refused.request.buyer)")
    }
    if bug != .conflictIgnored, let repeated = rows.first(where: { orders[$0.key] != nil }) {
      return .conflict("orders_pkey: \(repeated.request.order)")
    }
    open[session]?.orders = rows.filter { orders[$0.key] == nil }
    return .done
  }

  /// Adds the lines of baskets.
  mutating func write(_ session: Session, baskets orders: [Effects.Order]) -> StepAnswer {
    for order in orders { open[session]?.baskets[order.offset] = order.request.lines }
    return .done
  }

  /// Adds what confirmed orders count for limit subjects.
  mutating func write(_ session: Session, subjects counts: [Effects.SubjectCount]) -> StepAnswer {
    open[session]?.subjects = counts
    return .done
  }

  /// Sends the COMMIT on its way without deciding whether it arrives.
  mutating func beginCommit(_ session: Session) { open[session]?.isCommitting = true }

  /// The COMMIT takes effect: all of it, or nothing if there is nothing open any more.
  mutating func apply(_ session: Session) {
    guard let transaction = open.removeValue(forKey: session) else { return }
    let index = Int(transaction.partition.rawValue)
    if let next = transaction.newNext { progress[index].next = next }
    progress[index].lastRecord = transaction.lastRecord
    for (key, level) in transaction.stock { stock[key]?.level = level }
    for order in transaction.orders { orders[order.key] = order }
    for (offset, lines) in transaction.baskets {
      baskets[LogPosition(partition: transaction.partition, offset: offset)] = lines
    }
    subjects += transaction.subjects
    apply(transaction.lives)
    quarantined.formUnion(transaction.quarantined.map { LogPosition(partition: transaction.partition, offset: $0) })
    journal.append(transaction)
    changedHolds += transaction.lives.holds.map(\.order)
    version += 1
  }

  mutating func rollBack(_ session: Session) { open[session] = nil }

  /// Puts units back on a guess. Only a planted bug does.
  mutating func giveBack(_ units: Units, of key: StockKey) {
    guard let row = stock[key] else { return }
    stock[key]?.level.left = row.level.left + units
    version += 1
  }

  /// Who has changed the partition's row and not ended yet.
  private func lockHolder(of partition: Partition) -> Session? {
    open.first { $0.value.partition == partition }?.key
  }
}
