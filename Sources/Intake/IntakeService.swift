public import FlashSale
internal import HTTPServing
public import Logging
internal import NIOCore
internal import NIOPosix
public import OrderLog
public import SaleStore
public import ServiceLifecycle
internal import Synchronization
internal import Time
public import Vitals

/// Takes orders over HTTP into the log, and tells buyers their status.
///
/// `run` waits for PostgreSQL and the log, then listens. On graceful shutdown it stops accepting, answers what is in
/// flight, hands the producer's last records over, and returns.
public final class IntakeService: Service {
  private let configuration: IntakeConfiguration
  private let cluster: ClusterSettings
  private let store: SaleStore
  private let database: DatabaseSettings
  private let tuning: ProducerTuning
  private let logger: Logger

  private let health = Health()
  private let catalog = CurrentCatalog()
  private let recognition: SharedRecognition
  private let standings: [PartitionStanding]
  /// Of the event loops.
  private let bells: [WatchBell]
  private let address = Announcement<String, any Error>()
  private let router = Mutex<DeliveryRouter?>(nil)
  private let logWatch = Mutex<LogWatch?>(nil)
  private let waits: Waits

  /// An intake; nothing is contacted before `run`.
  ///
  /// - Parameters:
  ///   - store: used for reads, at most 2 at a time; the caller closes its pool after `run`.
  ///   - database: for connections of its own: one on which it hears signals, and `Limits.orderStatements` +
  ///     `Limits.effectStatements` for look-ups.
  ///   - waits: where it notes what it waits for; `store` notes its own.
  /// - Throws: the first value of the configuration that is out of its range.
  public init(
    configuration: IntakeConfiguration, cluster: ClusterSettings, store: SaleStore, database: DatabaseSettings,
    tuning: ProducerTuning = ProducerTuning(), waits: Waits = Waits(), logger: Logger
  ) throws(ValidationError) {
    try configuration.check(messageTimeout: tuning.messageTimeout)
    self.configuration = configuration
    recognition = SharedRecognition(configuration.identification)
    var cluster = cluster
    cluster.waits = waits
    self.cluster = cluster
    self.store = store
    self.database = database.named("penstock intake", noting: waits)
    self.waits = waits
    self.tuning = tuning
    self.logger = logger
    standings = (0..<configuration.partitions).map { _ in PartitionStanding() }
    bells = (0..<configuration.eventLoops).map { _ in WatchBell() }
  }

  /// How many watch an order here.
  package var watchers: Int { bells.reduce(0) { $0 + $1.watchers } }

  /// `host:port` that it listens on, once it does. Throws if it ended before.
  public var boundAddress: String {
    get async throws { try await address.value }
  }

  /// Its state at this moment. Cheap.
  public var status: IntakeStatus {
    health.status(
      taking: logWatch.withLock { $0 }?.taking, log: router.withLock { $0?.failure }, overdue: waits.complaints())
  }

