internal import FlashSale
internal import Kafka
internal import Logging
internal import Metrics
internal import SaleStore

/// What the lanes of a worker share.
struct LaneContext: Sendable {
  let configuration: WorkerConfiguration
  let database: DatabaseSettings
  let board: StatusBoard
  let signals: SignalSender
  let metrics: WorkerMetrics
  let logger: Logger

  /// Tells that a partition is halted, which the store knows by now.
  func tellHalt(of partition: Partition, _ reason: String) {
    board.update(partition) { $0.state = .halted(reason) }
    metrics.halted(partition, true)
    logger.critical("the partition is halted", metadata: ["partition": "\(partition)", "reason": "\(reason)"])
  }
}

/// One partition's single writer: performs what `LaneState` decides.
///
/// Ends when it has to, or soon after its task is cancelled: a write in flight is waited for, so that its outcome is
/// known wherever it can be.
///
/// Its task runs on its connection's thread, which waits for PostgreSQL together with it. What is read ahead does not.
struct Lane {
  private let context: LaneContext
  private let consumer: Consumer
  private let knownLog: KnownLog
  private let partition: Partition
  private let logger: Logger
  private let thread: StoreThread

  private var state: LaneState
  private var claim: Claim
  private var store: LaneStore?
  private var records: ReadAhead
  private var held: HeldRecords?

  private var memory = LaneMemory()

  /// The fingerprint of the record before `state.next`; `nil` if it is not known.
  private var lastWritten: RecordFingerprint?
  /// The consumer's lost connections after which the log was last known to be the same.
  private var lossesSeen: Int

  /// A lane with the claim that it starts from; its connection is the lane's from here on.
  init(
    _ context: LaneContext, queue: PartitionQueue, consumer: Consumer, knownLog: KnownLog,
    claimed: PartitionClaims.Claimed, knownGap: Offset?
  ) {
    claim = claimed.claim
    store = claimed.store
    thread = claimed.thread
    lastWritten = claim.lastRecord
    lossesSeen = claimed.lossesSeen
    self.knownLog = knownLog

    self.context = context
    records = ReadAhead(queue)
    self.consumer = consumer
    partition = claim.partition
    state = LaneState(next: claim.nextOffset, knownGap: knownGap)
    var logger = context.logger
    logger[metadataKey: "partition"] = "\(partition)"
    self.logger = logger
  }

  /// Works until the lane has to end. For a task on the claim's thread.
  mutating func run() async -> LaneState.End {
    note(.running)
    var action = state.firstAction
    while true {
      if case .end(let end) = action {
        await records.end()
        await dropStore()
        return end
      }
      let event = await perform(action)
      if Task.isCancelled { state.stop() }
      action = state.handle(event)
    }
  }

  private mutating func perform(_ action: LaneState.Action) async -> LaneState.Event {
    switch action {
    case .read: return await read()
    case .write(let range):
      guard var held else { return .connectionLost("nothing is held") }
      let batch = held.batch(held.entries(range), upon: memory)
      self.held = held
      return await write(batch, upTo: range.upperBound, of: held)
    case .quarantine(let offset, let error):
      guard let held else { return .connectionLost("nothing is held") }
      return await write(memory.prepare(held.poisonous(offset, error: error)), upTo: offset.next, of: held)
    case .reclaim: return await reclaim()
    case .halt(let reason): return await halt(reason)
    case .pause(let attempt, let reason):
      note(.waiting(reason))
      logger.warning("the lane waits", metadata: ["attempt": "\(attempt)", "reason": "\(reason)"])
      await Backoff.wait(attempt: attempt)
      return .paused
    case .end: return .queueEnded
    }
  }

  private mutating func read() async -> LaneState.Event {
    held = nil
    switch await records.next() {
    case .success(nil): return .queueEnded
    case .success(let next?):
      if let change = await whatChanged() { return change }
      held = next
      return .received(first: next.first, last: next.last, count: next.count)
    case .failure(let error):
      logger.warning("the log failed", metadata: ["error": "\(error.debugDescription)"])
      return .logFailed("\(error) (next offset \(state.next))", isOutOfRange: error.code == .offsetOutOfRange)
    }
  }

  /// After a lost connection the log can be another one; `nil` if it is the same. The records read by now came from it.
  private mutating func whatChanged() async -> LaneState.Event? {
    let losses = consumer.connectionsLost
    guard losses != lossesSeen else { return nil }
    do {
      let low = try await consumer.watermarks(partition: partition.rawValue, timeout: Limits.watermarkTimeout).low
      let change = try await knownLog.whatChanged(partition, before: state.next, lastRecord: lastWritten, low: low)
      if let change { return .logFailed(change, isOutOfRange: true) }
      lossesSeen = losses
      return nil
    } catch {
      // The next claim asks again.
      return .logFailed("the log cannot be compared with what was decided: \(error)", isOutOfRange: false)
    }
  }

