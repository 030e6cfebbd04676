/// How a producer trades delay, memory and patience. Acknowledgements (`acks=all`) are not for tuning.
public struct ProducerTuning: Sendable {
  /// Compression of what goes over the wire and into the log.
  public enum Compression: String, Sendable {
    /// Small and cheap; every Kafka broker knows it.
    case lz4
    /// Smaller, dearer.
    case zstd
    /// As it is.
    case none
  }

  /// How long records gather before they are sent. From 0 to 900 s.
  public var linger = Limits.producerLinger
  /// Records that may wait; past it `queueFull`. At least 1.
  public var queueRecords = Limits.producerQueueRecords
  /// KiB of payload that may wait; past it `queueFull`. At least 1.
  public var queueKibibytes = Limits.producerQueueKibibytes
  /// From `produce` to the report at the latest, retries included; past it `unknown`. At least 1 ms.
  public var messageTimeout = Limits.producerMessageTimeout
  /// How records are compressed.
  public var compression = Compression.lz4
  /// Requests on the way to one broker. A retry can change the order of records that were not yet acknowledged, also
  /// with 1: librdkafka 2.0.2 sends the next one while the first waits for its retry.
  public var requestsInFlight = Limits.producerRequestsInFlight

  /// Starts from `Limits`.
  public init() {}

  /// librdkafka checks the ranges, and a value out of its range is refused with the setting's name.
  var settings: [(name: String, value: String)] {
    [
      ("acks", "all"),
      // Off: the order id makes a duplicate harmless (I8), and 2.0.2 raises a fatal error after a disconnect (#4438).
      ("enable.idempotence", "false"),
      ("linger.ms", String(linger.milliseconds)),
      ("queue.buffering.max.messages", String(max(1, queueRecords))),  // 0 would mean "no limit"
      ("queue.buffering.max.kbytes", String(queueKibibytes)),
      ("message.timeout.ms", String(max(1, messageTimeout.milliseconds))),  // 0 would mean "no limit"
      ("compression.codec", compression.rawValue),
      // Connected to all brokers, not only to those it writes to: one whose only leader freezes would ask just that one
      // for its successor.
      ("enable.sparse.connections", "false"),
      ("max.in.flight.requests.per.connection", String(requestsInFlight)),
    ]
  }
}
