internal import FlashSale
internal import Kafka
internal import Logging

/// The producers of an intake, each for some of the partitions, with connections of its own.
///
/// A Kafka broker serves the requests of one connection one after another, and a write is served when the replicas in
/// sync have it. So over one connection a partition that waits for a replica, as each does for about a second after its
/// leader has moved (`replica.fetch.backoff.ms`), holds up every other partition of that broker.
///
/// All reports of a partition come on one thread.
struct OrderProducers: Sendable {
  private let producers: [Producer]

  /// Contacts nobody yet.
  init(
    cluster: ClusterSettings, topic: String, partitions: Int32, tuning: ProducerTuning, logger: Logger,
    onReports: @escaping @Sendable ([DeliveryReport]) -> Void
  ) throws(KafkaError) {
    let count = min(Int(partitions), Limits.producers)
    var producers: [Producer] = []
    for _ in 0..<count {
      producers.append(
        try Producer(cluster: cluster, topic: topic, tuning: tuning, logger: logger, onReports: onReports))
    }
    self.producers = producers
  }

  /// See `Producer.produce`.
  func produce(
    partition: Partition, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, tag: RecordTag
  ) throws(KafkaError) {
    try producers[Int(partition.rawValue) % producers.count].produce(
      partition: partition.rawValue, key: key, value: value, tag: tag.rawValue)
  }

  /// Hands over what is left. Returns how many orders are left whose outcome is unknown.
  func shutdown(deadline: Duration) async -> Int {
    await withTaskGroup(of: Int.self) { group in
      for producer in producers { group.addTask { await producer.shutdown(deadline: deadline) } }
      return await group.reduce(0, +)
    }
  }
}