  /// Runs until graceful shutdown or cancellation. Throws if it cannot listen, or cannot make a producer of the
  /// cluster's settings.
  public func run() async throws {
    defer { address.announce(.failure(CancellationError())) }
    let group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.eventLoops)
    let lookups = SaleStore.forLookups(
      database, connections: Limits.orderStatements + Limits.effectStatements, wait: Limits.lookupConnectionWait,
      logger: logger)
    do {
      try await run(on: group, lookingUpIn: lookups)
    } catch is CancellationError where Task.isShuttingDownGracefully {
      logger.info("stopped before it listened")
    } catch {
      await lookups.close()
      try? await group.shutdownGracefully()
      throw error
    }
    await lookups.close()
    try await group.shutdownGracefully()
  }

  /// - Parameter lookups: by whose connections what buyers ask for is looked up.
  private func run(on group: MultiThreadedEventLoopGroup, lookingUpIn lookups: SaleStore) async throws {
    let listener = try await ListenerLoops(
      of: group, listener: "intake",
      deadlines: ConnectionDeadlines(
        request: configuration.requestDeadline, idle: configuration.idleDeadline,
        answer: configuration.answerDeadline))
    let orders = OrderStatusRoute(
      signer: configuration.tickets, standings: standings,
      lookup: OrderLookup(store: lookups, topic: configuration.topic), health: health, logger: logger)
    let loops = try await Loops(
      of: listener, identification: configuration.identification,
      acknowledgementDeadline: configuration.acknowledgementDeadline
    ) { [configuration, bells] loop, index in
      LoopWatchers(
        orders, bell: bells[index], limit: configuration.watchersPerLoop, tuning: configuration.watching, on: loop)
    }
    let refresher = Refresher(
      store: store, topic: configuration.topic, standings: standings, health: health, logger: logger, logEnds: logEnds,
      limits: configuration.limits, bells: bells, wake: { loop in loops.execute(on: loop) { $0.watchers.wake() } }
    ) { [catalog, logger, configuration] new in
      for complaint in EntryCheck.complaints(about: new, configuration) {
        logger.warning("a sale asks its buyers for what this intake cannot check", metadata: ["why": "\(complaint)"])
      }
      catalog.set(new)
      loops.executeOnAll { $0.catalog = new }
    }
    let router = DeliveryRouter(standings: standings, loops: loops)
    self.router.withLock { $0 = router }
    let writers = try OrderWriters(
      cluster: cluster, topic: configuration.topic, partitions: configuration.partitions, tuning: tuning,
      logger: logger
    ) { router.route($0) }
    let rooms = configuration.rooms.map { rooms in
      RoomDesk(
        rooms, signer: rooms.tokens, cluster: cluster, tuning: tuning, store: store, logger: logger
      ) { [catalog] in catalog.current.sales.contains(where: \.hasRoom) }
    }
    let feed = try SignalFeed(topic: configuration.topic, settings: database, logger: logger)
    defer {
      health.draining()
      // Its client of the log ends with it; this service may be kept for its status.
      logWatch.withLock { $0 = nil }
    }
    do {
      let reader = try OrderReader(cluster: cluster, topic: configuration.topic, logger: logger)
      try await cancelWhenGracefulShutdown { try await self.start(refresher, reader) }
      let watch = LogWatch(standings, reader: reader, waits: waits, logger: logger)
      logWatch.withLock { $0 = watch }
      let gate = OrderGate(
        writers: writers, signer: configuration.tickets, rooms: configuration.rooms?.tokens, codes: configuration.codes,
        backlogLimit: configuration.backlogLimit, proxies: configuration.trustedProxies,
        entry: EntryCheck(
          proofs: configuration.tickets.proofs, verdicts: configuration.verdicts,
          backlogLimit: configuration.backlogLimit, load: ProcessorLoad(threads: configuration.eventLoops)))
      let lives = LifeDesk(
        store: lookups, orders: orders, catalog: catalog, writers: writers, backlogLimit: configuration.backlogLimit)
      try await serve(gate, orders, lives, listener, loops, refresher, feed, watch, rooms)
    } catch {
      _ = await writers.shutdown(deadline: Limits.producerDrainDeadline)
      await rooms?.shutdown()
      await feed.stop()
      throw error
    }
    let unknown = await writers.shutdown(deadline: Limits.producerDrainDeadline)
    if unknown > 0 { logger.warning("orders were left whose outcome is unknown", metadata: ["orders": "\(unknown)"]) }
    await rooms?.shutdown()
    await feed.stop()
  }
}

// MARK: - The start

extension IntakeService {
  /// Reads the sales and learns where each partition's log ends. Waits while PostgreSQL or the log is away.
  private func start(_ refresher: Refresher, _ reader: OrderReader) async throws {
    health.starting("waiting for PostgreSQL")
    try await attempt("PostgreSQL cannot be read yet") { try await refresher.load() }
    health.starting("waiting for the log")
    try await attempt("the log cannot be reached yet") { try await self.learnEnds(reader, for: refresher) }
    health.starting("about to listen")
  }

  /// Where the log ends now: with what is undecided from before, the backlog limit holds from the first order on.
  private func learnEnds(_ reader: OrderReader, for refresher: Refresher) async throws {
    for (index, standing) in standings.enumerated() {
      let asked = Timestamp.now
      let partition = Partition(Int32(index))
      let end = try await reader.end(of: partition, timeout: Limits.logEndDeadline)
      standing.raiseEnd(to: end)
      await refresher.learned(end: end, of: partition, asked: asked)
    }
  }

