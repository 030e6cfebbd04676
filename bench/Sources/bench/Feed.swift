import FlashSale
import Foundation
import Kafka
import SaleStore
import TestSupport
import Time

/// Records that go into the log as fast as a worker decides them.
///
/// The embedded broker keeps 5 MiB of a partition, so a partition never holds more than `window` undecided records.
struct Feed {
  /// Undecided records in one partition: two of a lane's largest batches, the one that it writes and the one that it
  /// reads meanwhile. At 100 bytes a record, uncompressed, that is 4 MB.
  static let window: Int64 = 40_000

  /// How long a worker may take for all of them; past it, it is stuck.
  static let patience = Duration.seconds(300)

  /// A record of the log, and where it goes.
  struct Entry {
    let partition: Partition
    let key: [UInt8]
    let value: [UInt8]
  }

  private let entries: [Entry]

  /// These records, in their order.
  init(_ entries: [Entry]) { self.entries = entries }

  /// Orders of one unit, each of another buyer, for the sale's SKUs in turn.
  init(_ count: Int, of sale: StoredSale, partitions: Int) throws {
    let keys = sale.sale.items.map { RecordKey(sale: sale.sale, sku: $0.sku) }
    let places = keys.map { $0.partition(of: Int32(partitions)) }
    let bytes = keys.map { Array($0.text.utf8) }
    let now = Timestamp.now
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
  /// - Returns: the seconds from the first record to the signal of the last commit.
  func drain(through bench: BenchShop) async throws -> Double {
    let producer = try Producer(
      cluster: ClusterSettings(brokers: bench.brokers), topic: bench.topic, logger: quietLogger, onReports: { _ in })
    let seconds = try await LaneProgress.following(bench) { progress in
      let start = ContinuousClock.now
      try await send(to: producer, asFastAs: progress)
      return (ContinuousClock.now - start).inSeconds
    }
    _ = await producer.shutdown(deadline: .seconds(10))
    return seconds
  }

  private func send(to producer: Producer, asFastAs progress: LaneProgress) async throws {
    let places = Set(entries.map(\.partition))
    let lines = places.map { Line(partition: $0, began: progress.next($0)) }
    var byPartition = [Line?](repeating: nil, count: 1 + Int(places.map(\.rawValue).max() ?? 0))
    for line in lines { byPartition[Int(line.partition.rawValue)] = line }
    let deadline = ContinuousClock.now + Self.patience
    /// Reads what the signals brought, which costs no query.
    func wait(while condition: () -> Bool) async throws {
      while condition() {
        guard ContinuousClock.now < deadline else {
          throw TestSetUpError("the worker did not decide everything within \(Self.patience)")
        }
        try await Task.sleep(for: .milliseconds(1))
      }
    }
    for entry in entries {
      guard let line = byPartition[Int(entry.partition.rawValue)] else { continue }
      if line.room == 0 { try await wait { !line.hasRoom(progress) } }
      while !(try Self.offer(entry, producer)) { try await Task.sleep(for: .milliseconds(1)) }
      line.room -= 1
      line.fed += 1
    }
    try await wait { lines.contains { $0.undecided(progress) > 0 } }
  }

  /// What was fed of one partition. It asks for the lane's progress only when the known room is used up, so that the
  /// feeder takes as little as possible from what is measured.
  private final class Line {
    let partition: Partition
    let began: Offset
    var fed: Int64 = 0
    /// Records that may be fed before the lane must be further than it was known to be.
    var room: Int64 = 0

    init(partition: Partition, began: Offset) {
      self.partition = partition
      self.began = began
    }

    func undecided(_ progress: LaneProgress) -> Int64 {
      fed - (progress.next(partition).rawValue - began.rawValue)
    }

    func hasRoom(_ progress: LaneProgress) -> Bool {
      room = max(0, Feed.window - undecided(progress))
      return room > 0
    }
  }

  /// - Returns: whether the producer had room.
  static func offer(_ entry: Entry, _ producer: Producer) throws -> Bool {
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
