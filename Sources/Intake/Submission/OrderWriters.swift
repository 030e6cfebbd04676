internal import FlashSale
internal import Logging
internal import OrderLog

/// The writers of an intake, each for some of the partitions, with connections of its own.
///
/// A Kafka broker serves the requests of one connection one after another, and a write is served when the replicas in
/// sync have it. So over one connection a partition that waits for a replica, as each does for about a second after its
/// leader has moved (`replica.fetch.backoff.ms`), holds up every other partition of that broker.
///
/// For the same reason one request is on its way at a time. Orders that wait here share the next one; requests that
/// wait there are replicated one by one, and after an outage new orders stand behind all of them.
///
/// All reports of a partition come on one thread.
struct OrderWriters: Sendable {
  private let writers: [OrderWriter]

  /// Contacts nobody yet.
  init(
    cluster: ClusterSettings, topic: String, partitions: Int32, tuning: ProducerTuning, logger: Logger,
    onReports: @escaping @Sendable ([DeliveryReport]) -> Void
  ) throws(KafkaError) {
    let count = min(Int(partitions), Limits.writers)
    var tuning = tuning
    tuning.requestsInFlight = Limits.requestsInFlight
    var writers: [OrderWriter] = []
    for _ in 0..<count {
      writers.append(
        try OrderWriter(cluster: cluster, topic: topic, tuning: tuning, logger: logger, onReports: onReports))
    }
    self.writers = writers
  }

  /// See `OrderWriter.write`.
  func write(_ record: LogRecord, under key: [UInt8], to partition: Partition, tag: RecordTag) throws(KafkaError) {
    try writers[Int(partition.rawValue) % writers.count].write(record, under: key, to: partition, tag: tag.rawValue)
  }

  /// Writes one command, and waits until it is durable. See `OrderWriter.write`.
  func write(_ record: OutgoingRecord) async throws(Unwritten) -> LogPosition {
    try await writers[Int(record.partition.rawValue) % writers.count].write(record)
  }

  /// Hands over what is left. Returns how many orders are left whose outcome is unknown.
  func shutdown(deadline: Duration) async -> Int {
    await withTaskGroup(of: Int.self) { group in
      for writer in writers { group.addTask { await writer.shutdown(deadline: deadline) } }
      return await group.reduce(0, +)
    }
  }
}
