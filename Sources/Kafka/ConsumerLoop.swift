internal import CRdkafka
internal import LogPositions
internal import Logging

/// What a new thread needs to become a consumer's loop.
struct ConsumerStarter: Sendable {
  let core: ConsumerCore
  let client: ConsumerClient
  let failures: AsyncStream<KafkaError>.Continuation
  let logger: Logger

  func run() {
    var loop = ConsumerLoop(core: core, client: client, failures: failures, logger: logger)
    loop.run()
  }
}

/// The consumer's thread: serves the consumer queue without a pause, and does what the mailbox says in between.
///
/// (1) Only this thread starts, stops and closes.
/// (2) A partition's queue is made before the partition is started and ended before it is stopped.
struct ConsumerLoop {
  private let core: ConsumerCore
  private let client: ConsumerClient
  private let failures: AsyncStream<KafkaError>.Continuation
  private let logger: Logger
  private var queues: [Partition: PartitionQueue] = [:]
  /// Failures that were said, so that their stream stays bounded.
  private var saidFailures: Set<KafkaError.Code> = []
  private var nextCommit = ContinuousClock.now + Limits.lagCommitInterval

  init(
    core: ConsumerCore, client: ConsumerClient, failures: AsyncStream<KafkaError>.Continuation, logger: Logger
  ) {
    self.core = core
    self.client = client
    self.failures = failures
    self.logger = logger
  }

  mutating func run() {
    var closing: [@Sendable () -> Void] = []
    var deadline = ContinuousClock.now
    while closing.isEmpty {
      serve(for: Limits.threadTick)
      for command in core.takeCommands() {
        switch command {
        case .start(let partition, let offset, let reply): reply(start(partition, at: offset))
        case .stop(let queue, let onDone):
          stop(queue)
          onDone()
        case .close(let until, let onDone):
          if closing.isEmpty { deadline = until }
          closing.append(onDone)
        }
      }
      commitProgress(evenIfEarly: false)
    }
    close(deadline: deadline)
    let late = core.closed()
    failures.finish()
    for call in closing { call() }
    for command in late { command.refuse() }
  }

  // MARK: Commands

  private mutating func start(_ partition: Partition, at offset: Offset) -> Result<PartitionQueue, KafkaError> {
    // Negative offsets have meanings of their own in librdkafka (beginning, end, stored, …).
    guard offset >= Offset(0) else {
      return .failure(KafkaError(.offsetOutOfRange, detail: "partition \(partition) at \(offset)"))
    }
    if let queue = queues[partition] { stop(queue) }
    do throws(KafkaError) {
      let queue = try PartitionQueue(topic: client.topic, partition: partition, of: client.handle, logger: logger)
      queues[partition] = queue
      try client.start(partition, at: offset)
      return .success(queue)
    } catch {
      queues.removeValue(forKey: partition)?.end()
      return .failure(error)
    }
  }

  private mutating func stop(_ queue: PartitionQueue) {
    queue.end()
    guard queues[queue.partition] === queue else { return }
    commitProgress(evenIfEarly: true)
    queues[queue.partition] = nil
    do throws(KafkaError) {
      try client.stop(queue.partition)
    } catch {
      logger.warning("partition \(queue.partition) cannot be stopped: \(error.debugDescription)")
    }
  }

  private mutating func endQueues() {
    for queue in queues.values { queue.end() }
    queues = [:]
  }

  private mutating func commitProgress(evenIfEarly: Bool) {
    guard evenIfEarly || .now >= nextCommit else { return }
    nextCommit = .now + Limits.lagCommitInterval
    let progress = core.takeProgress().filter { queues[$0.key] != nil }
    if !progress.isEmpty { client.group.commit(progress) }
  }

  // MARK: Events

  private mutating func serve(for timeout: Duration) {
    guard let event = rd_kafka_queue_poll(client.queue, timeout.milliseconds) else { return }
    defer { rd_kafka_event_destroy(event) }
    switch rd_kafka_event_type(event) {
    case RD_KAFKA_EVENT_ERROR: report(event)
    case RD_KAFKA_EVENT_FETCH: refuseStray(event)
    default: break
    }
  }

  private mutating func report(_ event: OpaquePointer) {
    let code = rd_kafka_event_error(event)
    let error = KafkaError(code, String(cString: rd_kafka_event_error_string(event)))
    if error.isRetriable {
      logger.log(level: error.logLevel, "\(error.debugDescription)")
    } else {
      say(error)
    }
  }

  private mutating func say(_ error: KafkaError) {
    let isNew = saidFailures.insert(error.code).inserted
    logger.log(level: isNew ? error.logLevel : .debug, "\(error.debugDescription)")
    if isNew { failures.yield(error) }
  }

  /// A record outside its partition's queue: by `PartitionQueue.init` it cannot happen. If it does, the partition stops
  /// instead of going on with a gap.
  private mutating func refuseStray(_ event: OpaquePointer) {
    guard let message = rd_kafka_event_message_next(event) else { return }
    let partition = Partition(message.pointee.partition)
    let error = KafkaError(.other, detail: "partition \(partition) has a record outside its queue")
    logger.critical("\(error.debugDescription)")
    queues[partition]?.fail(error)
  }

  // MARK: Closing

  /// In the order of rd_kafka_consumer_close_queue's documentation: partition queues are gone, then the rest.
  private mutating func close(deadline: ContinuousClock.Instant) {
    let progress = core.takeProgress().filter { queues[$0.key] != nil }
    endQueues()
    client.group.commitLast(progress, patience: min(Limits.lastCommitPatience, max(.zero, deadline - .now)))
    if let error = rd_kafka_consumer_close_queue(client.handle.pointer, client.queue) {
      logger.warning("closing: \(KafkaError(consuming: error).debugDescription)")
      return
    }
    while rd_kafka_consumer_closed(client.handle.pointer) == 0 {
      if .now >= deadline {
        logger.warning("the consumer did not close in time")
        return
      }
      if let event = rd_kafka_queue_poll(client.queue, min(Limits.threadTick, deadline - .now).milliseconds) {
        rd_kafka_event_destroy(event)
      }
    }
  }
}
