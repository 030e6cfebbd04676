import FlashSale
import OrderLog
import TestSupport

/// A stage's log as it is now, to be written into another broker's topic.
struct CopiedLog {
  private var partitions: [[OutgoingRecord]] = []

  /// Reads all of it.
  init(of stage: Stage) async throws {
    let reader = try OrderReader(cluster: stage.log, topic: stage.topic, logger: quietLogger)
    for (partition, end) in try await stage.ends() {
      var records: [OutgoingRecord] = []
      try await reader.read(0..<end, of: partition) { record in
        records.append(
          OutgoingRecord(
            partition: partition, key: record.key.map { Array($0) } ?? [], value: record.value.map { Array($0) } ?? []))
      }
      partitions.append(records)
    }
  }

  /// Writes to each partition what `change` makes of its records, in this order.
  func write(to servers: String, _ change: ([OutgoingRecord]) throws -> [OutgoingRecord]) async throws {
    let cluster = ClusterSettings(brokers: servers)
    let writer = try OrderWriter(cluster: cluster, topic: Stage.topic, logger: quietLogger)
    try await writer.write(try partitions.flatMap(change))
  }
}

extension OutgoingRecord {
  /// The same request, as another order.
  func ofAnother() throws -> OutgoingRecord {
    guard case .place(var request) = try value.withUnsafeBytes({ try LogRecord(decoding: $0) }) else { return self }
    request.order = OrderID(randomFor: request.stock.sale)
    return OutgoingRecord(partition: partition, key: key, value: LogRecord.place(request).encoded())
  }
}
