internal import CRdkafka
public import LogPositions
public import Logging
internal import Vitals

/// Reads a stretch of a partition without a group: replay, audit, counting the tail.
public final class LogReader: Sendable {
  private let cluster: ClusterSettings
  private let topic: String
  private let logger: Logger
  /// For watermarks. A read has a client of its own, so that reads do not meet.
  private let handle: ClientHandle
  private let blocking: BlockingLane

  /// What a read needs besides, to learn that it has come to the end.
  static let ending = [(name: "enable.partition.eof", value: "true")]

  /// Makes a client; nothing is contacted yet.
  ///
  /// - Throws: `configuration` for a setting or topic name that is not valid.
  public init(cluster: ClusterSettings, topic: String, logger: Logger) throws(KafkaError) {
    try TopicName.check(topic)
    self.cluster = cluster
    self.topic = topic
    self.logger = logger
    blocking = BlockingLane(name: "kafka-reader-queries", waits: cluster.waits)
    handle = try ClientHandle(
      .consumer, cluster: cluster, fixed: ConsumerTuning().fetching, events: 0, logger: logger)
  }

  /// Asks the leader for the partition's first offset and for the one that its next record will get.
  ///
  /// - Throws: `timedOut`, little after `timeout` at the latest; `brokersUnavailable`, `unknownTopic`.
  public func watermarks(
    partition: Partition, timeout: Duration = Limits.readerStall
  ) async throws(KafkaError) -> (low: Offset, high: Offset) {
    let handle = handle
    let topic = topic
    return try await blocking.ask(within: timeout) { () throws(KafkaError) in
      try handle.watermarks(topic: topic, partition: partition, timeout: timeout)
    }
  }

  /// Asks a broker which partitions of the topic have a leader, without which no record can be written or read.
  ///
  /// - Throws: `timedOut`, little after `timeout` at the latest; `brokersUnavailable`, `unknownTopic`.
  public func partitionsWithLeader(timeout: Duration) async throws(KafkaError) -> Set<Partition> {
    Set(try await places(timeout: timeout).filter { $0.leader != nil }.map(\.partition))
  }

  /// Asks a broker which brokers have the topic's partitions.
  ///
  /// - Throws: `timedOut`, little after `timeout` at the latest; `brokersUnavailable`, `unknownTopic`.
  public func places(timeout: Duration) async throws(KafkaError) -> [PartitionPlace] {
    let asked = try TopicHandle(topic, of: handle)
    return try await blocking.ask(within: timeout) { () throws(KafkaError) in
      try asked.places(timeout: timeout)
    }
  }

  /// Lends each record from `from` up to but not including `upTo`, in offset order, and ends there. Memory stays flat.
  ///
  /// - Throws: what `body` throws; `offsetOutOfRange` when the log starts after `from` or ends before `upTo`;
  ///   `timedOut` when nothing came for `Limits.readerStall`; `unknownTopic`, `authentication`; `CancellationError`.
  public func read(
    partition: Partition, from: Offset, upTo: Offset, _ body: (borrowing ConsumedRecord) throws -> Void
  ) async throws {
    guard from >= Offset(0) else {
      throw KafkaError(.offsetOutOfRange, detail: "partition \(partition) at \(from)")
    }
    guard from < upTo else { return }
    let clientIsGone = try await readStretch(partition, from..<upTo, body)
    // Otherwise a caller that reads many stretches would hold the clients of several, and what they fetched.
    await clientIsGone.wait()
  }

  private func readStretch(
    _ partition: Partition, _ range: Range<Offset>, _ body: (borrowing ConsumedRecord) throws -> Void
  ) async throws -> Announcement<Void, Never> {
    let stretch = try Stretch(cluster: cluster, topic: topic, partition: partition, range: range, logger: logger)
    do {
      try await stretch.read(upTo: range.upperBound, body)
    } catch {
      await stretch.stop()
      throw error
    }
    await stretch.stop()
    return stretch.clientIsGone
  }
}

/// One read: a client of its own that fetches one partition.
private struct Stretch {
  private let topic: TopicHandle
  private let queue: PartitionQueue
  private let partition: Partition
  private let blocking: BlockingLane
  /// Comes when nobody holds anything of the stretch any more.
  let clientIsGone: Announcement<Void, Never>

  init(
    cluster: ClusterSettings, topic: String, partition: Partition, range: Range<Offset>, logger: Logger
  ) throws(KafkaError) {
    // Records after the stretch would be fetched only to be dropped.
    var tuning = ConsumerTuning()
    let count = range.upperBound.rawValue - range.lowerBound.rawValue
    tuning.queuedRecordsMin = min(tuning.queuedRecordsMin, Int(count))
    let handle = try ClientHandle(
      .consumer, cluster: cluster, fixed: tuning.fetching + LogReader.ending, events: 0, logger: logger)
    clientIsGone = handle.destroyed
    blocking = BlockingLane(name: "kafka-reader-stop", waits: cluster.waits)
    self.topic = try TopicHandle(topic, of: handle)
    self.partition = partition
    queue = try PartitionQueue(topic: topic, partition: partition, of: handle, logger: logger)
    // Asynchronous: what goes wrong comes through the queue.
    guard rd_kafka_consume_start(self.topic.pointer, partition.rawValue, range.lowerBound.rawValue) == 0 else {
      throw KafkaError(rd_kafka_last_error())
    }
  }

  func read(upTo: Offset, _ body: (borrowing ConsumedRecord) throws -> Void) async throws {
    while true {
      switch try await next() {
      case .records(let batch):
        try batch.forEach { record in
          if record.offset < upTo { try body(record) }
        }
        if batch.lastOffset.next >= upTo { return }
      case .end(let offset) where offset >= upTo:
        // The last offsets can belong to no record (a transaction's marker).
        return
      case .end(let offset):
        throw KafkaError(.offsetOutOfRange, detail: "partition \(partition) ends at \(offset), before \(upTo)")
      case .failed(let error):
        throw error
      case .ended:
        // Nobody else ends this queue.
        throw CancellationError()
      }
    }
  }

  /// The next records or the end, within `Limits.readerStall`.
  private func next() async throws -> PartitionQueue.Drained {
    try await withThrowingTaskGroup(of: PartitionQueue.Drained.self) { group in
      defer { group.cancelAll() }
      group.addTask { await queue.nextOrEnd(max: Limits.readerBatchRecords) }
      group.addTask {
        try await Task.sleep(for: Limits.readerStall)
        throw KafkaError(.timedOut, detail: "no record of partition \(partition) came")
      }
      return try await group.next() ?? .ended
    }
  }

  /// rd_kafka_consume_stop waits until the partition has stopped; after it the queue and the topic may go.
  func stop() async {
    let topic = topic
    let partition = partition
    queue.end()
    _ = try? await blocking.run { () throws(KafkaError) in
      rd_kafka_consume_stop(topic.pointer, partition.rawValue)
    }
  }
}
