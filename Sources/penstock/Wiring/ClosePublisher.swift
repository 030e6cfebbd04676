import FlashSale
import HTTPServing
import Kafka
import Logging
import SaleStore
import ServiceLifecycle

/// Writes the `close` records of a sale into the log: closing changes stock, so it goes through the lanes like a
/// purchase.
struct ClosePublisher: Service {
  private let producer: Producer
  private let partitions: Int32
  private let drain: Duration

  init(cluster: ClusterSettings, topic: String, partitions: Int32, drain: Duration, logger: Logger) throws {
    producer = try Producer(cluster: cluster, topic: topic, tuning: ProducerTuning(), logger: logger) { _ in
      // `send` answers its caller itself; nothing else is produced here.
    }
    self.partitions = partitions
    self.drain = drain
  }

  /// Writes one record per SKU of the sale. When it returns, each is durable. When it throws, some may be: repeating is
  /// safe, because closing twice is the same as closing once.
  func publishClose(of stored: StoredSale) async throws {
    let now = Timestamp.now
    // All at once: one after another, a log that is slow to acknowledge would take that long for each.
    try await withThrowingTaskGroup(of: Void.self) { group in
      for item in stored.sale.items {
        group.addTask {
          let key = RecordKey(sale: stored.sale, sku: item.sku)
          let record = LogRecord.close(StockKey(sale: stored.number, sku: item.sku), at: now)
          let delivery = await producer.send(
            partition: key.partition(of: partitions), key: Array(key.text.utf8), value: record.encoded())
          switch delivery {
          case .persisted: return
          case .failed(let error), .unknown(let error): throw error
          }
        }
      }
      try await group.waitForAll()
    }
  }

  /// Lives until shutdown, then delivers what is outstanding.
  func run() async throws {
    try? await gracefulShutdown()
    _ = await producer.shutdown(deadline: drain)
  }
}
