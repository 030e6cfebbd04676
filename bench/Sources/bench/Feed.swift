import FlashSale
import Foundation
import Kafka
import SaleStore
import Synchronization
import TestSupport

/// Records that go into the log as fast as a worker takes them out.
///
/// The embedded broker keeps 5 MiB of a partition, so a partition never holds more than `window` undecided records.
struct Feed {
  /// Undecided records in one partition: some batches of a lane, and at 120 bytes a record half of what is kept.
  static let window: Int64 = 20_000

  private struct Entry {
    let partition: Int32
    let key: [UInt8]
    let value: [UInt8]
  }

  private let entries: [Entry]

  /// Orders of one unit, each of another buyer, for the sale's SKUs in turn.
  init(_ count: Int, of sale: StoredSale, partitions: Int) throws {
    let keys = sale.sale.items.map { RecordKey(sale: sale.sale, sku: $0.sku) }
    let places = keys.map { $0.partition(of: Int32(partitions)).rawValue }
    let bytes = keys.map { Array($0.text.utf8) }
    let now = FlashSale.Timestamp(microseconds: Int64(Date.now.timeIntervalSince1970 * 1_000_000))
    entries = try (0..<count).map { index in
      let item = index % keys.count
      let request = try PurchaseRequest(
        order: OrderID(randomFor: sale.number), stock: StockKey(sale: sale.number, sku: sale.sale.items[item].sku),
        buyer: BuyerID(validating: "buyer-\(index)"), quantity: Units(1), acceptedAt: now)
      return Entry(partition: places[item], key: bytes[item], value: LogRecord.place(request).encoded())
    }
  }

  /// Sends all, and waits until all are decided.
  ///
  /// - Returns: the seconds from the first record to the last commit.
  func drain(through bench: BenchShop) async throws -> Double {
    let producer = try Producer(
      cluster: ClusterSettings(brokers: bench.shop.environment["PENSTOCK_KAFKA_BROKERS"] ?? ""),
      topic: BenchShop.topic, logger: quietLogger, onReports: { _ in })
    let began = try await bench.progress()
    var progress = began
    var fed: [Int32: Int64] = [:]
    func undecided(_ partition: Int32) -> Int64 {
      fed[partition, default: 0] - (progress[partition, default: 0] - began[partition, default: 0])
    }
    let start = ContinuousClock.now
    for entry in entries {
      while undecided(entry.partition) >= Self.window {
        try await Task.sleep(for: .milliseconds(1))
        progress = try await bench.progress()
      }
      try await Self.produce(entry, producer)
      fed[entry.partition, default: 0] += 1
    }
    while fed.keys.contains(where: { undecided($0) > 0 }) {
      guard ContinuousClock.now - start < .seconds(300) else {
        throw TestSetUpError("the worker did not decide everything within 300 s")
      }
      try await Task.sleep(for: .milliseconds(1))
      progress = try await bench.progress()
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    _ = await producer.shutdown(deadline: .seconds(10))
    return seconds
  }

  private static func produce(_ entry: Entry, _ producer: Producer) async throws {
    while !(try offer(entry, producer)) { try await Task.sleep(for: .milliseconds(1)) }
  }

  /// - Returns: whether the producer had room.
  private static func offer(_ entry: Entry, _ producer: Producer) throws -> Bool {
    do {
      try entry.key.withUnsafeBytes { key in
        try entry.value.withUnsafeBytes { value in
          try producer.produce(partition: entry.partition, key: key, value: value, tag: 0)
        }
      }
      return true
    } catch let error as KafkaError where error.code == .queueFull {
      return false
    }
  }
}
