import FlashSale
import Foundation
import Kafka
import SaleStore
import Synchronization
import TestSupport
import Time

/// A log of any length that stays whole until it is audited.
///
/// The embedded broker keeps 5 MiB of a partition, so a longer log has more partitions, each as long as before. A
/// partition is longer than the stretch of 50,000 records that an audit holds at a time.
struct AuditedLog {
  /// Records of one partition. Sent in large batches they take less than 50 bytes each, compressed.
  private static let length = 83_334

  /// Sales of one SKU and with a limit per buyer each, enough for nearly every partition to have some. (A sale with a
  /// limit and several SKUs is decided in one partition.)
  private static let sales = 480

  /// The share of a partition's records after which the same buyers come again.
  private static let firstTimers = 0.4

  /// Every so many records there is one twice.
  private static let repeatEvery = 20

  /// How long a worker may take; past it, it is stuck.
  private static let patience = Duration.seconds(3_600)

  private let bench: BenchShop
  private let count: Int

  /// What each partition has, where it has anything.
  private let shelves: [(partition: Partition, items: [(stock: StockKey, key: [UInt8])])]

  static func partitions(for records: Int) -> Int { (records + length - 1) / length }

  /// Puts up the sales. In each, the first half of the buyers win one unit.
  static func plan(_ records: Int, _ bench: BenchShop) async throws -> AuditedLog {
    let units = Units(Int32(max(1, Double(records / sales) * firstTimers / 2)))
    let now = Timestamp.now
    let sku = try SKU(validating: "phone")
    var shelves: [Partition: [(stock: StockKey, key: [UInt8])]] = [:]
    try await bench.database.withStore { store in
      for number in 0..<sales {
        let sale = try await store.create(
          Sale(
            id: SaleID(validating: "audited-\(number)"), name: "Audited",
            startsAt: now.after(.seconds(-60)), endsAt: now.after(.seconds(3_600)), perBuyerLimit: Units(1),
            items: [SaleItem(sku: sku, stock: units, price: Price(minor: 19_900, currency: "CNY"))]))
        let key = RecordKey(sale: sale.sale, sku: sku)
        shelves[key.partition(of: Int32(bench.partitions)), default: []]
          .append((StockKey(sale: sale.number, sku: sku), Array(key.text.utf8)))
      }
    }
    let sorted = shelves.sorted { $0.key < $1.key }.map { (partition: $0.key, items: $0.value) }
    return AuditedLog(bench: bench, count: records, shelves: sorted)
  }

  /// Writes it, and checks that the broker has all of it.
  func write() async throws {
    let persisted = Atomic(0)
    var tuning = ProducerTuning()
    // Large batches, which compress well.
    (tuning.linger, tuning.queueRecords, tuning.queueKibibytes) = (.milliseconds(500), 1_000_000, 262_144)
    tuning.messageTimeout = .seconds(60)
    let cluster = ClusterSettings(brokers: bench.brokers)
    let producer = try Producer(cluster: cluster, topic: bench.topic, tuning: tuning, logger: quietLogger) { reports in
      persisted.add(reports.count { if case .persisted = $0.delivery { true } else { false } }, ordering: .relaxed)
    }
    let now = Timestamp.now
    var earlier: [Feed.Entry?] = Array(repeating: nil, count: shelves.count)
    for index in 0..<count {
      let (round, shelf) = index.quotientAndRemainder(dividingBy: shelves.count)
      let again = round % Self.repeatEvery == Self.repeatEvery - 1 ? earlier[shelf] : nil
      let entry = try again ?? order(round, shelf, at: now)
      earlier[shelf] = entry
      while !(try Feed.offer(entry, producer)) { try await Task.sleep(for: .milliseconds(1)) }
    }
    _ = await producer.shutdown(deadline: .seconds(120))
    guard persisted.load(ordering: .acquiring) == count else {
      throw TestSetUpError("the log took \(persisted.load(ordering: .acquiring)) of \(count) records")
    }
    let reader = try LogReader(cluster: cluster, topic: bench.topic, logger: quietLogger)
    for shelf in shelves where try await reader.watermarks(partition: shelf.partition).low != Offset(0) {
      throw TestSetUpError("the broker has dropped the beginning of partition \(shelf.partition)")
    }
  }

  private func order(_ round: Int, _ shelf: Int, at now: Timestamp) throws -> Feed.Entry {
    let (partition, items) = shelves[shelf]
    let item = items[round % items.count]
    // A multiple, so that they come round to the sale in which they were.
    let buyers = max(1, Int(Double(count / shelves.count / items.count) * Self.firstTimers)) * items.count
    let request = try PurchaseRequest(
      order: OrderID(randomFor: item.stock.sale), stock: item.stock,
      buyer: BuyerID(validating: "buyer-\(shelf)-\(round % buyers)"), quantity: Units(1), acceptedAt: now)
    return Feed.Entry(partition: partition, key: item.key, value: LogRecord.place(request).encoded())
  }

  /// Waits until every record has its outcome, and reports progress.
  func awaitDecisions(_ report: (Int64) -> Void) async throws {
    let deadline = ContinuousClock.now + Self.patience
    while true {
      let decided = try await bench.progress().values.reduce(0) { $0 + $1.rawValue }
      report(decided)
      if decided >= count { return }
      guard ContinuousClock.now < deadline else {
        throw TestSetUpError("the worker decided \(decided) of \(count) records within \(Self.patience)")
      }
      try await Task.sleep(for: .seconds(5))
    }
  }
}