  /// What an intake accepts before a sale's end is in the log when the producer has given up, or never.
  private var logEnds: Refresher.LogEnds {
    Refresher.LogEnds(delay: tuning.messageTimeout + Limits.clockDifference) {
      [cluster, topic = configuration.topic, logger] partition in
      let reader = try OrderReader(cluster: cluster, topic: topic, logger: logger)
      return try await reader.end(of: partition, timeout: Limits.logEndDeadline)
    }
  }

  private func attempt(_ complaint: String, _ step: () async throws -> Void) async throws {
    var backoff = Backoff(within: Limits.startPause)
    while true {
      do {
        return try await step()
      } catch let error as CancellationError {
        throw error
      } catch let error as KafkaError where error.code == .configuration {
        throw error
      } catch {
        logger.warning("\(complaint); trying again", metadata: ["error": "\(error)"])
      }
      try await Task.sleep(for: backoff.next())
    }
  }
}

// MARK: - Serving

extension IntakeService {
  private func serve(
    _ gate: OrderGate, _ orders: OrderStatusRoute, _ lives: LifeDesk, _ listenerLoops: ListenerLoops, _ loops: Loops,
    _ refresher: Refresher, _ feed: SignalFeed, _ watch: LogWatch, _ rooms: RoomDesk?
  ) async throws {
    let listener = listener(gate, orders, lives, listenerLoops, loops, rooms)
    let door = DoorBook(loops: loops, store: store, catalog: catalog, logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { await refresher.run(feed) }
      tasks.addTask { await watch.run() }
      tasks.addTask { await door.run() }
      if let rooms {
        tasks.addTask {
          await rooms.run { ended in
            let now = Timestamp.now
            loops.executeOnAll { state in for record in ended { state.ended(record, now: now) } }
          }
        }
        health.starting("waiting for the waiting rooms")
        try await cancelWhenGracefulShutdown { try await rooms.ready() }
      }
      tasks.addTask { await self.followTokenKeys(loops) }
      tasks.addTask {
        try await gracefulShutdown()
        self.health.draining()
      }
      // Returns when every connection is closed.
      try await listener.run { [self] in
        await listening(on: $0)
      } atDeadline: {
        // Whoever is still in flight hears that the outcome is unknown (I12).
        loops.executeOnAll { $0.abandonWaiting() }
      }
      tasks.cancelAll()
      while await tasks.nextResult() != nil {}
    }
    await door.write()
  }

  private func followTokenKeys(_ loops: Loops) async {
    guard let file = configuration.identification.tokens?.file else { return }
    await file.follow(health: health, logger: logger) { [recognition] keys in
      recognition.replace(keys: keys)
      loops.executeOnAll { $0.recognition.replace(keys: keys) }
    }
  }

  private func listener(
    _ gate: OrderGate, _ orders: OrderStatusRoute, _ lives: LifeDesk, _ listenerLoops: ListenerLoops, _ loops: Loops,
    _ rooms: RoomDesk?
  ) -> HTTPListener<IntakeResponder> {
    let identification = configuration.identification
    let responder = IntakeResponder(
      IntakeRoutes(
        catalog: catalog, orders: orders,
        placing: OrderRoute(gate: gate, orders: orders, loops: loops, catalog: catalog, recognition: recognition),
        sales: SharedSaleBytes(),
        rooms: RoomRoutes(
          catalog: catalog, desk: rooms, recognition: recognition, limiter: gate.limiter, proxies: gate.proxies),
        lives: LifeRoutes(
          desk: lives, recognition: recognition, shop: configuration.shop, webhooks: configuration.webhooks),
        recognition: recognition),
      showsDemo: configuration.servesDemo && identification.believesEverybody && configuration.shop == nil)
    return HTTPListener(
      HTTPListener.Configuration(
        name: "intake", host: configuration.host, port: configuration.port, connections: configuration.connections,
        backlog: Limits.acceptQueue, drainDeadline: configuration.drainDeadline),
      responder: responder, loops: listenerLoops,
      direct: { [recognition] loop in
        loops.state(of: loop).map {
          OrderConnection(gate: gate, orders: orders, recognition: recognition, state: $0)
        }
      },
      logger: logger)
  }

  private func listening(on channel: any Channel) async {
    let port = channel.localAddress?.port ?? configuration.port
    let host = configuration.host.contains(":") ? "[\(configuration.host)]" : configuration.host
    health.starting(nil)
    logger.info("taking orders", metadata: ["address": "\(host):\(port)"])
    address.announce(.success("\(host):\(port)"))
  }
}
