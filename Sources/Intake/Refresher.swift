internal import FlashSale
internal import HTTPServing
internal import Logging
internal import Metrics
internal import SaleStore
internal import Synchronization
internal import Time
internal import Vitals

/// Keeps what intake knows in step with the store: sales, stock, and how far each partition came.
///
/// (1) Signals bring changes within milliseconds; everything is read again every `Limits.refreshInterval`, so a lost
///     signal does no harm.
/// (2) While PostgreSQL is gone, what is known stays known: orders are taken up to the backlog limit.
/// (3) What turns buyers away is told when `RefusalGrounds` allows it. A catalog is published behind the reading that
///     filled the winners of its sales.
actor Refresher {
  private let store: SaleStore
  private let topic: String
  private let standings: [PartitionStanding]
  private let health: Health
  private let logger: Logger
  private let logEnds: LogEnds
  private let limits: RequestLimits
  private let publish: @Sendable (Catalog) -> Void
  private let bells: [WatchBell]
  private let wake: @Sendable (Int) -> Void

  private var grounds = RefusalGrounds()
  private var winners: [SaleNumber: Winners] = [:]
  /// Sales whose winners are not kept, as was told last.
  private var unkeptSales = 0
  /// Of the newest catalog, published or about to be.
  private var sales: [CatalogSale] = []
  private var levels = KnownLevels()
  private var gauges: [StockKey: StockGauge] = [:]
  private var lines: FollowedLines
  private var meters: [DrainMeter]
  private var staleMeters: [StaleMeter]
  private let stalePartitions = Gauge(IntakeMetric.partitionsStale)
  private let backlogs: [Gauge]
  /// From a lane's commit to here; if workers are on another machine, this compares two clocks.
  private let signalDelay = Timer(IntakeMetric.signalDelay)
  private let knownWinners = Gauge(IntakeMetric.winners)
  private let watchers = Gauge(IntakeMetric.watchers)
  private let (levelsWait, levelWaits) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  /// What the published catalog was made of; stock levels are not part of it.
  private var known: (identities: [Identity], kept: Set<SaleNumber>)?
  private var isReloading = false
  private var isReloadWanted = false

  private struct Identity: Equatable {
    let number: SaleNumber
    let sale: Sale
    let closedAt: Timestamp?
  }

  /// Where the log of a partition ends, asked after no order can come any more that was accepted before a sale's end.
  struct LogEnds: Sendable {
    /// From the end of a sale until its last order is in the log or will not get there.
    let delay: Duration
    let end: @Sendable (Partition) async throws -> Offset
  }

  /// - Parameters:
  ///   - limits: of sales that leave them out.
  ///   - bells: of the event loops, rung when watermarks moved.
  ///   - wake: told which loop's bell was rung that has not looked since.
  ///   - publish: called with each new catalog.
  init(
    store: SaleStore, topic: String, standings: [PartitionStanding], health: Health, logger: Logger,
    logEnds: LogEnds, limits: RequestLimits = RequestLimits(), bells: [WatchBell],
    wake: @escaping @Sendable (Int) -> Void, publish: @escaping @Sendable (Catalog) -> Void
  ) {
    self.store = store
    self.topic = topic
    self.standings = standings
    self.health = health
    self.logger = logger
    self.logEnds = logEnds
    self.limits = limits
    self.publish = publish
    self.bells = bells
    self.wake = wake
    let meter = DrainMeter(at: Offset(0), now: .now)
    lines = FollowedLines(partitions: standings.count)
    meters = standings.map { _ in meter }
    let staleMeter = StaleMeter(at: Offset(0), now: .now)
    staleMeters = standings.map { _ in staleMeter }
    backlogs = standings.indices.map { partition in
      Gauge(IntakeMetric.backlog, [("partition", "\(partition)")])
    }
  }

  /// Follows the store until the task is cancelled.
  func run(_ feed: SignalFeed) async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.follow(feed) }
      group.addTask {
        while (try? await Task.sleep(for: Limits.refreshInterval)) != nil { await self.reload() }
      }
      group.addTask {
        // By itself: a reading that hangs must not keep it from being said.
        while (try? await Task.sleep(for: Limits.refreshInterval)) != nil { await self.lookWhoDecides() }
      }
      group.addTask {
        for await _ in self.levelsWait { await self.readWinnersOfWaiting() }
      }
      group.addTask {
        while (try? await Task.sleep(for: Limits.refreshInterval)) != nil { await self.askForEnds() }
      }
    }
  }

  private func follow(_ feed: SignalFeed) async {
    for await event in feed.events {
      switch event {
      case .signal(let signal): apply(signal)
      case .catalogChanged, .gap: await reload()
      }
    }
  }

  /// Reads everything again; if a read is running already, once more after it.
  private func reload() async {
    isReloadWanted = true
    guard !isReloading else { return }
    isReloading = true
    defer { isReloading = false }
    while isReloadWanted {
      isReloadWanted = false
      for (gauge, standing) in zip(backlogs, standings) { gauge.record(standing.backlog) }
      watchers.record(bells.reduce(0) { $0 + $1.watchers })
      do {
        try await load()
      } catch {
        if health.storeFailed("\(error)") {
          logger.warning(
            "PostgreSQL cannot be read; orders are taken up to the backlog limit", metadata: ["error": "\(error)"])
        }
      }
    }
  }

  /// Notices that nobody decides what waits.
  private func lookWhoDecides() {
    let now = ContinuousClock.now
    var ages: [Partition: Duration] = [:]
    for (index, standing) in standings.enumerated() {
      let age = staleMeters[index].observe(standing.watermark, waiting: standing.undecided > 0, now: now)
      standing.isStale = age != nil
      ages[Partition(Int32(index))] = age
    }
    stalePartitions.record(ages.count)
    health.stale(StaleMeter.complaint(ages))
  }

  /// Reads everything once. Signals that come while it reads can be newer than what it reads; they stay
  /// (`KnownLevels`, `PartitionStanding.lowerWatermark`).
  func load() async throws {
    let before = grounds.next
    let reading = levels.reading()
    let watermarks = standings.map(\.watermark)
    let stored = try await store.sales()
    let list = try await store.progress(topic: topic)
    let progress = Dictionary(list.map { ($0.partition, $0.nextOffset) }, uniquingKeysWith: { first, _ in first })
    grounds.learned(progress: progress, before: before)
    for (index, known) in watermarks.enumerated() {
      let offset = progress[Partition(Int32(index))] ?? Offset(0)
      guard standings[index].lowerWatermark(from: known, to: offset) else { continue }
      logger.warning(
        "the database is behind what was decided before, as one restored from a backup: orders wait again",
        metadata: ["partition": "\(index)", "from": "\(offset)", "to": "\(known)"])
    }
    apply(Signal(progress: progress))
    let identities = stored.map { Identity(number: $0.number, sale: $0.sale, closedAt: $0.closedAt) }
    let kept = Winners.kept(of: stored, knowing: { winners[$0]?.count ?? 0 }, at: .now)
    let isNew = known.map { $0.identities != identities || $0.kept != kept } ?? true
    if isNew {
      noteMovedEnds(stored)
      sales = catalog(of: stored, keeping: kept)
    }
    for sale in stored {
      for (sku, level) in sale.stock {
        let key = StockKey(sale: sale.number, sku: sku)
        if levels.read(level, of: key, in: reading) { learned(level, of: key) }
      }
    }
    let wanting = grounds.wanting
    try await readWinners(of: sales.filter { wanting.contains($0.number) || canStillSell($0) })
    settle()
    try await readReleases()
    if isNew {
      known = (identities, kept)
      publish(Catalog(sales))
    }
    for entry in list where standings.indices.contains(Int(entry.partition.rawValue)) {
      standings[Int(entry.partition.rawValue)].isHalted = entry.haltedReason != nil
    }
    if health.storeAnswered() {
      logger.info("PostgreSQL is read", metadata: ["sales": "\(stored.count)"])
    }
  }

  private func apply(_ signal: Signal) {
    let now = ContinuousClock.now
    if let committedAt = signal.committedAt {
      signalDelay.recordMicroseconds(max(0, Timestamp.now.microseconds(since: committedAt)))
    }
    for (key, level) in signal.stock where levels.heard(level, of: key) { learned(level, of: key) }
    if !grounds.wanting.isEmpty { levelWaits.yield() }
    for (partition, offset) in signal.progress {
      let index = Int(partition.rawValue)
      guard standings.indices.contains(index) else { continue }
      let standing = standings[index]
      standing.raiseWatermark(to: offset)
      standing.drainRate = meters[index].observe(standing.watermark, waiting: standing.undecided > 0, now: now)
      lines.moved(index, standing)
    }
    for (loop, bell) in bells.enumerated() where bell.ring() { wake(loop) }
  }

  private func learned(_ level: StockLevel, of key: StockKey) {
    if grounds.learned(level, of: key) { tell(level, of: key) }
  }

  private func tell(_ level: StockLevel, of key: StockKey) {
    if let gauge = gauges[key] { gauge.set(level) } else { gauges[key] = StockGauge(level) }
  }
}

