internal import FlashSale
public import Logging
internal import Metrics
public import OrderLog
public import SaleStore
public import ServiceLifecycle
internal import Time
public import Vitals

/// Publishes the events of orders, and sends webhooks. Several may run: they share the partitions out.
///
/// (1) An event is in the topic before the progress moves past it: it comes at least once.
/// (2) An event of an order is in the topic before the next one of that order is written (`EventRounds`).
/// (3) What endpoints are to hear of is kept in the transaction that moves the progress on: just once.
///
/// Waits with backoff for PostgreSQL and the log, from the start and whenever they go away. `run` returns soon after a
/// graceful shutdown began.
public struct RelayService: Service {
  private let configuration: RelayConfiguration
  private let cluster: ClusterSettings
  private let database: DatabaseSettings
  private let waits: Waits
  private let board = RelayBoard()
  private let logger: Logger

  /// A relay; nothing is contacted before `run`.
  ///
  /// - Parameter waits: where it notes what it waits for.
  public init(
    configuration: RelayConfiguration, cluster: ClusterSettings, database: DatabaseSettings, waits: Waits = Waits(),
    logger: Logger
  ) {
    self.configuration = configuration
    var cluster = cluster
    cluster.waits = waits
    self.cluster = cluster
    self.waits = waits
    self.database = database.named("penstock relay \(configuration.name)", noting: waits)
    self.logger = logger
  }

  /// How it is doing. Cheap.
  public var status: RelayStatus {
    var status = board.current
    status.overdue = waits.complaints()
    return status
  }

  /// Works until it is asked to stop. Throws `KafkaError` with `.configuration` for Kafka settings that are not valid.
  public func run() async throws {
    let publisher = try EventPublisher(cluster: cluster, topic: configuration.events, logger: logger)
    await cancelWhenGracefulShutdown { await work(publisher) }
    await publisher.shutdown(deadline: Limits.stopPatience)
    board.update { $0.notTakingPart = "has stopped" }
  }

  private func work(_ publisher: EventPublisher) async {
    let seat = RelayStore.Seat(
      id: .random(in: 0...Int64.max), orders: configuration.orders, events: configuration.events,
      name: configuration.name, lease: configuration.lease)
    var backoff = Backoff(within: Limits.retryPause)
    var hasTopic = false
    while !Task.isCancelled {
      do {
        if !hasTopic { try await configuration.makeTopic() }
        hasTopic = true
        let store = try await RelayStore.connect(database, as: seat, logger: logger)
        let webhooks = WebhookTask(
          dispatcher: WebhookDispatcher(
            database: database, configuration: configuration, board: board, logger: logger))
        do {
          try await tend(store, publisher, webhooks, &backoff)
        } catch {
          await webhooks.stop()
          if Task.isCancelled { try? await store.leave() }
          await store.close()
          throw error
        }
      } catch is CancellationError {
        return
      } catch {
        if Task.isCancelled { return }
        logger.warning("the relay cannot go on; it begins again", metadata: ["error": "\(error)"])
        Counter(RelayMetric.failures).increment()
        board.update { $0.notTakingPart = "cannot go on: \(error)" }
        try? await Task.sleep(for: backoff.next())
      }
    }
  }

  /// Publishes until something fails, or the task is cancelled.
  private func tend(
    _ store: RelayStore, _ publisher: EventPublisher, _ webhooks: WebhookTask, _ backoff: inout Backoff
  ) async throws {
    while true {
      try Task.checkCancellation()
      let view = try await store.look()
      board.saw(view, at: .now)
      await webhooks.run(if: view.sendsWebhooks)
      let behind = view.partitions.filter { $0.lag > 0 }
      if behind.isEmpty {
        backoff.reset()
        try await Task.sleep(for: Limits.lookInterval)
        continue
      }
      do {
        let isMore = try await publish(behind, of: store, by: publisher)
        board.update { $0.logTrouble = nil }
        backoff.reset()
        // What is decided meanwhile is taken together: a look is a commit.
        if !isMore { try await Task.sleep(for: Limits.lookInterval) }
      } catch let error as Unwritten {
        // What was not marked is written again.
        logger.warning("events are not in the log; they are written again", metadata: ["error": "\(error)"])
        Counter(RelayMetric.failures).increment()
        board.update { $0.logTrouble = "\(error)" }
        try await Task.sleep(for: backoff.next())
      }
    }
  }

  /// A page of a partition on its way to the topic.
  private typealias Sheet = (standing: RelayStore.Standing, page: EventPage)

  /// Publishes a page of each partition, and marks each when the last of it is in the topic (`Publication`).
  ///
  /// Between rounds the relay shows that it is alive: a page can take longer than its lease.
  ///
  /// - Returns: whether there is more than that.
  private func publish(
    _ partitions: [RelayStore.Standing], of store: RelayStore, by publisher: EventPublisher
  ) async throws -> Bool {
    var seen = ContinuousClock.now
    var sheets: [Sheet] = []
    for standing in partitions {
      sheets.append((standing, try await store.events(of: standing, limit: Limits.pageEvents)))
      try await showLife(in: store, last: &seen)
    }
    var publication = Publication(sheets.map(\.page))
    while let step = publication.next() {
      switch step {
      case .mark(let pages): try await mark(pages.map { sheets[$0] }, in: store)
      case .publish(let events):
        try await publisher.publish(events)
        Counter(RelayMetric.published).increment(by: Int64(events.count))
        try await showLife(in: store, last: &seen)
      }
    }
    return sheets.contains { $0.page.next < $0.standing.decided }
  }

  private func showLife(in store: RelayStore, last: inout ContinuousClock.Instant) async throws {
    guard .now - last >= Limits.signInterval else { return }
    try await store.showLife()
    last = .now
  }

  /// Moves the progress of partitions on whose page is in the topic.
  private func mark(_ sheets: [Sheet], in store: RelayStore) async throws {
    let endpoints = sheets.allSatisfy(\.page.events.isEmpty) ? [] : try await store.endpoints()
    let moves = try sheets.map { sheet in
      let deliveries = try sheet.page.events.flatMap { event in
        let wanting = endpoints.filter { $0.wants(event) }
        guard !wanting.isEmpty else { return [NewDelivery]() }
        let body = try WebhookBody(event).text()
        return wanting.map { NewDelivery(endpoint: $0.id, event: event, body: body) }
      }
      return RelayStore.Move(sheet.standing, to: sheet.page.next, adding: deliveries)
    }
    for partition in try await store.advance(moves) {
      // It publishes what was not marked.
      logger.notice("another relay took a partition over", metadata: ["partition": "\(partition)"])
    }
  }
}

/// The task that sends webhooks, while they are this relay's.
private actor WebhookTask {
  private let dispatcher: WebhookDispatcher
  private var task: Task<Void, Never>?

  init(dispatcher: WebhookDispatcher) { self.dispatcher = dispatcher }

  func run(if isWanted: Bool) async {
    if isWanted, task == nil { task = Task { [dispatcher] in await dispatcher.run() } }
    if !isWanted { await stop() }
  }

  /// Ends it, and waits for that.
  func stop() async {
    task?.cancel()
    await task?.value
    task = nil
  }
}
