internal import CRdkafka
internal import LogPositions
internal import Logging
internal import Synchronization

/// What the callers and the thread of a producer share.
///
/// (1) `currentTopic` is 0 exactly while no record is taken.
/// (2) A caller uses the client only between `users += 1` and `users -= 1`, and reads the pointers after the former.
///     The thread clears the pointers and then waits for `users == 0` before it lets go of the client. All of it is
///     sequentially consistent, so a caller either sees the cleared pointer or is waited for.
/// (3) Every record that librdkafka took is reported exactly once, by librdkafka.
final class ProducerCore: Sendable {
  /// `rd_kafka_topic_t *` of the client that takes records, as bits; 0: none.
  private let currentTopic = Atomic<UInt>(0)
  /// Retained `ProducerClient` that may have records outstanding, as bits; 0: none.
  private let currentClient = Atomic<UInt>(0)
  /// Callers that are using the pointers right now.
  private let users = Atomic<Int>(0)

  private struct Shutdown {
    enum Phase { case running, requested(ContinuousClock.Instant), done(unknown: Int) }
    var phase = Phase.running
    var onDone: [@Sendable (Int) -> Void] = []
  }

  private let shutdown = Mutex(Shutdown())
  private let senders = Mutex(Senders())
  let onReports: @Sendable ([DeliveryReport]) -> Void
  let logger: Logger

  init(onReports: @escaping @Sendable ([DeliveryReport]) -> Void, logger: Logger) {
    self.onReports = onReports
    self.logger = logger
  }

  func start(makeClient: @escaping @Sendable () throws(KafkaError) -> ProducerClient) throws(KafkaError) {
    let loop = ProducerLoop(core: self, makeClient: makeClient)
    open(try makeClient())
    DedicatedThread.start(name: "kafka-producer") { loop.run() }
  }

  // MARK: For callers

