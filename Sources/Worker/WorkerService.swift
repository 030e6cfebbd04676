internal import FlashSale
internal import Lane
public import Kafka
public import Logging
internal import Metrics
public import SaleStore
public import ServiceLifecycle
public import Vitals

/// Turns the log into orders: joins the consumer group, claims the partitions that it is assigned, and decides their
/// records, each exactly once.
///
/// Waits with backoff for PostgreSQL and the broker, from the start and whenever they go away. A lane that can't go on
/// (someone else claimed its partition, the log has a gap) makes the worker leave its group and join again as a new
/// member.
///
/// On a graceful shutdown, or when its task is cancelled, `run` finishes the batches in flight, leaves the group and
/// returns, within `Limits.stopPatience` and `Limits.leavePatience`.
public struct WorkerService: Service {
  private let context: LaneContext
  private let cluster: ClusterSettings
  private let waits: Waits

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
      configuration: configuration, database: database, board: StatusBoard(),
      signals: SignalSender(topic: configuration.topic, settings: database, logger: logger), metrics: WorkerMetrics(),
      logger: logger)
    self.cluster = cluster
    self.waits = waits
    waits.add { [board = context.board] in board.waits }
  }

  /// How it is doing. Cheap: a copy of what the lanes noted, and of what they wait for.
  public var status: WorkerStatus {
    var status = context.board.current
    status.overdue = waits.complaints()
    return status
  }

  /// Works until it is asked to stop. Once only.
  ///
  /// Throws `KafkaError` with `.configuration` for Kafka settings that are not valid; it recovers from everything else
  /// by itself.
  public func run() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { [signals = context.signals] in await signals.run() }
      defer { context.signals.finish() }
      try await cancelWhenGracefulShutdown { try await work() }
    }
  }

  private func work() async throws {
    let comparer = try LogComparer(topic: context.configuration.topic, cluster: cluster, logger: context.logger)
    var knownGaps: [Partition: Offset] = [:]
    var attempt = 0
    while !Task.isCancelled {
      let consumer = try Consumer(
        cluster: cluster, topic: context.configuration.topic, group: context.configuration.group,
        tuning: context.configuration.tuning, logger: context.logger)
      var membership = Membership(context, consumer: consumer, comparer: comparer, knownGaps: knownGaps)
      let joined = ContinuousClock.now
      let end = await membership.run()
      if end == .cancelled { break }
      if case .surrendered(let partition, .gap(let expected, _)) = end { knownGaps[partition] = expected }
      context.metrics.surrendered.increment()
      context.logger.log(
        level: end.logLevel, "the assignment was given up; joining again", metadata: ["reason": "\(end)"])
      context.board.update { status in
        status.notAssigned = "gave its assignment up (\(end)) and joins again"
        status.partitions = [:]
      }
      attempt = .now - joined > Limits.soundMembership ? 1 : attempt + 1
      await Backoff.wait(attempt: attempt, within: Limits.rejoinPause)
    }
    context.board.update { status in
      status.notAssigned = "has stopped"
      status.partitions = [:]
    }
  }
}
