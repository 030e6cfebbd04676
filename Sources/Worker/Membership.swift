internal import FlashSale
internal import Kafka
internal import Lane
internal import Logging
internal import SaleStore
internal import Vitals

/// One consumer's time in the group: claims what it is assigned, runs a lane for each partition, and gives them back.
///
/// (1) A partition is claimed before its queue is opened, and its lane has stopped before it is given back.
/// (2) Claiming never holds up a rebalance: a revocation cancels it.
/// (3) It ends when the task is cancelled, or when one lane cannot go on without a new claim. Then it gives the whole
///     assignment up, because a group member cannot give up one partition.
struct Membership {
  /// Why it ended.
  enum End: Equatable, CustomStringConvertible {
    case cancelled
    case surrendered(Partition, LaneState.Surrender)
    case haltCleared(Partition)
    case failed(String)

    /// All of them pass by themselves; the first two are what somebody wanted.
    var logLevel: Logger.Level {
      switch self {
      case .cancelled, .haltCleared: .notice
      case .surrendered, .failed: .warning
      }
    }

    /// For people.
    var description: String {
      switch self {
      case .cancelled: "it was asked to stop"
      case .surrendered(let partition, let surrender): "partition \(partition): \(surrender)"
      case .haltCleared(let partition): "the halt of partition \(partition) was cleared"
      case .failed(let reason): reason
      }
    }
  }

  private enum Input: Sendable {
    case group(Consumer.Event)
    case groupEnded
    case claimed(assignment: Int, [PartitionClaims.Claimed])
    case laneEnded(assignment: Int, Partition, LaneState.End)
    case haltCleared(assignment: Int, Partition)
  }

  private let context: LaneContext
  private let consumer: Consumer
  private let comparer: LogComparer
  private let knownGaps: [Partition: Offset]
  private let inputs: AsyncStream<Input>
  private let input: AsyncStream<Input>.Continuation

  /// Counts stopped assignments, so that late messages of an earlier one are recognized.
  private var assignment = 0
  private var claiming: Task<Void, Never>?
  private var lanes: [Partition: Task<Void, Never>] = [:]
  private var lookingAround: Task<Void, Never>?

  /// - Parameter knownGaps: offsets at which lanes met a gap before.
  init(_ context: LaneContext, consumer: Consumer, comparer: LogComparer, knownGaps: [Partition: Offset]) {
    self.context = context
    self.consumer = consumer
    self.comparer = comparer
    self.knownGaps = knownGaps
    (inputs, input) = AsyncStream.makeStream(of: Input.self)
  }

  /// Runs until it ends, then stops the lanes, waits for what they have in flight, and leaves the group.
  mutating func run() async -> End {
    let forwarding = Task { [consumer, input] in
      for await event in consumer.events { input.yield(.group(event)) }
      input.yield(.groupEnded)
    }
    var end = End.cancelled
    for await input in inputs {
      if let reason = await handle(input) {
        end = reason
        break
      }
    }
    await stop()
    await consumer.close(deadline: Limits.leavePatience)
    await forwarding.value
    return end
  }

  private mutating func handle(_ input: Input) async -> End? {
    switch input {
    case .group(.assigned(let partitions)): await assigned(partitions.map(Partition.init(_:)))
    case .group(.revoked): return await revoked()
    case .group(.failed(let error)):
      context.board.update {
        $0.notAssigned = $0.partitions.isEmpty ? "can't join its group: \(error)" : $0.notAssigned
      }
      return error.isFatal ? .failed(error.debugDescription) : nil
    case .groupEnded: return .failed("the consumer closed")
    case .claimed(assignment, let claimed): return await claimsMade(claimed)
    case .claimed(_, let late): for claimed in late { await claimed.store.close() }
    case .laneEnded(assignment, let partition, .surrendered(let reason)): return .surrendered(partition, reason)
    case .laneEnded(assignment, let partition, .halted(let reason)):
      context.board.update(partition) { $0.state = .halted(reason) }
    case .haltCleared(assignment, let partition): return .haltCleared(partition)
    case .laneEnded, .haltCleared: break
    }
    return nil
  }

  // MARK: Assignments

  private mutating func assigned(_ partitions: [Partition]) async {
    await stop()
    let served = Array(partitions.prefix(context.configuration.lanesMax))
    let rest = partitions.dropFirst(context.configuration.lanesMax)
    context.board.update { status in
      status.notAssigned = nil
      status.partitions = Dictionary(uniqueKeysWithValues: served.map { ($0, .init(state: .claiming)) })
      for partition in rest { status.partitions[partition] = .init(state: .notServed) }
    }
    context.logger.info("assigned", metadata: ["partitions": "\(partitions)"])
    if !rest.isEmpty {
      context.logger.critical("more partitions than lanes: some are not served", metadata: ["partitions": "\(rest)"])
    }
    claiming = Task {
      [assignment, input, claims = PartitionClaims(context: context, consumer: consumer, comparer: comparer)] in
      input.yield(.claimed(assignment: assignment, await claims.claim(served)))
    }
  }

  private mutating func claimsMade(_ claimed: [PartitionClaims.Claimed]) async -> End? {
    claiming = nil
    let byPartition = Dictionary(uniqueKeysWithValues: claimed.map { ($0.claim.partition, $0) })
    let queues: [PartitionQueue]
    do throws(KafkaError) {
      queues = try await consumer.assign(
        Dictionary(uniqueKeysWithValues: claimed.map { ($0.claim.partition.rawValue, $0.claim.nextOffset.rawValue) }))
    } catch {
      for claimed in claimed { await claimed.store.close() }
      context.logger.notice("an assignment could not be taken", metadata: ["error": "\(error.debugDescription)"])
      // Taken back meanwhile: the revocation is next in line.
      return error.code == .notAssigned ? nil : .failed(error.debugDescription)
    }
    for queue in queues {
      guard let claimed = byPartition[Partition(queue.partition)] else { continue }
      start(claimed, on: queue)
    }
    lookingAround = Task { [assignment, input, look = LookAround(context: context, consumer: consumer)] in
      if let cleared = await look.untilHaltIsCleared() {
        input.yield(.haltCleared(assignment: assignment, cleared))
      }
    }
    return nil
  }

  private mutating func start(_ claimed: PartitionClaims.Claimed, on queue: PartitionQueue) {
    let partition = claimed.claim.partition
    let lane = RunningLane(
      context, queue: queue, consumer: consumer, comparer: comparer, claimed: claimed, knownGap: knownGaps[partition])
    // Not a child task: each lane ends by itself, or together with the others when the partitions are taken back.
    lanes[partition] = Task(executorPreference: claimed.thread.taskExecutor) { [assignment, input] in
      var lane = lane
      input.yield(.laneEnded(assignment: assignment, partition, await lane.run()))
    }
  }

  private mutating func revoked() async -> End? {
    await stop()
    context.board.update { status in
      status.notAssigned = "waits for its partitions"
      status.partitions = [:]
    }
    do throws(KafkaError) {
      try await consumer.unassign()
      return nil
    } catch {
      return .failed(error.debugDescription)
    }
  }

  /// Ends claims and lanes, waits for what they have in flight, and closes the connections.
  private mutating func stop() async {
    var tasks = Array(lanes.values)
    tasks += [claiming, lookingAround].compactMap { $0 }
    for task in tasks { task.cancel() }
    if await !Patience.wait(for: tasks, atMost: Limits.stopPatience) {
      context.logger.warning("a lane did not stop in time; what it has in flight is ended by the next claim")
    }
    lanes = [:]
    claiming = nil
    lookingAround = nil
    assignment += 1
  }
}