  func produce(
    partition: Partition, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, tag: UInt64
  ) throws(KafkaError) {
    users.add(1, ordering: .sequentiallyConsistent)
    let topic = OpaquePointer(bitPattern: currentTopic.load(ordering: .sequentiallyConsistent))
    var error = RD_KAFKA_RESP_ERR_NO_ERROR
    if let topic {
      // RD_KAFKA_MSG_F_COPY: "librdkafka will make a copy of the payload", so it does not write through the pointer,
      // and the key is always copied. Without F_BLOCK a full queue is QUEUE_FULL at once. The opaque is the tag itself:
      // nothing to allocate, nothing to release.
      let result = rd_kafka_produce(
        topic, partition.rawValue, RD_KAFKA_MSG_F_COPY,
        value.isEmpty ? nil : UnsafeMutableRawPointer(mutating: value.baseAddress), value.count,
        key.isEmpty ? nil : key.baseAddress, key.count, UnsafeMutableRawPointer(bitPattern: UInt(tag)))
      // "On failure … use rd_kafka_last_error()", which belongs to this thread.
      if result != 0 { error = rd_kafka_last_error() }
    }
    users.subtract(1, ordering: .sequentiallyConsistent)
    guard topic != nil else { throw refusal }
    if error != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaError(error) }
  }

  func send(_ records: [OutgoingRecord]) async -> [Delivery] {
    guard !records.isEmpty else { return [] }
    return await withCheckedContinuation { continuation in
      // The tags are known before librdkafka is called, because a report can come before the call returns.
      let first = senders.withLock { $0.begin(records.count, continuation) }
      for (index, record) in records.enumerated() {
        let tag = first + UInt64(index)
        do throws(KafkaError) {
          try produce(record, tag: tag)
        } catch {
          // Refused, so no report will come.
          deliver(.failed(error), toSender: tag)
        }
      }
    }
  }

  private func produce(_ record: OutgoingRecord, tag: UInt64) throws(KafkaError) {
    let result: Result<Void, KafkaError> = record.key.withUnsafeBytes { key in
      record.value.withUnsafeBytes { value in
        do throws(KafkaError) {
          return .success(try produce(partition: record.partition, key: key, value: value, tag: tag))
        } catch {
          return .failure(error)
        }
      }
    }
    try result.get()
  }

  var outstanding: Int {
    withClient { $0.outstanding } ?? 0
  }

  /// - Parameter onDone: called once, with the number of records that were reported unknown since the request.
  func requestShutdown(at deadline: ContinuousClock.Instant, onDone: @escaping @Sendable (Int) -> Void) {
    let finished: Int? = shutdown.withLock { shutdown in
      if case .done(let unknown) = shutdown.phase { return unknown }
      if case .running = shutdown.phase { shutdown.phase = .requested(deadline) }
      shutdown.onDone.append(onDone)
      return nil
    }
    if let finished { return onDone(finished) }
    currentTopic.store(0, ordering: .sequentiallyConsistent)
    withClient { $0.wakeThread() }
  }

  /// For tests: see `ProducerClient.failFatally`.
  func failFatally() {
    withClient { $0.failFatally() }
  }

  @discardableResult
  private func withClient<Result>(_ body: (ProducerClient) -> Result) -> Result? {
    users.add(1, ordering: .sequentiallyConsistent)
    defer { users.subtract(1, ordering: .sequentiallyConsistent) }
    let bits = currentClient.load(ordering: .sequentiallyConsistent)
    return UnsafeRawPointer(bitPattern: bits).map {
      body(Unmanaged<ProducerClient>.fromOpaque($0).takeUnretainedValue())
    }
  }

  /// Why no record is taken.
  private var refusal: KafkaError {
    shutdown.withLock { shutdown in
      if case .running = shutdown.phase { KafkaError(.fatal) } else { KafkaError(.closed) }
    }
  }

  // MARK: For the producer's thread

  /// Lets callers use `client`, which is kept until `retire`. During a shutdown it takes no records.
  func open(_ client: ProducerClient) {
    currentClient.store(
      UInt(bitPattern: Unmanaged.passRetained(client).toOpaque()), ordering: .sequentiallyConsistent)
    shutdown.withLock { shutdown in
      guard case .running = shutdown.phase else { return }
      currentTopic.store(UInt(bitPattern: client.topic), ordering: .sequentiallyConsistent)
    }
  }

  /// Takes no more records. Returns when no caller is inside `produce` any more, which is microseconds: it never waits.
  func stopAccepting() {
    currentTopic.store(0, ordering: .sequentiallyConsistent)
    waitForUsers()
  }

  /// What `open` was given last; `nil` after `retire`.
  var client: ProducerClient? { withClient { $0 } }

  /// Lets go of the client, once no caller has it.
  func retire() {
    let bits = currentClient.exchange(0, ordering: .sequentiallyConsistent)
    waitForUsers()
    if let client = UnsafeRawPointer(bitPattern: bits) {
      Unmanaged<ProducerClient>.fromOpaque(client).release()
    }
  }

  private func waitForUsers() {
    while users.load(ordering: .sequentiallyConsistent) > 0 { DedicatedThread.yield() }
  }

  var shutdownDeadline: ContinuousClock.Instant? {
    shutdown.withLock { if case .requested(let deadline) = $0.phase { deadline } else { nil } }
  }

  func finishShutdown(unknown: Int) {
    let onDone = shutdown.withLock { shutdown in
      shutdown.phase = .done(unknown: unknown)
      defer { shutdown.onDone = [] }
      return shutdown.onDone
    }
    for call in onDone { call(unknown) }
  }

  /// A report for `send`; for no one else, as its tags are above `Limits.producerTagMax`.
  func deliver(_ delivery: Delivery, toSender tag: UInt64) {
    let done = senders.withLock { $0.take(delivery, for: tag) }
    if let (continuation, deliveries) = done { continuation.resume(returning: deliveries) }
  }
}