// MARK: - Sales

extension Refresher {
  private func catalog(of stored: [StoredSale], keeping kept: Set<SaleNumber>) -> [CatalogSale] {
    for (sale, set) in winners where !kept.contains(sale) {
      // Before anything is told of the sale without a reading (`RefusalGrounds` (6)).
      set.abandon()
      winners[sale] = nil
    }
    for sale in stored where kept.contains(sale.number) && winners[sale.number] == nil {
      winners[sale.number] = Winners(room: sale.sale.unitsPutUp)
    }
    grounds.keep(kept)
    let unkept = stored.count - kept.count
    if unkept > unkeptSales {
      logger.notice(
        "the winners of some sales are not kept in memory; repeated orders of theirs are looked up",
        metadata: ["sales": "\(unkept)", "limit": "\(Limits.winners)"])
    }
    unkeptSales = unkept
    let selling = Self.selling(stored, partitions: Int32(standings.count))
    let lanes = Set(selling.map { SaleLane(sale: $0.0.sale, partition: $0.1) })
    let limited = Set(stored.filter { $0.sale.shaping.backlog != nil }.map(\.number))
    lines.follow(
      selling.map { (.item($0.0), $0.1) }
        + lanes.filter { limited.contains($0.sale) }.map { (.lane($0), $0.partition) })
    let counts = Dictionary(selling.map { ($0.1, 1) }, uniquingKeysWith: +)
    let sales = Dictionary(lanes.map { ($0.partition, 1) }, uniquingKeysWith: +)
    return stored.map { catalogSale($0, selling: counts, sales: sales) }
  }

