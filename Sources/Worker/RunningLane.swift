internal import FlashSale
internal import Lane
internal import Logging
internal import Metrics
internal import OrderLog
internal import SaleStore
internal import Time

/// What the lanes of a worker share.
struct LaneContext: Sendable {
  let worker: WorkerID
  let configuration: WorkerConfiguration
  let database: DatabaseSettings
  let board: StatusBoard
  let signals: SignalSender
  let filters: FilterShelf
  let metrics: WorkerMetrics
  let logger: Logger

  /// Tells that a partition is halted, which the store knows by now.
  func tellHalt(of partition: Partition, _ reason: String) {
    board.update(partition) { $0.state = .halted(reason) }
    metrics.halted(partition, true)
    logger.critical("the partition is halted", metadata: ["partition": "\(partition)", "reason": "\(reason)"])
  }
}

/// One partition's single writer: performs what `LaneCore` decides, and tells of it.
///
/// Ends when it has to, or soon after its task is cancelled: a write in flight is waited for, so that its outcome is
/// known wherever it can be.
///
/// Its task runs on its connection's thread, which waits for PostgreSQL together with it. What is read ahead does not.
struct RunningLane {
  private let context: LaneContext
  private let consumer: OrderConsumer
  private let partition: Partition
  private let logger: Logger
  private let thread: StoreThread
  private let lag: LagReport

  private var core: LaneCore
  private var store: LaneStore?
  private var records = ReadAhead()

  /// A lane with the claim that it starts from; the connection that made it is the lane's from here on.
  init(_ context: LaneContext, consumer: OrderConsumer, claim: Claim, store: LaneStore, thread: StoreThread) {
    core = LaneCore(claim, tuning: context.configuration.lane)
    self.store = store
    self.thread = thread
    self.context = context
    self.consumer = consumer
    partition = claim.partition
    lag = LagReport(of: claim, context, consumer)
    var logger = context.logger
    logger[metadataKey: "partition"] = "\(partition)"
    self.logger = logger
  }

  /// The first offset without an effect in the store, as far as is known here.
  var next: Offset { core.next }

  /// Works until the lane has to end, and gives the partition back if nothing else ended it. For a task on the claim's
  /// thread.
  mutating func run() async -> LaneState.End {
    note(.running)
    var action = core.firstAction
    while true {
      switch action {
      case .open(let offset): action = await open(at: offset)
      case .read: action = await read()
      case .measure: action = await measure()
      case .write(let batch, let ahead): action = await write(batch, ahead)
      case .close(let generation, let rows): action = await close(generation, from: rows)
      case .reclaim(let claim): action = await reclaim(claim)
      case .halt(let claim, let reason): action = await halt(claim, reason)
      case .pause(let attempt, let reason): action = await pause(attempt, reason)
      case .waitForLog(let reason): action = await waitForLog(reason)
      case .end(let end):
        await records.end()
        if end == .stopped { await giveBack() }
        await dropStore()
        lag.end()
        if let queue = records.queue { await consumer.stop(queue) }
        return end
      }
    }
  }

  /// Tells the core what came of an action; a cancellation goes before it.
  private mutating func tell(_ what: (inout LaneCore) -> LaneCore.Action) -> LaneCore.Action {
    if Task.isCancelled { core.stop() }
    return what(&core)
  }

  private mutating func pause(_ attempt: Int, _ reason: String) async -> LaneCore.Action {
    note(.waiting(reason))
    logger.warning("the lane waits", metadata: ["attempt": "\(attempt)", "reason": "\(reason)"])
    await Backoff(within: Limits.retryPause).wait(beforeAttempt: attempt)
    return tell { $0.paused() }
  }

  private mutating func waitForLog(_ reason: String) async -> LaneCore.Action {
    note(.waiting(reason))
    logger.warning("the lane waits for the log", metadata: ["reason": "\(reason)"])
    try? await Task.sleep(for: Limits.logLookPause)
    return tell { $0.paused() }
  }

  // MARK: The log

  private mutating func open(at offset: Offset) async -> LaneCore.Action {
    await records.end()
    let losses = consumer.connectionsLost
    do throws(KafkaError) {
      records = ReadAhead(try await consumer.start(partition, at: offset))
    } catch {
      return tell { $0.logFailed(error.debugDescription) }
    }
    return tell { $0.opened(losses: losses) }
  }

  private mutating func read() async -> LaneCore.Action {
    let records = await records.next()
    let missing = core.missingFilters
    if !missing.isEmpty { core.learn(context.filters.filters(of: missing)) }
    switch records {
    case .success(nil): return tell { $0.queueEnded() }
    case .success(let held?):
      let losses = consumer.connectionsLost
      return tell { $0.received(held, losses: losses) }
    case .failure(let error):
      logger.warning("the log failed", metadata: ["error": "\(error.debugDescription)"])
      if error.code == .offsetOutOfRange { return tell { $0.outOfRange() } }
      let reason = "\(error) (next offset \(core.next))"
      return tell { $0.logFailed(reason) }
    }
  }

