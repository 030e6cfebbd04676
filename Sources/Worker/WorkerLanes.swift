internal import FlashSale
internal import Lane
internal import Logging
internal import Metrics
internal import OrderLog
internal import SaleStore
internal import Time
internal import Vitals

/// The lanes of a worker: claims what `LeaseKeeper` says, runs a lane for each, and gives them up again, each by
/// itself.
///
/// It never waits for a lane, a claim or the store itself: they tell what came of them.
struct WorkerLanes: Sendable {
  private enum Input: Sendable {
    case leases(LeaseWatch.Event)
    case claimed(Claim)
    case ended(Partition, Tenure.End)
    case logFailed(KafkaError)
    case logEnded
    case leave
    /// Others had the time to get ready for what is left.
    case haveWaited
  }

  private let context: LaneContext
  private let consumer: OrderConsumer
  private let inputs: AsyncStream<Input>
  private let input: AsyncStream<Input>.Continuation
  private var keeper: LeaseKeeper
  private var lanes: [Partition: Task<Void, Never>] = [:]
  private var prepared: [Partition: Preparation] = [:]
  private var hasSeenLeases = false
  private var isLeaving = false

  init(_ context: LaneContext, consumer: OrderConsumer) {
    self.context = context
    self.consumer = consumer
    keeper = LeaseKeeper(context.worker, lease: context.configuration.lease)
    (inputs, input) = AsyncStream.makeStream(of: Input.self)
  }

  /// Works until its task is cancelled, or the consumer cannot go on; then hands the partitions over, waits for what
  /// lanes have in flight, and closes the consumer.
  ///
  /// - Returns: what the consumer failed with; `nil` if it was asked to stop.
  func run() async -> String? {
    await withTaskCancellationHandler {
      // A task of its own: one that was cancelled would not hear any more what becomes of the lanes.
      await Task {
        var lanes = self
        return await lanes.work()
      }.value
    } onCancel: { [input] in
      input.yield(.leave)
    }
  }

  private mutating func work() async -> String? {
    let seat = LeaseStore.Seat(
      id: context.worker, topic: context.configuration.topic, name: context.configuration.ownerName,
      lanesMax: context.configuration.lanesMax, lease: context.configuration.lease)
    let watch = LeaseWatch(context.database, as: seat, logger: context.logger) { [input] in input.yield(.leases($0)) }
    let watching = Task { await watch.run() }
    let forwarding = Task { [consumer, input] in
      for await failure in consumer.failures { input.yield(.logFailed(failure)) }
      input.yield(.logEnded)
    }
    var failure: String?
    for await input in inputs {
      switch input {
      case .leave:
        isLeaving = true
        watch.leave()
        Task { [input = self.input] in
          try? await Task.sleep(for: Limits.handoverPatience)
          input.yield(.haveWaited)
        }
      case .haveWaited: await stop()
      default: failure = handle(input)
      }
      if failure != nil || isLeaving && lanes.isEmpty { break }
    }
    // Without the log, all is free for the others at once.
    if failure != nil { watch.finish() }
    await stop()
    watch.finish()
    if await !Patience.wait(for: [watching], atMost: Limits.leavePatience) {
      context.logger.warning("the other workers could not be told: they notice by the lost session, or by its silence")
    }
    await consumer.close(deadline: Limits.leavePatience)
    await forwarding.value
    return failure
  }

  /// - Returns: why nothing can go on.
  private mutating func handle(_ input: Input) -> String? {
    switch input {
    case .leases(.saw(let view)): saw(view)
    case .leases(.isReady(let worker, let partition)): perform(keeper.isReady(worker, for: partition))
    case .leases(.lostTouch(let why)):
      keeper.lostTouch()
      if !hasSeenLeases { context.board.update { $0.notTakingPart = "cannot take part: \(why)" } }
    case .claimed(let claim): perform(keeper.claimed(claim.partition, claim.epoch))
    case .ended(let partition, let end): ended(partition, end)
    case .logFailed(let error):
      context.board.update { $0.logTrouble = "\(error)" }
      if error.isFatal { return error.debugDescription }
    case .logEnded: return "the consumer closed"
    case .leave, .haveWaited: break
    }
    return nil
  }

