public import FlashSale
internal import Kafka
public import Logging

/// The waiting rooms' topic: one partition, so that the places of a room are in one order.
public enum RoomLog {
  /// Its name, beside the topic of orders.
  public static func topic(beside orders: String) -> String { "\(orders)-waiting-room" }

  static let partition: Partition = 0
}

/// Writes into the waiting rooms' topic.
public struct RoomWriter: Sendable {
  private let producer: Producer

  /// Makes the client; nothing is contacted yet.
  ///
  /// - Throws: `configuration` for a setting or topic name that is not valid.
  public init(
    cluster: ClusterSettings, topic: String, tuning: ProducerTuning = ProducerTuning(), logger: Logger
  ) throws(KafkaError) {
    producer = try Producer(cluster: cluster, topic: topic, tuning: tuning, logger: logger) { _ in }
  }

  /// Writes records, and waits until each is durable.
  ///
  /// - Parameter records: at least one.
  /// - Returns: the offset of the last one.
  /// - Throws: `Unwritten` if any may not be in the log. The others are in it all the same.
  @discardableResult
  public func write(_ records: [RoomRecord]) async throws(Unwritten) -> Offset {
    let deliveries = await producer.send(
      records.map { record in
        OutgoingRecord(
          partition: RoomLog.partition, key: Array("\(record.sale)".utf8), value: record.encoded())
      })
    if let failure = Unwritten(deliveries) { throw failure }
    return deliveries.reduce(Offset(0)) { last, delivery in
      if case .persisted(let position) = delivery { max(last, position.offset) } else { last }
    }
  }

  /// Takes no more records, and waits until every one is reported, by the deadline at the latest.
  public func shutdown(deadline: Duration) async { _ = await producer.shutdown(deadline: deadline) }
}
