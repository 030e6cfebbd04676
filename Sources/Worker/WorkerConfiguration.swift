public import Kafka

/// What a worker works on, and as whom.
public struct WorkerConfiguration: Sendable {
  /// The topic of orders. Its partition count was recorded (`SaleStore.record`) before a worker starts.
  public var topic: String

  /// The consumer group that divides the partitions among workers.
  public var group: String

  /// Host and process, for people; the store keeps it with each partition that this worker owns.
  public var ownerName: String

  /// Partitions served at once, each with a connection to PostgreSQL. More are not served, loudly.
  public var lanesMax = Limits.lanes

  /// How the consumer trades memory, delay, and the time until a dead worker's partitions go to another.
  public var tuning = ConsumerTuning()

  /// Creates a configuration; the rest starts from `Limits`.
  public init(topic: String, group: String, ownerName: String) {
    self.topic = topic
    self.group = group
    self.ownerName = ownerName
  }
}
