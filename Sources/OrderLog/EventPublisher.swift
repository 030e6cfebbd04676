public import FlashSale
internal import Kafka
public import Logging

/// Writes into the topic of events, which has the partitions of the topic of orders.
public struct EventPublisher: Sendable {
  private let producer: Producer

  /// Makes the client; nothing is contacted yet.
  ///
  /// - Throws: `configuration` for a setting or topic name that is not valid.
  public init(cluster: ClusterSettings, topic: String, logger: Logger) throws(KafkaError) {
    var tuning = ProducerTuning()
    tuning.messageTimeout = Limits.eventPatience
    producer = try Producer(cluster: cluster, topic: topic, tuning: tuning, logger: logger) { _ in }
  }

  /// Writes events, each under its order's id and in its order's partition, and waits until each is durable.
  ///
  /// - Parameter events: of each order at most one, because they are written in no particular order (`EventRounds`).
  /// - Throws: `Unwritten` if any may not be in the topic. The others are in it all the same; writing all again is
  ///   safe.
  public func publish(_ events: some Sequence<OrderEvent>) async throws(Unwritten) {
    let records = events.map { event in
      OutgoingRecord(
        partition: event.id.position.partition, key: Array(event.order.description.utf8), value: event.encoded())
    }
    if let failure = Unwritten(await producer.send(records)) { throw failure }
  }

  /// Takes no more events, and waits until every one is reported, by the deadline at the latest.
  public func shutdown(deadline: Duration) async { _ = await producer.shutdown(deadline: deadline) }
}