  /// The items of sales that are not over, with their partitions.
  private static func selling(_ stored: [StoredSale], partitions: Int32) -> [(StockKey, Partition)] {
    let now = Timestamp.now
    return stored.filter { $0.closedAt == nil && now < $0.sale.endsAt }.flatMap { stored in
      stored.sale.items.map { item in
        let key = RecordKey(sale: stored.sale, sku: item.sku)
        return (StockKey(sale: stored.number, sku: item.sku), key.partition(of: partitions))
      }
    }
  }

  /// - Parameters:
  ///   - selling: how many items that can still sell each partition has.
  ///   - sales: how many sales they are of.
  private func catalogSale(
    _ stored: StoredSale, selling: [Partition: Int], sales: [Partition: Int]
  ) -> CatalogSale {
    let backlog = SaleBacklog(of: stored, lines: &lines, standings) { sales[$0] == 1 }
    let items = stored.sale.items.map { item in
      let key = RecordKey(sale: stored.sale, sku: item.sku)
      let partition = key.partition(of: Int32(standings.count))
      let stockKey = StockKey(sale: stored.number, sku: item.sku)
      let gauge = gauges[stockKey] ?? StockGauge(StockLevel(left: item.stock, isClosed: false, asOf: Offset(0)))
      gauges[stockKey] = gauge
      return CatalogItem(
        item, key: key, partition: partition, standing: standings[Int(partition.rawValue)], gauge: gauge,
        line: lines.standing(of: .item(stockKey)), queueCap: stored.sale.shaping.queueCap,
        isAlone: selling[partition] == 1, backlog: backlog?.entering(partition))
    }
    return CatalogSale(
      number: stored.number, sale: stored.sale, closedAt: stored.closedAt, items: items,
      winners: winners[stored.number], limits: limits)
  }
}

