internal import CRdkafka
public import LogPositions
public import Logging
internal import Vitals

/// Writes records to one topic, with a report for every record.
///
/// One dedicated thread takes the reports from librdkafka and calls `onReports`. After a fatal error of librdkafka that
/// thread replaces the client: for that moment `produce` throws `fatal`; records in flight are reported, and then it
/// goes on.
public final class Producer: Sendable {
  let core: ProducerCore
  private let waits: Waits

  /// Makes the client and its thread; nothing is contacted yet.
  ///
  /// - Parameter onReports: called on the producer's own thread, once for each batch of reports that librdkafka hands
  ///   over; no reports are taken while it runs, so it should hand over and return. Reports can come before `produce`
  ///   has returned.
  /// - Throws: `configuration` for a setting or topic name that is not valid.
  public init(
    cluster: ClusterSettings,
    topic: String,
    tuning: ProducerTuning = ProducerTuning(),
    logger: Logger,
    onReports: @escaping @Sendable ([DeliveryReport]) -> Void
  ) throws(KafkaError) {
    core = ProducerCore(onReports: onReports, logger: logger)
    waits = cluster.waits
    let core = core
    try TopicName.check(topic)
    try core.start { () throws(KafkaError) in
      try ProducerClient(cluster: cluster, topic: topic, tuning: tuning, logger: logger)
    }
  }

  deinit {
    core.requestShutdown(at: .now) { _ in }
  }

  /// Hands a record to librdkafka, which copies it. Never waits.
  ///
  /// The report for `tag` follows if, and only if, this returns. An empty key or value is written as null.
  ///
  /// - Parameter tag: what the report will carry, up to `Limits.producerTagMax`.
  /// - Throws: `queueFull`, `messageTooLarge`, `unknownTopic`, `fatal` (the client is being replaced: try again),
  ///   `closed`. The record is then not in the log and will not be.
  public func produce(
    partition: Partition, key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, tag: UInt64
  ) throws(KafkaError) {
    guard tag <= Limits.producerTagMax else {
      throw KafkaError(.other, detail: "the tag \(tag) is above Limits.producerTagMax")
    }
    try core.produce(partition: partition, key: key, value: value, tag: tag)
  }

  /// Writes records as a whole: all are handed over first, and then all reports are waited for. For rare control
  /// records.
  ///
  /// Cancelling the task does not take a record back, and does not end the wait: the message timeout does.
  ///
  /// - Returns: the fate of each, in the order of `records`.
  public func send(_ records: [OutgoingRecord]) async -> [Delivery] {
    await waits.during(.delivery, who: "control records") {
      await core.send(records)
    }
  }

  /// Writes one record and waits for its report. Otherwise as for several.
  public func send(partition: Partition, key: [UInt8], value: [UInt8]) async -> Delivery {
    await send([OutgoingRecord(partition: partition, key: key, value: value)])[0]
  }

  /// Records that were produced and not yet reported; 0 after the shutdown. librdkafka counts a notice of its own that
  /// waits for the producer's thread like a record, so it can be a few more.
  public var outstanding: Int {
    core.outstanding
  }

  /// Stops accepting (`produce` throws `closed`), and waits until every record is reported.
  ///
  /// What is not answered by the deadline is given up and reported `unknown`, before this returns. A second call waits
  /// for the first, and returns the same.
  ///
  /// - Returns: how many records were reported `unknown` since the call.
  public func shutdown(deadline: Duration) async -> Int {
    await withCheckedContinuation { continuation in
      core.requestShutdown(at: .now + deadline) { continuation.resume(returning: $0) }
    }
  }
}
