/// How a consumer trades memory and delay. Offsets are not for tuning.
public struct ConsumerTuning: Sendable {
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
      // The database says where to start, and keeps our progress.
      ("enable.auto.commit", "false"),
      ("enable.auto.offset.store", "false"),
    ]
  }

  /// The part that does not name a group.
  var fetching: [(name: String, value: String)] {
    [
      // An offset that the log does not have is an error, never a silent start elsewhere.
      ("auto.offset.reset", "error"),
      ("allow.auto.create.topics", "false"),
      ("fetch.wait.max.ms", String(fetchWait.milliseconds)),
      ("fetch.error.backoff.ms", String(Limits.consumerErrorPause.milliseconds)),
      ("queued.min.messages", String(queuedRecordsMin)),
      ("queued.max.messages.kbytes", String(queuedKibibytes)),
    ]
  }
}