// MARK: - What commands change

extension Refresher {
  /// Sales whose end has moved get orders again.
  private func noteMovedEnds(_ stored: [StoredSale]) {
    let before = Dictionary(sales.map { ($0.number, $0.sale.endsAt) }, uniquingKeysWith: { first, _ in first })
    for sale in stored {
      guard let end = before[sale.number], end != sale.sale.endsAt else { continue }
      grounds.forgetEnd(of: sale.number)
      for item in sale.sale.items { gauges[StockKey(sale: sale.number, sku: item.sku)]?.unsettle() }
    }
  }

  /// Where all that is left is held, whoever is turned away hears when the first units can come back.
  private func readReleases() async throws {
    var held: [StockKey: Partition] = [:]
    for sale in sales where sale.sale.holds != nil {
      for item in sale.items {
        let level = item.gauge.level
        if level.left == .zero, level.isHeld { held[StockKey(sale: sale.number, sku: item.sku)] = item.partition }
      }
    }
    let releases = try await store.earliestReleases(of: held)
    for key in held.keys { gauges[key]?.earliestRelease = releases[key] }
  }
}

// MARK: - Winners

extension Refresher {
  /// Whether orders of the sale may yet win, or have won without having been read.
  private func canStillSell(_ sale: CatalogSale) -> Bool {
    sale.items.contains { item in
      let isOver = sale.hasWaitlist ? item.gauge.level.isClosed : item.gauge.turnsAway
      return !isOver && !item.gauge.isSettled
    }
      || sale.lanes.contains { grounds.next[$0] == nil }
  }

  /// Reads what has won since the last time, and tells the levels that waited for it.
  private func readWinners(of sales: [CatalogSale]) async throws {
    let reading = Mutex(grounds.reading(of: sales.flatMap(\.lanes)))
    try await store.winners(from: reading.withLock { $0.offsets }) { batch in
      await self.insert(batch)
      reading.withLock { reading in batch.forEach { reading.saw($0) } }
    }
    for (key, level) in grounds.ended(reading.withLock { $0 }) { tell(level, of: key) }
    knownWinners.record(winners.values.reduce(0) { $0 + $1.count })
  }

  private func insert(_ batch: [Winner]) {
    for winner in batch { winners[winner.order.sale]?.insert(winner.order) }
  }

  /// A signal has brought a level at which buyers are turned away.
  private func readWinnersOfWaiting() async {
    let wanting = grounds.wanting
    do {
      try await readWinners(of: sales.filter { wanting.contains($0.number) })
    } catch {
      // The next `load` learns the level again, and says so if PostgreSQL is away.
      logger.debug("winners could not be read", metadata: ["error": "\(error)"])
    }
  }

  // MARK: The end of a sale

  /// Takes note of where the log of a partition ends.
  ///
  /// - Parameter asked: before it was asked.
  func learned(end: Offset, of partition: Partition, asked: Timestamp) {
    for lane in lanesWithoutEnd(at: asked) where lane.partition == partition { grounds.learned(end: end, of: lane) }
    settle()
  }

  private func lanesWithoutEnd(at time: Timestamp) -> [SaleLane] {
    let isOver = { [delay = logEnds.delay] (sale: CatalogSale) in sale.sale.endsAt.after(delay) <= time }
    return sales.filter { isOver($0) && canStillSell($0) }.flatMap(\.lanes).filter { !grounds.knowsEnd(of: $0) }
  }

  private func askForEnds() async {
    let asked = Timestamp.now
    do {
      for partition in Set(lanesWithoutEnd(at: asked).map(\.partition)) {
        learned(end: try await logEnds.end(partition), of: partition, asked: asked)
      }
    } catch {
      // Until it is known, repeated orders of the sale are taken and decided.
      logger.debug("the log's end could not be asked", metadata: ["error": "\(error)"])
    }
  }

  private func settle() {
    for sale in sales {
      for item in sale.items where grounds.isSettled(SaleLane(sale: sale.number, partition: item.partition)) {
        item.gauge.settle()
      }
    }
  }
}
