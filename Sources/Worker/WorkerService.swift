internal import FlashSale
internal import Lane
public import Logging
internal import Metrics
public import OrderLog
public import SaleStore
public import ServiceLifecycle
internal import Time
public import Vitals

/// Turns the log into orders: claims its share of the partitions, and decides their records, each exactly once.
///
/// Waits with backoff for PostgreSQL and the broker, from the start and whenever they go away. A lane that can't go on
/// gives up itself only.
///
/// On a graceful shutdown, or when its task is cancelled, `run` finishes the batches in flight, gives the partitions
/// back and returns, within `Limits.stopPatience` and `Limits.leavePatience`.
public struct WorkerService: Service {
  private let context: LaneContext
  private let cluster: ClusterSettings
  private let waits: Waits
  private let rooms = RoomBoard()

  /// A worker; nothing is contacted before `run`.
  ///
  /// - Parameters:
  ///   - database: the role must be the same for all workers, because each ends the session of the owner before it. The
  ///     schema is up to date.
  ///   - waits: where it notes what it waits for.
  public init(
    configuration: WorkerConfiguration, cluster: ClusterSettings, database: DatabaseSettings, waits: Waits = Waits(),
    logger: Logger
  ) {
    let database = database.named("penstock worker \(configuration.ownerName)", noting: waits)
    var cluster = cluster
    cluster.waits = waits
    context = LaneContext(
      worker: WorkerID(rawValue: .random(in: 0...Int64.max)), configuration: configuration, database: database,
      board: StatusBoard(),
      signals: SignalSender(topic: configuration.topic, settings: database, logger: logger),
      filters: FilterShelf(settings: database, logger: logger), metrics: WorkerMetrics(), logger: logger)
    self.cluster = cluster
    self.waits = waits
    waits.add { [board = context.board, rooms] in board.waits + rooms.waits }
  }

  /// How it is doing. Cheap: a copy of what the lanes noted, and of what they wait for.
  public var status: WorkerStatus {
    var status = context.board.current
    status.overdue = waits.complaints()
    status.worker = "\(context.worker)"
    return status
  }

  /// Works until it is asked to stop. Once only.
  ///
  /// Throws `KafkaError` with `.configuration` for Kafka settings that are not valid; it recovers from everything else
  /// by itself.
  public func run() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { [signals = context.signals] in await signals.run() }
      let look = try LookAround(context: context, cluster: cluster)
      let looking = Task { await look.run() }
      let owning = roomOwner.map { owner in Task { await owner.run() } }
      let expiring = Task { [context, cluster] in
        var scheduler = ExpiryScheduler(context: context, cluster: cluster)
        await scheduler.run()
      }
      let filtering = Task { [filters = context.filters] in await filters.run() }
      defer {
        owning?.cancel()
        looking.cancel()
        filtering.cancel()
        expiring.cancel()
        context.signals.finish()
      }
      try await cancelWhenGracefulShutdown { try await work() }
    }
  }

  private var roomOwner: RoomOwner? {
    context.configuration.rooms.map { [board = rooms] rooms in
      RoomOwner(
        settings: context.database, configuration: rooms, cluster: cluster, orders: context.configuration.topic,
        name: context.configuration.ownerName, board: board, logger: context.logger)
    }
  }

  private func work() async throws {
    var attempt = 0
    while !Task.isCancelled {
      let consumer = try OrderConsumer(
        cluster: cluster, topic: context.configuration.topic, group: context.configuration.group,
        tuning: context.configuration.tuning, logger: context.logger)
      let lanes = WorkerLanes(context, consumer: consumer)
      guard let failure = await lanes.run() else { break }
      context.logger.error("the log's client failed; making another one", metadata: ["reason": "\(failure)"])
      context.board.update { status in
        status.notTakingPart = "has lost the log (\(failure)) and begins again"
        status.partitions = [:]
      }
      attempt += 1
      await Backoff(within: Limits.consumerPause).wait(beforeAttempt: attempt)
    }
    context.board.update { status in
      status.notTakingPart = "has stopped"
      status.partitions = [:]
    }
  }
}
