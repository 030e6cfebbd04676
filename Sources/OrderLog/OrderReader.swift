public import FlashSale
public import Kafka
public import Logging

/// Reads the log of orders beside the lanes: where partitions begin and end, which of them can be used, and stretches
/// of their records.
public struct OrderReader: Sendable {
  private let reader: LogReader

  /// Makes a client; nothing is contacted yet.
  ///
  /// - Throws: `configuration` for a setting or topic name that is not valid.
  public init(cluster: ClusterSettings, topic: String, logger: Logger) throws(KafkaError) {
    reader = try LogReader(cluster: cluster, topic: topic, logger: logger)
  }

  /// The offsets that a partition has now: from its first record to the one that its next record will get; empty where
  /// it has no record.
  ///
  /// - Throws: `timedOut`, little after `timeout` at the latest; `brokersUnavailable`, `unknownTopic`.
  public func bounds(
    of partition: Partition, timeout: Duration = Limits.answerPatience
  ) async throws(KafkaError) -> Range<Offset> {
    let (low, high) = try await reader.watermarks(partition: partition, timeout: timeout)
    return low..<max(low, high)
  }

  /// Where a partition ends now: the offset that its next record will get.
  ///
  /// - Throws: as `bounds`.
  public func end(
    of partition: Partition, timeout: Duration = Limits.answerPatience
  ) async throws(KafkaError) -> Offset {
    try await bounds(of: partition, timeout: timeout).upperBound
  }

  /// Where each of the first `count` partitions ends now.
  ///
  /// - Parameter timeout: for all of them together.
  /// - Throws: as `bounds`; an end that is missing is never left out.
  public func ends(
    of count: Int32, timeout: Duration = Limits.answerPatience
  ) async throws(KafkaError) -> [Partition: Offset] {
    let deadline = ContinuousClock.now + timeout
    var ends: [Partition: Offset] = [:]
    for partition in (0..<count).map({ Partition($0) }) {
      let rest = deadline - .now
      guard rest > .zero else { throw KafkaError(.timedOut) }
      ends[partition] = try await end(of: partition, timeout: rest)
    }
    return ends
  }

  /// Which partitions have a leader, without which no record can be written or read.
  ///
  /// - Throws: as `bounds`.
  public func partitionsWithLeader(timeout: Duration) async throws(KafkaError) -> Set<Partition> {
    try await reader.partitionsWithLeader(timeout: timeout)
  }

  /// Lends each record of a stretch, in the order of the offsets, and ends there. Memory stays flat. An empty stretch
  /// asks nobody.
  ///
  /// - Throws: what `body` throws; `offsetOutOfRange` when the log does not have all of the stretch; `timedOut` when
  ///   nothing came for `Kafka.Limits.readerStall`; `unknownTopic`, `authentication`; `CancellationError`.
  public func read(
    _ range: Range<Offset>, of partition: Partition, _ body: (borrowing LentRecord) throws -> Void
  ) async throws {
    try await reader.read(partition: partition, from: range.lowerBound, upTo: range.upperBound) { record in
      try body(LentRecord(record))
    }
  }
}
