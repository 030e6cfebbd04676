internal import CRdkafka
internal import Logging

/// What a new thread needs to become a consumer's loop.
struct ConsumerStarter: Sendable {
  let core: ConsumerCore
  let client: ConsumerClient
  let events: AsyncStream<Consumer.Event>.Continuation
  let logger: Logger

  func run() {
    var loop = ConsumerLoop(core: core, client: client, events: events, logger: logger)
    loop.run()
  }
}

/// The consumer's thread: serves the consumer queue without a pause, and does what the mailbox says in between.
///
/// (1) Only this thread assigns, unassigns and closes, so an answer can be checked against the last rebalance event.
/// (2) Every rebalance event is answered once: by the caller, or by `close`.
/// (3) A partition's queue is made before the partition is started and ended before it is given back.
struct ConsumerLoop {
  private enum Assignment {
    case none
    /// The group gave us these; `assign` is due.
    case offered(Set<Int32>)
    case running
    /// The group wants them back; `unassign` is due.
    case recalled
  }

  private let core: ConsumerCore
  private let client: ConsumerClient
  private let events: AsyncStream<Consumer.Event>.Continuation
  private let logger: Logger
  private var assignment = Assignment.none
  private var queues: [Int32: PartitionQueue] = [:]
  /// Failures that were said since the last assignment, so that the stream of events stays bounded.
  private var saidFailures: Set<KafkaError.Code> = []
  private var nextCommit = ContinuousClock.now + Limits.lagCommitInterval

  init(
    core: ConsumerCore, client: ConsumerClient, events: AsyncStream<Consumer.Event>.Continuation, logger: Logger
  ) {
    self.core = core
    self.client = client
    self.events = events
    self.logger = logger
  }

  mutating func run() {
    var closing: [@Sendable () -> Void] = []
    var deadline = ContinuousClock.now
    while closing.isEmpty {
      serve(for: Limits.threadTick)
      for command in core.takeCommands() {
        switch command {
        case .assign(let starts, let reply): reply(assign(starts))
        case .unassign(let reply): reply(unassign())
        case .close(let until, let onDone):
          if closing.isEmpty { deadline = until }
          closing.append(onDone)
        }
      }
      commitProgress(evenIfEarly: false)
    }
    close(deadline: deadline)
    let late = core.closed()
    events.finish()
    for call in closing { call() }
    for command in late { command.refuse() }
  }

  // MARK: Commands

  private mutating func assign(_ starts: [Int32: Int64]) -> Result<[PartitionQueue], KafkaError> {
    guard case .offered(let offered) = assignment, offered.isSuperset(of: starts.keys) else {
      return .failure(KafkaError(.notAssigned))
    }
    // Negative offsets have meanings of their own in librdkafka (beginning, end, stored, …).
    if let (partition, offset) = starts.first(where: { $0.value < 0 }) {
      return .failure(KafkaError(.offsetOutOfRange, detail: "partition \(partition) at \(offset)"))
    }
    do throws(KafkaError) {
      for partition in starts.keys {
        queues[partition] = try PartitionQueue(
          topic: client.topic, partition: partition, of: client.handle, logger: logger)
      }
      try client.assign(starts)
    } catch {
      endQueues()
      return .failure(error)
    }
    assignment = .running
    saidFailures = []
    return .success(queues.values.sorted { $0.partition < $1.partition })
  }

  private mutating func unassign() -> Result<Void, KafkaError> {
    commitProgress(evenIfEarly: true)
    endQueues()
    do throws(KafkaError) {
      try client.unassign()
    } catch {
      return .failure(error)
    }
    assignment = .none
    return .success(())
  }

  private mutating func endQueues() {
    for queue in queues.values { queue.end() }
    queues = [:]
  }

  private mutating func commitProgress(evenIfEarly: Bool) {
    guard evenIfEarly || .now >= nextCommit else { return }
    nextCommit = .now + Limits.lagCommitInterval
    let progress = core.takeProgress().filter { queues[$0.key] != nil }
    if !progress.isEmpty { client.commit(progress) }
  }

  // MARK: Events

  private mutating func serve(for timeout: Duration) {
    guard let event = rd_kafka_queue_poll(client.queue, timeout.milliseconds) else { return }
    defer { rd_kafka_event_destroy(event) }
    switch rd_kafka_event_type(event) {
    case RD_KAFKA_EVENT_REBALANCE: rebalance(event)
    case RD_KAFKA_EVENT_ERROR: report(event)
    case RD_KAFKA_EVENT_FETCH: refuseStray(event)
    default: break
    }
  }

  private mutating func rebalance(_ event: OpaquePointer) {
    let partitions = partitions(of: event)
    switch rd_kafka_event_error(event) {
    case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS:
      assignment = .offered(Set(partitions))
      events.yield(.assigned(partitions))
    case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS:
      assignment = .recalled
      events.yield(.revoked(partitions, lost: rd_kafka_assignment_lost(client.handle.pointer) != 0))
    case let error:
      // "… otherwise: an error, unassign to synchronize state" (rdkafka.h, the example of a rebalance callback).
      say(KafkaError(error))
      if case .failure(let error) = unassign() { say(error) }
    }
  }

  private func partitions(of event: OpaquePointer) -> [Int32] {
    // The list is the event's.
    guard let list = rd_kafka_event_topic_partition_list(event) else { return [] }
    return (0..<Int(list.pointee.cnt)).map { list.pointee.elems[$0].partition }.sorted()
  }

  private mutating func report(_ event: OpaquePointer) {
    let code = rd_kafka_event_error(event)
    let error = KafkaError(code, String(cString: rd_kafka_event_error_string(event)))
    if error.code == .connectionLost || error.code == .brokersUnavailable { core.noteLostConnection() }
    if error.isRetriable {
      logger.log(level: error.logLevel, "\(error.debugDescription)")
    } else {
      say(error)
    }
  }

  private mutating func say(_ error: KafkaError) {
    let isNew = saidFailures.insert(error.code).inserted
    logger.log(level: isNew ? error.logLevel : .debug, "\(error.debugDescription)")
    if isNew { events.yield(.failed(error)) }
  }

  /// A record outside its partition's queue: by `PartitionQueue.init` it cannot happen. If it does, the partition stops
  /// instead of going on with a gap.
  private mutating func refuseStray(_ event: OpaquePointer) {
    guard let message = rd_kafka_event_message_next(event) else { return }
    let partition = message.pointee.partition
    let error = KafkaError(.other, detail: "partition \(partition) has a record outside its queue")
    logger.critical("\(error.debugDescription)")
    queues[partition]?.fail(error)
  }

  // MARK: Closing

  /// In the order of rd_kafka_consumer_close_queue's documentation: partition queues are gone, then the group is left,
  /// while the rebalance that this causes is answered here.
  private mutating func close(deadline: ContinuousClock.Instant) {
    commitProgress(evenIfEarly: true)
    endQueues()
    if let error = rd_kafka_consumer_close_queue(client.handle.pointer, client.queue) {
      logger.warning("closing: \(KafkaError(consuming: error).debugDescription)")
      return
    }
    while rd_kafka_consumer_closed(client.handle.pointer) == 0 {
      if .now >= deadline {
        logger.warning("the consumer did not leave its group in time; the group will notice by the session timeout")
        return
      }
      if let event = rd_kafka_queue_poll(client.queue, min(Limits.threadTick, deadline - .now).milliseconds) {
        if rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE {
          _ = rd_kafka_assign(client.handle.pointer, nil)
        }
        rd_kafka_event_destroy(event)
      }
    }
  }
}
