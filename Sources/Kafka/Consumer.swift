public import Logging

/// A member of a consumer group on one topic, with an ordered queue for each assigned partition.
///
/// One dedicated thread always serves librdkafka's consumer queue, so the member keeps its place in the group even if
/// its lanes are slow. A lane applies backpressure by not draining its `PartitionQueue`: librdkafka stops fetching for
/// it at `ConsumerTuning.queuedKibibytes`.
///
/// ```swift
/// for await event in consumer.events {
///   switch event {
///   case .assigned(let partitions): lanes = try await consumer.assign(claim(partitions))
///   case .revoked: await stop(lanes); try await consumer.unassign()
///   case .failed(let error): log(error)
///   }
/// }
/// ```
public final class Consumer: Sendable {
  /// What the group or the cluster wants of us.
  public enum Event: Sendable {
    /// These partitions are ours once `assign` was called. Until then the group waits, within the session timeout.
    case assigned([Int32])
    /// These partitions go to someone else once `unassign` was called; `lost` if they already may have.
    case revoked([Int32], lost: Bool)
    /// A failure that does not pass by itself. Reported once until the next assignment.
    case failed(KafkaError)
  }

  /// Events in order, for one reader; ends when the consumer has closed.
  ///
  /// It holds what is not read yet. That stays short: the group sends nothing new before the last event is answered.
  public let events: AsyncStream<Event>
  private let core: ConsumerCore

  /// Makes the client, subscribes, and starts the thread; joining the group follows by itself.
  ///
  /// - Throws: `configuration` for a setting or topic name that is not valid.
  public init(
    cluster: ClusterSettings, topic: String, group: String, tuning: ConsumerTuning = ConsumerTuning(), logger: Logger
  ) throws(KafkaError) {
    try TopicName.check(topic)
    let (events, continuation) = AsyncStream.makeStream(of: Event.self)
    let client = try ConsumerClient(cluster: cluster, topic: topic, group: group, tuning: tuning, logger: logger)
    let core = ConsumerCore(client)
    let loop = ConsumerStarter(core: core, client: client, events: continuation, logger: logger)
    DedicatedThread.start(name: "kafka-consumer") { loop.run() }
    self.events = events
    self.core = core
  }

  deinit {
    core.submit(.close(deadline: .now, onDone: {}))
  }

  /// Answers `.assigned`: starts the partitions at these offsets.
  ///
  /// - Parameter starts: the first offset to read, by partition; all or some of those assigned.
  /// - Returns: a queue for each, in the order of their partitions.
  /// - Throws: `notAssigned` when the assignment was taken back meanwhile, or did not contain a partition;
  ///   `offsetOutOfRange` for a negative offset; `closed`. An offset that the log does not have shows in the queue.
  public func assign(_ starts: [Int32: Int64]) async throws(KafkaError) -> [PartitionQueue] {
    let result: Result<[PartitionQueue], KafkaError> = await withCheckedContinuation { continuation in
      core.submit(.assign(starts, reply: { continuation.resume(returning: $0) }))
    }
    return try result.get()
  }

  /// Answers `.revoked`: ends all queues and lets the group go on. Also right when nothing is assigned.
  ///
  /// - Throws: `closed`.
  public func unassign() async throws(KafkaError) {
    let result: Result<Void, KafkaError> = await withCheckedContinuation { continuation in
      core.submit(.unassign(reply: { continuation.resume(returning: $0) }))
    }
    try result.get()
  }

  /// Commits our progress to the group, for lag tools only. Does not wait and reports nothing.
  ///
  /// Sent about once a second, the last one per partition; the rest is dropped at the next rebalance.
  ///
  /// - Parameter offsets: the next offset to read, by partition.
  public func commitForLagTools(_ offsets: [Int32: Int64]) {
    core.noteProgress(offsets)
  }

  /// How often the connection to a broker was lost so far, or no broker could be reached.
  ///
  /// After it has grown, records can come from another log than before: a reconnect takes librdkafka 75 ms or more
  /// (`reconnect.backoff.ms`), in which this consumer's thread has noticed the loss.
  public var connectionsLost: Int { core.connectionsLost }

  /// Asks the leader for the partition's first offset and for the one that its next record will get.
  ///
  /// Calls run one after another.
  ///
  /// - Throws: `timedOut`, `brokersUnavailable`, `unknownTopic`, `closed`.
  public func watermarks(partition: Int32, timeout: Duration) async throws(KafkaError) -> (low: Int64, high: Int64) {
    guard let client = core.client else { throw KafkaError(.closed) }
    return try await client.watermarks(partition: partition, timeout: timeout)
  }

  /// Ends all queues, leaves the group, and ends `events`.
  ///
  /// Returns when that is done, or by the deadline; the group then notices by the session timeout. Batches that are
  /// still held stay valid. A second call returns when the first is done.
  public func close(deadline: Duration) async {
    await withCheckedContinuation { continuation in
      core.submit(.close(deadline: .now + deadline, onDone: { continuation.resume() }))
    }
  }
}
