internal import FlashSale
internal import HTTPServing
internal import Logging
internal import Metrics
internal import SaleStore
internal import Vitals

/// Keeps what intake knows in step with the store: sales, stock, and how far each partition came.
///
/// (1) Signals bring changes within milliseconds; everything is read again every `Limits.refreshInterval`, so a lost
///     signal does no harm.
/// (2) While PostgreSQL is gone, what is known stays known: orders are taken up to the backlog limit.
actor Refresher {
  private let store: SaleStore
  private let topic: String
  private let standings: [PartitionStanding]
  private let health: Health
  private let logger: Logger
  private let publish: @Sendable (Catalog) -> Void

  private var gauges: [StockKey: StockGauge] = [:]
  private var meters: [DrainMeter]
  private let backlogs: [Gauge]
  /// From a lane's commit to here; with workers on another machine, by two clocks.
  private let signalDelay = Timer(IntakeMetric.signalDelay)
  /// What the published catalog was made of; stock levels are not part of it.
  private var known: [Identity]?
  private var isReloading = false
  private var isReloadWanted = false

  private struct Identity: Equatable {
    let number: SaleNumber
    let sale: Sale
    let closedAt: Timestamp?
  }

  /// - Parameter publish: called with each new catalog.
  init(
    store: SaleStore, topic: String, standings: [PartitionStanding], health: Health, logger: Logger,
    publish: @escaping @Sendable (Catalog) -> Void
  ) {
    self.store = store
    self.topic = topic
    self.standings = standings
    self.health = health
    self.logger = logger
    self.publish = publish
    let meter = DrainMeter(at: Offset(0), now: .now)
    meters = standings.map { _ in meter }
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

  /// Reads everything once. A signal that comes while it reads can be overwritten by what was read before: for stock
  /// that shows too much for at most `Limits.refreshInterval`, which the lane puts right; watermarks never go back.
  func load() async throws {
    let sales = try await store.sales()
    let progress = try await store.progress(topic: topic)
    apply(
      Signal(
        progress: Dictionary(progress.map { ($0.partition, $0.nextOffset) }, uniquingKeysWith: { first, _ in first })))
    for sale in sales {
      for (sku, level) in sale.stock { set(level, of: StockKey(sale: sale.number, sku: sku)) }
    }
    let identities = sales.map { Identity(number: $0.number, sale: $0.sale, closedAt: $0.closedAt) }
    if identities != known {
      known = identities
      publish(Catalog(sales.map(catalogSale)))
    }
    for entry in progress where standings.indices.contains(Int(entry.partition.rawValue)) {
      standings[Int(entry.partition.rawValue)].isHalted = entry.haltedReason != nil
    }
    if health.storeAnswered() {
      logger.info("PostgreSQL is read", metadata: ["sales": "\(sales.count)"])
    }
  }

  private func apply(_ signal: Signal) {
    let now = ContinuousClock.now
    if let committedAt = signal.committedAt {
      signalDelay.recordMicroseconds(max(0, Timestamp.now.microseconds(since: committedAt)))
    }
    for (key, level) in signal.stock { set(level, of: key) }
    for (partition, offset) in signal.progress {
      let index = Int(partition.rawValue)
      guard standings.indices.contains(index) else { continue }
      let standing = standings[index]
      standing.raiseWatermark(to: offset)
      standing.drainRate = meters[index].observe(standing.watermark, waiting: standing.undecided > 0, now: now)
    }
  }

  private func set(_ level: StockLevel, of key: StockKey) {
    if let gauge = gauges[key] { gauge.set(level) } else { gauges[key] = StockGauge(level) }
  }

  private func catalogSale(_ stored: StoredSale) -> CatalogSale {
    let items = stored.sale.items.map { item in
      let key = RecordKey(sale: stored.sale, sku: item.sku)
      let partition = key.partition(of: Int32(standings.count))
      let stockKey = StockKey(sale: stored.number, sku: item.sku)
      let gauge = gauges[stockKey] ?? StockGauge(StockLevel(left: item.stock, isClosed: false))
      gauges[stockKey] = gauge
      return CatalogItem(
        item, key: key, partition: partition, standing: standings[Int(partition.rawValue)], gauge: gauge)
    }
    return CatalogSale(number: stored.number, sale: stored.sale, closedAt: stored.closedAt, items: items)
  }
}