  private mutating func measure() async -> LaneCore.Action {
    do throws(KafkaError) {
      let bounds = try await consumer.bounds(of: partition, timeout: Limits.watermarkTimeout)
      return tell { $0.measured(low: bounds.lowerBound, high: bounds.upperBound) }
    } catch {
      return tell { $0.notMeasured("\(error)") }
    }
  }

  // MARK: The store

  private mutating func write(_ batch: LaneBatch, _ ahead: LaneCore.Ahead) async -> LaneCore.Action {
    guard let store else {
      return tell { $0.wrote(.connectionLost(StoreError.unreadable("the lane has no connection"))) }
    }
    let started = ContinuousClock.now
    var batch = batch
    batch.decidedAt = .now
    // What comes next is not taken at once, so that a batch has gathered by then.
    switch ahead {
    case .no: break
    case .read: batch.beginNext = records.schedule(upon: nil)
    case .decide(let memory): batch.beginNext = records.schedule(upon: memory)
    }
    let answer = await store.write(batch)
    switch answer {
    case .committed(let written): committed(written, upTo: batch.range.upperBound, took: .now - started)
    case .fenced: context.metrics.fenced.increment()
    case .conflict(let why):
      context.metrics.conflicts.increment()
      // A repeated order that nobody remembers is enough; many in a row end in a pause, which is told.
      logger.debug("a batch is decided again", metadata: ["reason": "\(why)"])
    case .generationClosed:
      context.metrics.conflicts.increment()
      logger.debug("a batch is decided again: a generation was closed")
    case .poisoned(let error):
      context.metrics.poisoned.increment()
      let count = batch.prepared.entries.count
      logger.warning("a record makes its batch fail", metadata: ["records": "\(count)", "error": "\(error)"])
    case .unavailable(let error):
      logger.warning("a batch could not be written", metadata: ["error": "\(String(reflecting: error))"])
    case .connectionLost(let error):
      context.metrics.connectionsLost.increment()
      logger.warning("the connection to PostgreSQL was lost", metadata: ["error": "\(String(reflecting: error))"])
      await dropStore()
    }
    return tell { $0.wrote(answer) }
  }

  private mutating func committed(_ written: WrittenBatch, upTo next: Offset, took: Duration) {
    let quarantined = written.effects.quarantined.count
    if quarantined > 0 {
      logger.error("records were quarantined", metadata: ["records": "\(quarantined)", "next": "\(next)"])
    }
    context.signals.note(partition, next: next, stock: written.changed.mapValues(\.level))
    lag.committed(next)
    context.metrics.committed(written, took: took, now: .now)
    context.board.update(partition) { status in
      status.state = .running
      status.nextOffset = next
    }
  }

  /// If it can't be done now, it is done after some more orders.
  private mutating func close(_ generation: SaleGeneration, from rows: Int) async -> LaneCore.Action {
    var found: OpenGeneration?
    do {
      found = try await store?.close(generation, from: rows)
    } catch {
      logger.notice("\(generation) could not be closed", metadata: ["error": "\(error)"])
    }
    let open = found
    return tell { $0.closed(generation.sale, open) }
  }

  private mutating func reclaim(_ claim: Claim) async -> LaneCore.Action {
    await dropStore()
    do {
      let store = try await connect()
      self.store = store
      let answer = try await store.claim(
        topic: claim.topic, partition: partition, Vacancy(epoch: claim.epoch), worker: context.worker,
        name: context.configuration.ownerName)
      switch answer {
      case .fenced: context.metrics.fenced.increment()
      case .halted: break
      case .claimed(let claim):
        context.metrics.claimed(partition, claim)
        context.board.update(partition) { status in
          status.claimed(claim)
          status.state = .running
        }
        // If the lost commit took effect, nobody was told yet.
        context.signals.note(partition, next: claim.nextOffset, stock: [:])
      }
      return tell { $0.reclaimed(answer) }
    } catch {
      await dropStore()
      return tell { $0.failed("\(error)") }
    }
  }

  /// Tells of a halt only once the store has it: until then there is nothing that a person could clear, and whoever
  /// compares what is told with the store would take it for cleared.
  private mutating func halt(_ claim: Claim, _ reason: String) async -> LaneCore.Action {
    do {
      let open = if let store { store } else { try await connect() }
      store = open
      try await open.halt(claim, reason: reason)
      context.tellHalt(of: partition, reason)
      return tell { $0.haltRecorded() }
    } catch StoreError.fenced {
      return tell { $0.haltRefused() }
    } catch {
      await dropStore()
      return tell { $0.failed("\(error)") }
    }
  }

  /// Lets the next owner have it at once. If it can't be done, the lost session tells.
  private func giveBack() async {
    do {
      try await store?.giveBack(core.claim)
    } catch {
      logger.notice("the partition could not be given back: its lost session tells", metadata: ["error": "\(error)"])
    }
  }

  private func connect() async throws -> LaneStore {
    try await LaneStore.connect(context.database, on: thread, logger: logger)
  }

  private mutating func dropStore() async {
    await store?.close()
    store = nil
  }

  private func note(_ state: WorkerStatus.LaneState) {
    context.board.update(partition) { $0.state = state }
  }
}
