public import OrderLog

/// What a worker works on, and as whom.
public struct WorkerConfiguration: Sendable {
  /// The topic of orders. Its partition count was recorded (`SaleStore.record`) before a worker starts.
  public var topic: String

  /// The consumer group to which progress is told, for lag tools. Nobody is its member.
  public var group: String

  /// Host and process, for people; the store keeps it with each partition that this worker owns.
  public var ownerName: String

  /// Partitions served at once, each with a connection to PostgreSQL. More are not served, loudly.
  public var lanesMax = Limits.lanes

  /// How long a worker may show no sign of life before others take its partitions.
  public var lease = Limits.lease

  /// How the consumer trades memory and delay.
  public var tuning = ConsumerTuning()

  /// Creates a configuration; the rest starts from `Limits`.
  public init(topic: String, group: String, ownerName: String) {
    self.topic = topic
    self.group = group
    self.ownerName = ownerName
  }
}
