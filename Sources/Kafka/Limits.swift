internal import Time

/// Every bound of this module: its value, its unit, what happens there, and why that much.
///
/// The tunings (`ProducerTuning`, `ConsumerTuning`) start from these values.
public enum Limits {
  // MARK: Producer

  /// How long the producer lets records gather before it sends them.
  ///
  /// 2 ms is below what a buyer notices and lets one request carry hundreds of records under load.
  public static let producerLinger = Duration.milliseconds(2)

  /// Records that may wait for a broker, in one producer. One more is refused at once with `queueFull`.
  ///
  /// About a second of what two cores can take in.
  public static let producerQueueRecords = 100_000

  /// Payload that may wait for a broker, in KiB, in one producer. Past it: `queueFull`.
  public static let producerQueueKibibytes = 65_536

  /// From `produce` to the last moment of delivery, retries included. Past it the report says `unknown`.
  ///
  /// Longer than any HTTP deadline that waits for it, long enough for a leader election.
  public static let producerMessageTimeout = Duration.seconds(10)

  /// Produce requests on the way to one broker. More wait in the producer's queue.
  public static let producerRequestsInFlight = 5

  /// Each time there was no report for this long although records are outstanding, a producer addresses every broker.
  ///
  /// Well below the 9 s after which Kafka elects another leader, and above what a busy broker takes.
  static let producerSilence = Duration.seconds(1)

  /// Largest tag that `Producer.produce` takes; a larger one is refused. The upper half belongs to `Producer.send`.
  public static let producerTagMax = UInt64.max >> 1

  /// After a fatal error: how long what was sent may still be answered before the client is replaced and the rest is
  /// reported `unknown`. librdkafka sends nothing more after a fatal error, so waiting longer delivers nothing.
  static let producerFatalDrain = Duration.seconds(2)

  /// After the shutdown deadline: how long librdkafka may take to report what it gave up. It does so at once.
  static let producerPurgeGrace = Duration.seconds(2)

  /// How long to wait before another attempt to make a producer client when librdkafka could not.
  static let producerRebuildPause = Duration.seconds(1)

  // MARK: Consumer

  /// Records that librdkafka tries to hold ready per partition; a lane's throughput depends on it.
  ///
  /// At this many it stops fetching, and 2.0.2 goes on only up to a second after the lane has drained (measured; newer
  /// versions have `fetch.queue.backoff.ms` for it). So it is about what a lane drains in a second: with 100,000 a lane
  /// that drains 300,000/s stood still for 0.5 s after each of them.
  public static let consumerQueuedRecordsMin = 300_000

  /// What librdkafka holds ready per partition, in KiB. Past it, it stops fetching until the lane has drained.
  ///
  /// 300,000 order records of about 80 bytes; times the partitions of a worker it stays below a GiB.
  public static let consumerQueuedKibibytes = 24_576

  /// How long a broker holds a fetch that has nothing to return.
  ///
  /// Kafka answers as soon as there is a record, so this only sets how often an idle consumer asks.
  public static let consumerFetchWait = Duration.milliseconds(10)

  /// The same for the embedded broker, which lets the whole time pass even if records arrive meanwhile
  /// (rdkafka_mock_handlers.c, `rd_kafka_mock_handle_Fetch`): a record waits half of it on average before a lane sees
  /// it.
  public static let embeddedFetchWait = Duration.milliseconds(1)

  /// How long a partition is not fetched after its broker refused: mostly a leader that has moved, whose successor is
  /// known within `metadataFastRefresh`. librdkafka's 500 ms would be most of that pause.
  static let consumerErrorPause = Duration.milliseconds(50)

  /// Records in one batch at most; a larger `max` means this.
  public static let batchRecordsMax = 100_000

  /// How often offsets are committed to the group, for lag tools only.
  static let lagCommitInterval = Duration.seconds(1)

  /// How long a consumer that closes waits for its last commit. Past it, lag tools have the one before.
  static let lastCommitPatience = Duration.milliseconds(500)

  /// `LogReader.read` gives up with `timedOut` when no record arrived for this long.
  public static let readerStall = Duration.seconds(30)

  /// Records that one step of `LogReader.read` holds at most.
  static let readerBatchRecords = 10_000

  // MARK: All clients

  /// How often a client asks where the leaders are. A leader that moved away from a broker that does not answer any
  /// more is learned only so: librdkafka asks by itself when a broker answers that it does not lead, and otherwise
  /// every 300 s. Any broker is asked, perhaps the one that does not answer, and so several questions have to fit into
  /// the two seconds that a partition may take after its election. One small request.
  static let metadataRefresh = Duration.milliseconds(300)

  /// How long leaders count as known if nobody answers.
  static let metadataAge = Duration.seconds(3)

  /// The same while a leader is known to have moved. librdkafka's 250 ms would be most of a polite hand-over.
  static let metadataFastRefresh = Duration.milliseconds(100)

  /// What a query may take beyond the time that librdkafka was given for it. Past it, its caller is told `timedOut`.
  static let queryGrace = Duration.seconds(1)

  /// How long a request that found no broker waits for the reason of that, which librdkafka tells as an event of its
  /// own. Past it, the request's own error is all that is told.
  static let complaintWait = Duration.milliseconds(500)

  /// Longest that a client thread sleeps without looking up. It is woken for everything that matters; this is the
  /// backstop, and the clock of periodic work.
  static let threadTick = Duration.milliseconds(500)

  /// Longest pause between attempts to reach a broker again. librdkafka's default of 10 s would outlast a restart.
  static let reconnectBackoffMax = Duration.seconds(1)

  /// Pause between attempts of an administrative step that failed for a moment (no leader yet, no controller).
  static let adminRetryPause = Duration.milliseconds(200)

  /// Longest that one administrative request may take; the step is tried again until its own deadline.
  static let adminRequestTimeout = Duration.seconds(5)

  /// Length of a topic's name, in characters: Kafka's own bound.
  static let topicNameLength = 249

  /// Room for librdkafka's explanation of an error, in bytes; longer ones are cut by librdkafka.
  static let errorTextBytes = 512

  /// The first version of librdkafka that skips tagged fields of the protocol correctly (2.2.0).
  static let soundLibraryVersion: Int32 = 0x0202_00ff
}

extension Duration {
  /// Whole milliseconds, rounded up so that a wait never becomes a spin, and clamped to what librdkafka takes.
  var milliseconds: Int32 {
    Int32(clamping: max(0, millisecondsRoundedUp))
  }
}
