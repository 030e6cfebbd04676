import FlashSale
import Kafka
import TestSupport

/// A stage's log as it is now, to be written into another broker's topic.
struct CopiedLog {
  struct Record {
    let key: [UInt8]
    let value: [UInt8]

    /// The same request, as another order.
    func ofAnother() throws -> Record {
      guard case .place(var request) = try value.withUnsafeBytes({ try LogRecord(decoding: $0) }) else { return self }
      request.order = OrderID(randomFor: request.stock.sale)
      return Record(key: key, value: LogRecord.place(request).encoded())
    }
  }

  private var partitions: [Int32: [Record]] = [:]

  /// Reads all of it.
  init(of stage: Stage) async throws {
    let reader = try LogReader(cluster: stage.log, topic: Stage.topic, logger: quietLogger)
    for (partition, end) in try await stage.ends() {
      var records: [Record] = []
      try await reader.read(partition: partition, from: 0, upTo: end) { record in
        records.append(Record(key: record.key.map { Array($0) } ?? [], value: record.value.map { Array($0) } ?? []))
      }
      partitions[partition] = records
    }
  }

  /// Writes to each partition what `change` makes of its records, in this order.
  func write(to servers: String, _ change: ([Record]) throws -> [Record]) async throws {
    let cluster = ClusterSettings(brokers: servers)
    let producer = try Producer(cluster: cluster, topic: Stage.topic, logger: quietLogger) { _ in }
    for (partition, records) in partitions {
      for record in try change(records) {
        try record.key.withUnsafeBytes { key in
          try record.value.withUnsafeBytes { value in
            try producer.produce(partition: partition, key: key, value: value, tag: 0)
          }
        }
      }
    }
    let unknown = await producer.shutdown(deadline: .seconds(30))
    guard unknown == 0 else { throw TestSetUpError("\(unknown) copied records did not arrive") }
  }
}