  // MARK: The store

  private mutating func write(
    _ prepared: PreparedBatch, upTo next: Offset, of held: HeldRecords
  ) async -> LaneState.Event {
    guard let store else { return .connectionLost("the lane has no connection") }
    let started = ContinuousClock.now
    let lastRecord = held.fingerprint(of: Offset(next.rawValue - 1))
    let foreseen = prepared.foreseen
    if let foreseen { memory.remember(foreseen) }
    var batch = LaneBatch(claim: claim, prepared: prepared, lastRecord: lastRecord, decidedAt: .now, raw: held.raw)
    // More records have most likely arrived. They are taken, decoded and decided while PostgreSQL works on these, but
    // not at once, so that a batch has gathered by then. A small batch means that there were no more.
    if next == held.last.next, held.count >= Limits.readAheadRecords {
      batch.whenMostlySent = records.schedule(upon: foreseen == nil ? nil : memory)
    }
    let answer = await store.write(batch)
    if case .committed(let written) = answer {
      lastWritten = lastRecord
      if foreseen == nil { memory.remember(written) }
      committed(written, upTo: next, took: .now - started)
      return .committed
    }
    memory.forget(after: answer)
    switch answer {
    case .committed: return .committed
    case .fenced:
      context.metrics.fenced.increment()
      return .fenced
    case .conflict(let why):
      context.metrics.conflicts.increment()
      // A repeated order that nobody remembers is enough; many in a row end in a pause, which is told.
      logger.debug("a batch is decided again", metadata: ["reason": "\(why)"])
      return .conflict(why)
    case .poisoned(let error):
      context.metrics.poisoned.increment()
      logger.warning(
        "a record makes its batch fail", metadata: ["records": "\(prepared.entries.count)", "error": "\(error)"])
      return .poisoned(error)
    case .unavailable(let error):
      logger.warning("a batch could not be written", metadata: ["error": "\(String(reflecting: error))"])
      return .unavailable("\(error)")
    case .connectionLost(let error):
      context.metrics.connectionsLost.increment()
      logger.warning("the connection to PostgreSQL was lost", metadata: ["error": "\(String(reflecting: error))"])
      await dropStore()
      return .connectionLost("\(error)")
    }
  }

  private mutating func committed(_ written: WrittenBatch, upTo next: Offset, took: Duration) {
    let undecided = written.results.count { $0 == .quarantined }
    if undecided > 0 {
      logger.error("records were quarantined", metadata: ["records": "\(undecided)", "next": "\(next)"])
    }
    var stock: [StockKey: StockLevel] = [:]
    for key in written.changed {
      if let level = written.levels[key] { stock[key] = StockLevel(left: level.left, isClosed: level.isClosed) }
    }
    context.signals.note(partition, next: next, stock: stock)
    consumer.commitForLagTools([partition.rawValue: next.rawValue])
    context.metrics.committed(written.results, took: took, now: .now)
    context.board.update(partition) { status in
      status.state = .running
      status.nextOffset = next
    }
  }

  private mutating func reclaim() async -> LaneState.Event {
    await dropStore()
    do {
      let store = try await connect()
      self.store = store
      switch try await store.reclaim(claim, owner: context.configuration.ownerName) {
      case .fenced:
        context.metrics.fenced.increment()
        return .fenced
      case .halted(let reason): return .foundHalted(reason)
      case .claimed(let claim):
        self.claim = claim
        lastWritten = claim.lastRecord
        context.board.update(partition) { status in
          status.epoch = claim.epoch
          status.nextOffset = claim.nextOffset
          status.state = .running
        }
        // If the lost commit took effect, nobody was told yet.
        context.signals.note(partition, next: claim.nextOffset, stock: [:])
        return .reclaimed(next: claim.nextOffset)
      }
    } catch {
      await dropStore()
      return .unavailable("\(error)")
    }
  }

  /// Tells of a halt only once the store has it: until then there is nothing that a person could clear, and whoever
  /// compares what is told with the store would take it for cleared.
  private mutating func halt(_ reason: String) async -> LaneState.Event {
    do {
      let open = if let store { store } else { try await connect() }
      store = open
      try await open.halt(claim, reason: reason)
      context.tellHalt(of: partition, reason)
      return .haltRecorded
    } catch StoreError.fenced {
      return .fenced
    } catch {
      await dropStore()
      return .unavailable("\(error)")
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
