package import Lane
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

  /// The bounds of each lane. Only tests have others than `Lane.Limits`.
  package var lane = LaneTuning()

  /// Asks a beacon at a URL for the value of a round.
  public typealias AskBeacon = @Sendable (_ url: String, _ round: UInt64) async throws -> BeaconAnswer

  /// The waiting rooms that a worker may look after.
  public struct Rooms: Sendable {
    /// Their topic.
    public var topic: String
    /// Asks a beacon at a URL for a round's value; `nil`: no beacon is asked.
    public var askBeacon: AskBeacon?
    /// How long their owner may show no sign of life before another worker takes them.
    public var lease = Limits.lease
    public var tuning = ConsumerTuning()

    public init(topic: String, askBeacon: AskBeacon? = nil) { (self.topic, self.askBeacon) = (topic, askBeacon) }
  }

  /// `nil`: it looks after no waiting rooms.
  public var rooms: Rooms?

  /// Creates a configuration; the rest starts from `Limits`.
  public init(topic: String, group: String, ownerName: String) {
    self.topic = topic
    self.group = group
    self.ownerName = ownerName
  }
}
