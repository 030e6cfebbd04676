public import LogPositions
public import Logging

/// Reads partitions of one topic, each from an offset that it is given, with an ordered queue for each. It belongs to
/// no group: who reads which partition is its owner's business.
///
/// One dedicated thread always serves librdkafka's consumer queue, even if all lanes are slow. A lane applies
/// backpressure by not draining its `PartitionQueue`: librdkafka stops fetching for it at
/// `ConsumerTuning.queuedKibibytes`.
///
/// ```swift
/// let queue = try await consumer.start(7, at: 1_000)
/// while let batch = try await queue.next(max: 10_000) { … }
/// await consumer.stop(queue)
/// ```
public final class Consumer: Sendable {
  /// Failures that do not pass by themselves, for one reader; each kind once. Ends when the consumer has closed.
  public let failures: AsyncStream<KafkaError>
  private let core: ConsumerCore
  private let connections: ClosedConnections

  /// Makes the client and starts the thread.
  ///
  /// - Parameter group: where progress is told for lag tools; nobody becomes its member.
  /// - Throws: `configuration` for a setting or topic name that is not valid.
  public init(
    cluster: ClusterSettings, topic: String, group: String, tuning: ConsumerTuning = ConsumerTuning(), logger: Logger
  ) throws(KafkaError) {
    try TopicName.check(topic)
    let (failures, continuation) = AsyncStream.makeStream(of: KafkaError.self)
    let client = try ConsumerClient(cluster: cluster, topic: topic, group: group, tuning: tuning, logger: logger)
    let core = ConsumerCore(client)
    let loop = ConsumerStarter(core: core, client: client, failures: continuation, logger: logger)
    DedicatedThread.start(name: "kafka-consumer") { loop.run() }
    self.failures = failures
    self.core = core
    connections = client.handle.closedConnections
  }

  deinit {
    core.submit(.close(deadline: .now, onDone: {}))
  }

  /// Starts a partition at this offset. If it was started before, its queue ends, and what it held is read again.
  ///
  /// Waits for no broker: what they say, such as that the log does not have the offset, comes through the queue.
  ///
  /// - Throws: `offsetOutOfRange` for a negative offset; `closed`.
  public func start(_ partition: Partition, at offset: Offset) async throws(KafkaError) -> PartitionQueue {
    let result: Result<PartitionQueue, KafkaError> = await withCheckedContinuation { continuation in
      core.submit(.start(partition, at: offset, reply: { continuation.resume(returning: $0) }))
    }
    return try result.get()
  }

  /// Ends a queue, and stops its partition unless that was started again meanwhile. Also right when it has ended.
  public func stop(_ queue: PartitionQueue) async {
    await withCheckedContinuation { continuation in
      core.submit(.stop(queue, onDone: { continuation.resume() }))
    }
  }

  /// Commits our progress to the group, for lag tools only. Does not wait and reports nothing.
  ///
  /// Sent about once a second, the last one per partition; the rest is dropped when the partition stops.
  ///
  /// - Parameter offsets: the next offset to read, by partition.
  public func commitForLagTools(_ offsets: [Partition: Offset]) {
    core.noteProgress(offsets)
  }

  /// How many connections to brokers were lost so far. It has grown before any record of a later connection is read:
  /// such a record can come from another log than those before.
  public var connectionsLost: Int { connections.count }

  /// Asks the leader for the partition's first offset and for the one that its next record will get.
  ///
  /// Calls run one after another, and hold up nothing else.
  ///
  /// - Throws: `timedOut`, little after `timeout` at the latest; `brokersUnavailable`, `unknownTopic`, `closed`.
  public func watermarks(
    partition: Partition, timeout: Duration
  ) async throws(KafkaError) -> (low: Offset, high: Offset) {
    guard let client = core.client else { throw KafkaError(.closed) }
    return try await client.watermarks(partition: partition, timeout: timeout)
  }

  /// Asks the group's coordinator which offset was committed for lag tools last; `nil` if none was.
  ///
  /// - Throws: `timedOut`, little after `timeout` at the latest; `brokersUnavailable`, `closed`.
  public func committedForLagTools(partition: Partition, timeout: Duration) async throws(KafkaError) -> Offset? {
    guard let client = core.client else { throw KafkaError(.closed) }
    return try await client.group.committed(partition: partition, timeout: timeout)
  }

  /// Ends all queues and `failures`.
  ///
  /// Returns when that is done, or by the deadline. Batches that are still held stay valid. A second call returns when
  /// the first is done.
  public func close(deadline: Duration) async {
    await withCheckedContinuation { continuation in
      core.submit(.close(deadline: .now + deadline, onDone: { continuation.resume() }))
    }
  }
}
