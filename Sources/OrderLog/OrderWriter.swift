public import FlashSale
public import Kafka
public import Logging

/// Writes into the log of orders: what intake takes, one by one, and what is written as a whole, such as the close of
/// a sale.
public struct OrderWriter: Sendable {
  private let producer: Producer

  /// Makes the client; nothing is contacted yet.
  ///
  /// - Parameter onReports: called on the producer's own thread with the reports of the records that were written with
  ///   a tag, once for each batch of reports. It should hand over and return.
  /// - Throws: `configuration` for a setting or topic name that is not valid.
  public init(
    cluster: ClusterSettings, topic: String, tuning: ProducerTuning = ProducerTuning(), logger: Logger,
    onReports: @escaping @Sendable ([DeliveryReport]) -> Void = { _ in }
  ) throws(KafkaError) {
    producer = try Producer(cluster: cluster, topic: topic, tuning: tuning, logger: logger, onReports: onReports)
  }

  /// Hands one record over. Never waits, and allocates nothing for a `place`.
  ///
  /// The report for `tag` follows if, and only if, this returns.
  ///
  /// - Throws: as `Producer.produce`; the record is then not in the log and will not be.
  public func write(
    _ record: LogRecord, under key: [UInt8], to partition: Partition, tag: UInt64
  ) throws(KafkaError) {
    // The closures of these have no typed throws.
    let failure: KafkaError? = key.withUnsafeBytes { key in
      record.withEncodedBytes { value in
        do throws(KafkaError) {
          try producer.produce(partition: partition, key: key, value: value, tag: tag)
          return nil
        } catch {
          return error
        }
      }
    }
    if let failure { throw failure }
  }

  /// Writes one command, and waits until it is durable.
  ///
  /// - Returns: its place in the log.
  /// - Throws: `Unwritten` if it may not be.
  public func write(_ record: OutgoingRecord) async throws(Unwritten) -> LogPosition {
    let deliveries = await producer.send([record])
    if case .persisted(let position) = deliveries.first { return position }
    throw Unwritten(deliveries) ?? Unwritten(nothing: KafkaError(.other))
  }

  /// Writes records as a whole: all are handed over first, and then all are waited for. When it returns, each is
  /// durable.
  ///
  /// - Returns: their places in the log, in their order.
  /// - Throws: `Unwritten` if any may not be. The others are in the log all the same.
  @discardableResult
  public func write(_ records: [OutgoingRecord]) async throws(Unwritten) -> [LogPosition] {
    let deliveries = await producer.send(records)
    if let failure = Unwritten(deliveries) { throw failure }
    return deliveries.compactMap { if case .persisted(let position) = $0 { position } else { nil } }
  }

  /// Writes records that need not all be written: tells what became of each, in their order.
  ///
  /// - Returns: each one's place in the log; `nil`: it is not there, or nobody knows.
  public func write(each records: [OutgoingRecord]) async -> [Offset?] {
    await producer.send(records).map { delivery in
      if case .persisted(let position) = delivery { position.offset } else { nil }
    }
  }

  /// Takes no more records, and waits until every one is reported; what is not answered by the deadline is reported
  /// `unknown`.
  ///
  /// - Returns: how many records were reported `unknown` since the call.
  public func shutdown(deadline: Duration) async -> Int { await producer.shutdown(deadline: deadline) }
}

extension OutgoingRecord {
  /// A record in the partition of its key, of so many.
  public init(_ record: LogRecord, under key: RecordKey, partitions: Int32) {
    self.init(record, under: Array(key.text.utf8), in: key.partition(of: partitions))
  }

  /// A record in a partition that is known to be its key's.
  public init(_ record: LogRecord, under key: [UInt8], in partition: Partition) {
    self.init(partition: partition, key: key, value: record.encoded())
  }
}