  private mutating func saw(_ view: LeaseView) {
    if !hasSeenLeases { warnOfTwins(in: view) }
    hasSeenLeases = true
    if let own = view.workers.first(where: { $0.id == context.worker }) {
      context.metrics.leaseRenewed(own.lastSeen)
      let aliveAt = ContinuousClock.now - max(.zero, view.now - own.lastSeen)
      context.board.update { $0.aliveAt = aliveAt }
    }
    let actions = keeper.saw(view)
    // First, so that what a new lane tells of itself comes after it.
    tell(view)
    perform(actions)
  }

  private mutating func ended(_ partition: Partition, _ end: Tenure.End) {
    lanes[partition] = nil
    switch end {
    case .halted: perform(keeper.ended(partition, .settled))
    case .fenced, .stopped:
      context.board.update(partition) { $0.state = .claiming }
      perform(keeper.ended(partition, .settled))
    case .failed(let why, let hadProgress):
      context.metrics.surrendered.increment()
      context.board.update(partition) { $0.state = .waiting(why) }
      context.logger.warning(
        "a partition is claimed again", metadata: ["partition": "\(partition)", "reason": "\(why)"])
      perform(keeper.ended(partition, .failed(isFirst: hadProgress)))
    }
  }

  private mutating func perform(_ actions: [LeaseKeeper.Action]) {
    for action in actions {
      switch action {
      case .claim(let partition, let vacancy): begin(partition, vacancy)
      case .giveUp(let partition): lanes[partition]?.cancel()
      case .prepare(let partition): prepared[partition] = Preparation(context, of: partition, isAhead: true)
      case .dismiss(let partition): prepared.removeValue(forKey: partition)?.dismiss()
      }
    }
  }

  private mutating func begin(_ partition: Partition, _ vacancy: Vacancy) {
    let preparation = prepared.removeValue(forKey: partition) ?? Preparation(context, of: partition, isAhead: false)
    let tenure = Tenure(
      context: context, consumer: consumer, partition: partition, vacancy: vacancy, preparation: preparation)
    // Not a child task: each ends by itself.
    lanes[partition] = Task(executorPreference: preparation.thread.taskExecutor) { [input] in
      let end = await tenure.run { input.yield(.claimed($0)) }
      input.yield(.ended(partition, end))
    }
  }

  private mutating func stop() async {
    perform(keeper.stop())
    if await !Patience.wait(for: Array(lanes.values), atMost: Limits.stopPatience) {
      context.logger.warning("a lane did not stop in time; what it has in flight is ended by the next claim")
    }
    lanes = [:]
  }

  // MARK: What is told

  private func warnOfTwins(in view: LeaseView) {
    let twins = view.workers.filter {
      $0.name == context.configuration.ownerName && $0.id != context.worker && $0.hasSession
    }
    guard !twins.isEmpty else { return }
    context.logger.warning(
      "another worker has this one's name; they are told apart by their ids",
      metadata: ["name": "\(context.configuration.ownerName)", "ids": "\(twins.map(\.id))"])
  }

  private func tell(_ view: LeaseView) {
    // What is too much for the others is told by them.
    let unserved = isLeaving ? [] : keeper.unserved
    let wasUnserved = context.board.current.unserved
    let seen = context.board.note(meant: keeper.meant, of: view, hasLane: keeper.hasLane, unserved: unserved)
    for (partition, reason) in seen.halted { context.tellHalt(of: partition, reason) }
    for partition in seen.cleared { context.metrics.halted(partition, false) }
    if !unserved.isEmpty, unserved != wasUnserved {
      context.logger.critical(
        "no worker has room for some partitions: start another one", metadata: ["partitions": "\(unserved.count)"])
    }
  }
}
