import FlashSale
import Foundation
import Postgres
import SaleStore
import TestSupport
import Time

/// Ten thousand clients that listen to their orders' events at one intake: how long after the commit each hears the
/// outcome, and what one costs in memory.
///
/// The bench decides the orders itself, as a lane does: rows and progress in one transaction, then the signal. So it
/// knows when each commit returned. The line moves all the time, so that the crowd hears of its place meanwhile.
enum WatchGroup {
  private static let buyer = "watcher"

  /// From one commit of `batch` orders to the next: 2,000 outcomes a second.
  private static let pause = Duration.milliseconds(50)
  private static let batch = 100

  static func measure(_ scores: Scores) async throws {
    let count = scores.plan.connections
    let last = count / 5
    let (delay, memory) = ("outcome at a watcher after the commit, p99", "memory of a watcher")
    let burst = "\(last) outcomes of one commit, last byte"
    try await BenchShop.with(scores.cluster) { bench in
      _ = try await bench.putUp("open", [("phone", 1)])
      for round in 1...scores.rounds {
        let line = try await WatchedLine(bench, "watched-\(round)", partition: Int32(round - 1) % 12, count, buyer)
        // A new process each time: memory that a crowd once took is used again by the next one.
        let intake = try await bench.start("intake")
        let warming = try await IdleCrowd.open(100, at: intake.address)
        await warming.close()
        let empty = try intake.process.kibibytes(.resident)
        let crowd = try await ListeningCrowd.open(line.paths, buyer: buyer, at: intake.address)
        let full = try intake.process.kibibytes(.resident)
        async let hearing = crowd.outcomes(within: .seconds(60))
        var commits: [Timestamp] = []
        while commits.count < count - last {
          try await Task.sleep(for: pause)
          let committed = try await line.decide(min(batch, count - last - commits.count))
          commits += [Timestamp](repeating: committed.at, count: committed.orders)
        }
        try await Task.sleep(for: .seconds(1))
        let end = try await line.decide(last)
        let heard = try await hearing
        try await crowd.close()
        await intake.stop()
        guard !heard.contains(where: { $0 == nil }) else { throw TestSetUpError("not every watcher heard an outcome") }
        let delays = zip(heard.compactMap { $0 }, commits).map { Self.milliseconds(from: $1, to: $0) }
        scores.note(delay, delays.percentile(0.99), "ms")
        scores.note("outcome at a watcher after the commit, median", delays.percentile(0.5), "ms")
        let late = heard.compactMap { $0 }.suffix(last).map { Self.milliseconds(from: end.at, to: $0) }
        scores.note(burst, late.max() ?? 0, "ms")
        scores.note("50 ms", 50, "ms")
        scores.note(memory, (full - empty) / Double(count), "KiB")
        scores.note("16 KiB of a watcher", 16, "KiB")
      }
    }
    try await StreamStorm.measure(scores)
    scores.compare(Ratio(delay, against: "50 ms", .atMost(1)))
    scores.compare(Ratio(burst, against: "50 ms", nil))
    scores.compare(Ratio(memory, against: "16 KiB of a watcher", .atMost(1)))
  }

  private static func milliseconds(from start: Timestamp, to end: Timestamp) -> Double {
    Double(max(0, end.microseconds(since: start))) / 1_000
  }
}

/// Orders of one partition, with tickets that intake believes, and the lane that decides them.
final class WatchedLine {
  let paths: [String]
  private let bench: BenchShop
  private let sale: StoredSale
  private let partition: Int32
  private let orders: [OrderID]
  private let buyer: String
  private var decided = 0

  init(_ bench: BenchShop, _ id: String, partition: Int32, _ count: Int, _ buyer: String) async throws {
    self.bench = bench
    self.partition = partition
    self.buyer = buyer
    let sale = try await bench.putUp(id, [("phone", count)])
    self.sale = sale
    let signer = try bench.ticketSigner
    let name = try BuyerID(validating: buyer)
    let orders = try (0..<count).map {
      OrderID(sale: sale.number, buyer: name, key: try IdempotencyKey(validating: "k\($0)"))
    }
    self.orders = orders
    paths = orders.enumerated().map { offset, order in
      let position = LogPosition(partition: Partition(partition), offset: Offset(Int64(offset)))
      return "/v1/orders/\(order)/events?ticket=\(signer.sign(Ticket(position), order: order, buyer: name))"
    }
  }

  /// Commits the next orders, and signals it as a lane does.
  ///
  /// - Returns: when the commit had returned, and of how many.
  func decide(_ count: Int) async throws -> (at: Timestamp, orders: Int) {
    let ids = orders[decided..<(decided + count)].map { UUIDBytes(high: $0.high, low: $0.low) }
    _ = try await bench.connection.query(
      """
      WITH stored AS (
        INSERT INTO orders
          (order_id, log_offset, accepted_at, decided_at, sale, quantity, partition, outcome, sku, buyer)
        SELECT id, $2 + place - 1, now(), now(), $3, 1, $4, 5, 'phone', $5
        FROM unnest($1::uuid[]) WITH ORDINALITY AS decided (id, place)
      )
      INSERT INTO partition_progress (topic, partition, next_offset) VALUES ($6, $4, $7)
      ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset
      """, ids, Int64(decided), sale.number.rawValue, partition, buyer, bench.topic, Int64(decided + count))
    let now = Timestamp.now
    decided += count
    let signal = Signal(progress: [Partition(partition): Offset(Int64(decided))], committedAt: now)
    for payload in signal.payloads(topic: bench.topic) {
      _ = try await bench.connection.query("SELECT pg_notify($1, $2)", "\(Signal.channel)", payload)
    }
    return (now, count)
  }
}
