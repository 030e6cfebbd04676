/// How a consumer trades memory, delay and the time until a dead one is noticed. Offsets and assignment are not for
/// tuning.
public struct ConsumerTuning: Sendable {
  /// Without a heartbeat for this long, the partitions go to another consumer. Brokers accept 6 s to 30 min by default.
  public var sessionTimeout = Limits.consumerSessionTimeout
  /// How long a broker holds a fetch that has nothing to return yet.
  public var fetchWait = Limits.consumerFetchWait
  /// Records that librdkafka tries to hold ready per partition. A lane's throughput depends on it.
  public var queuedRecordsMin = Limits.consumerQueuedRecordsMin
  /// KiB held ready per partition at most; past it fetching stops until the lane has drained.
  public var queuedKibibytes = Limits.consumerQueuedKibibytes

  /// Starts from `Limits`.
  public init() {}

  /// librdkafka checks the ranges, and a value out of its range is refused with the setting's name.
  func settings(group: String) -> [(name: String, value: String)] {
    fetching + [
      ("group.id", group),
      ("session.timeout.ms", String(sessionTimeout.milliseconds)),
      // Kafka's advice: no higher than a third of the session timeout.
      ("heartbeat.interval.ms", String(max(1, sessionTimeout.milliseconds / 3))),
      // Eager: the cooperative assignor of 2.0.2 can hang, crash and resume from old positions
      // (#4528, #4381, #4800, #4636).
      ("partition.assignment.strategy", "range"),
      // The database says where to start, and keeps our progress.
      ("enable.auto.commit", "false"),
      ("enable.auto.offset.store", "false"),
    ]
  }

  /// The part that does not need a group.
  var fetching: [(name: String, value: String)] {
    [
      // An offset that the log does not have is an error, never a silent start elsewhere.
      ("auto.offset.reset", "error"),
      ("allow.auto.create.topics", "false"),
      ("fetch.wait.max.ms", String(fetchWait.milliseconds)),
      ("queued.min.messages", String(queuedRecordsMin)),
      ("queued.max.messages.kbytes", String(queuedKibibytes)),
    ]
  }
}
