import FlashSale
import Foundation
import Postgres
import SaleStore
import TestSupport

/// Lives of orders on one lane: what holds and payments cost a drain, how many commands a second there are beside a
/// COPY of as many rows of the history, and what finished orders cost.
enum LifeGroup {
  /// The same crowd with holds and payments of all winners, and without.
  static func measure(_ scores: Scores) async throws {
    let count = scores.plan.drained
    try await BenchShop.with(scores.cluster, partitions: 1) { bench in
      try await bench.startWorker()
      let few = LifeWorkload(name: "stock for 1 %", share: 0.01, bench: bench)
      let all = LifeWorkload(name: "all win", share: 1, bench: bench)
      try await scores.interleaveShort(
        [few, all].flatMap { [$0.drained(count, isPaid: false), $0.drained(count, isPaid: true)] })
      scores.compare(few.ratio(.atLeast(0.8)))
      scores.compare(all.ratio(nil))
    }
  }

  /// Commands about orders that are held, one for each.
  static func measureCommands(_ scores: Scores) async throws {
    let count = scores.plan.drained
    try await BenchShop.with(scores.cluster, partitions: 1) { bench in
      let worker = try await bench.startWorker()
      let commands = LifeCommands(
        workload: LifeWorkload(name: "all win", share: 1, bench: bench), count: count, scores: scores,
        worker: worker.process.identifier, server: try await bench.localServer())
      let contestants = [
        commands.drained("pay records, one lane", .paid) { try $0.payments(count) },
        commands.drained("expire records, one lane", .expired) { try $0.ends(count) },
      ]
      // Not measured: the rows that are copied.
      _ = try await contestants[0].measure(0)
      let file = try await bench.prepareHistoryCopy()
      let copy = Contestant("COPY of rows of the history", "rows/s") { _ in
        Double(count) / (try await bench.copySeconds(of: file, into: BenchShop.historyCopy))
      }
      let least = Contestant("50,000 records/s", "records/s") { _ in 50_000 }
      try await scores.interleaveShort(contestants + [copy, least])
      for contestant in contestants {
        scores.compare(Ratio(contestant.name, against: least.name, .atLeast(1)))
        scores.compare(Ratio(contestant.name, against: copy.name, nil))
      }
    }
  }

  /// A shop in which so many orders are finished, beside one that begins.
  static func measureGrowth(_ scores: Scores) async throws {
    let (count, stored) = (scores.plan.drained / 2, scores.plan.stored)
    try await BenchShop.with(scores.cluster, partitions: 1) { new in
      try await BenchShop.with(scores.cluster, partitions: 1) { grown in
        scores.say("storing \(stored) finished orders")
        try await grown.storeFinished(stored)
        for bench in [new, grown] { try await bench.startWorker() }
        let first = LifeWorkload(name: "all win, none stored", share: 1, bench: new)
        let late = LifeWorkload(name: "all win, finished orders stored", share: 1, bench: grown, beginsEmpty: false)
        // Each runs once before it counts.
        for workload in [first, late] { _ = try await workload.drain(count, isPaid: true) }
        try await scores.interleaveShort([first.drained(count, isPaid: true), late.drained(count, isPaid: true)])
        scores.compare(
          Ratio(late.contestant(isPaid: true), against: first.contestant(isPaid: true), .atLeast(0.85)))
      }
    }
  }
}

/// One crowd of a sale that is new each time.
private struct LifeWorkload {
  let name: String
  /// Of the orders, how many win.
  let share: Double
  let bench: BenchShop
  var beginsEmpty = true

  /// Orders between one and its payment, at least: a buyer pays after her order is decided.
  private static let delay = Int(Feed.window)

  func contestant(isPaid: Bool) -> String { "drain \(isPaid ? "with" : "without") holds and payments, \(name)" }

  func ratio(_ bound: Ratio.Bound?) -> Ratio {
    Ratio(contestant(isPaid: true), against: contestant(isPaid: false), bound)
  }

  func drained(_ count: Int, isPaid: Bool) -> Contestant {
    Contestant(contestant(isPaid: isPaid), "records/s") { _ in try await drain(count, isPaid: isPaid) }
  }

  /// - Returns: records a second.
  func drain(_ count: Int, isPaid: Bool) async throws -> Double {
    let wins = Int(Double(count) * share)
    let records = try await begin(count, wins: wins, holds: isPaid)
    let entries = try isPaid ? records.paid(wins, after: min(Self.delay, count / 2)) : records.places()
    let seconds = try await Feed(entries).drain(through: bench)
    try await check(count: wins, isPaid ? .paid : nil)
    return Double(entries.count) / seconds
  }

  /// Places orders that all win, and waits until they are decided.
  func place(_ count: Int) async throws -> LifeRecords {
    let records = try await begin(count, wins: count, holds: true)
    _ = try await Feed(records.places()).drain(through: bench)
    return records
  }

  private func begin(_ count: Int, wins: Int, holds: Bool) async throws -> LifeRecords {
    if beginsEmpty { try await bench.psql("TRUNCATE orders, holds, payments, history") }
    let sale = try await bench.putUp(
      "l\(UUID().uuidString.prefix(8).lowercased())", [("sku", wins)], holds: holds ? ["seconds": 3_600] : nil)
    return LifeRecords(count, of: sale, partitions: bench.partitions)
  }

  /// The last sale has so many winners, and each is in this state; `nil`: the sale has no lives.
  func check(count: Int, _ state: Hold.State?) async throws {
    let found = try await bench.connection.query(
      """
      SELECT (SELECT count(*) FROM orders WHERE sale = last.number AND outcome = 0),
        (SELECT count(*) FROM holds WHERE sale = last.number),
        (SELECT count(*) FROM holds WHERE sale = last.number AND state = $1)
      FROM (SELECT max(number) AS number FROM sales) AS last
      """, state?.rawValue
    ).single()
    let (won, lives, those) = (try found.int64(0), try found.int64(1), try found.int64(2))
    let wanted = state == nil ? 0 : Int64(count)
    guard won == count, lives == wanted, those == wanted else {
      throw TestSetUpError(
        "\(won) orders of \(count) won, \(lives) are held or were, \(those) are \(state?.code ?? "held")")
    }
  }
}

/// Commands about orders that are held, one for each.
private struct LifeCommands {
  let workload: LifeWorkload
  let count: Int
  let scores: Scores
  /// Processes; no `server` if PostgreSQL is on another machine.
  let worker: Int32
  let server: Int32?

  /// - Parameter state: what each order is in afterwards.
  func drained(
    _ name: String, _ state: Hold.State, _ commands: @escaping (LifeRecords) throws -> [Feed.Entry]
  ) -> Contestant {
    Contestant(name, "records/s") { _ in
      let feed = Feed(try commands(try await workload.place(count)))
      let before = try processorTime()
      let seconds = try await feed.drain(through: workload.bench)
      for (part, (before, after)) in zip(["worker", "PostgreSQL"], zip(before, try processorTime())) {
        scores.note("\(name): processor time of \(part)", (after - before) / Double(count) * 1e6, "µs")
      }
      try await workload.check(count: count, state)
      return Double(count) / seconds
    }
  }

  /// Seconds so far, of the worker and of PostgreSQL.
  private func processorTime() throws -> [Double] {
    var times = [try ProcessorTime.seconds(of: worker)]
    if let server { times.append(try ProcessorTime.secondsOfFamily(of: server)) }
    return times
  }
}

extension BenchShop {
  /// A table like `history`.
  fileprivate static let historyCopy = "bench_history_copy"

  /// Keeps the rows of the history in a file, and makes a table like it.
  ///
  /// - Returns: the file.
  fileprivate func prepareHistoryCopy() async throws -> String {
    let file = FileManager.default.temporaryDirectory.appending(path: "penstock-bench-\(getpid())-history").path
    try await psql("CREATE TABLE \(Self.historyCopy) (LIKE history INCLUDING ALL)")
    try await psql("COPY (SELECT * FROM history) TO STDOUT (FORMAT binary)", output: file)
    return file
  }

  /// Fills the tables with orders of one earlier sale: half are paid and fulfilled, half have expired.
  fileprivate func storeFinished(_ count: Int) async throws {
    let sale = try await store(count, winEvery: 1).number.rawValue
    try await psql(
      """
      ALTER TABLE holds DROP CONSTRAINT holds_pkey;
      ALTER TABLE payments DROP CONSTRAINT payments_pkey;
      ALTER TABLE history DROP CONSTRAINT history_pkey; DROP INDEX history_order
      """)
    let isPaid = "o.log_offset % 2 = 0"
    try await psql(
      """
      INSERT INTO holds (order_id, log_offset, price_minor, as_of, sale, partition, units, sequence, state, is_lapsed,
        sku, currency, buyer, payment)
      SELECT o.order_id, o.log_offset, 1, o.log_offset + 1, o.sale, 0, 1, CASE WHEN \(isPaid) THEN 3 ELSE 2 END,
        CASE WHEN \(isPaid) THEN 5 ELSE 7 END, NOT (\(isPaid)), o.sku, 'CNY', o.buyer,
        CASE WHEN \(isPaid) THEN 'payment-' || o.log_offset END
      FROM orders o
      """)
    try await psql(
      """
      INSERT INTO payments (sale, payment, order_id, captured, refund_due, refunded, as_of, partition, counted, sku,
        currency)
      SELECT \(sale), h.payment, h.order_id, 1, 0, 0, h.as_of, 0, true, h.sku, 'CNY' FROM holds h
      WHERE h.payment IS NOT NULL
      """)
    // Their offsets are before those of the log, so that its records are added at the end, as they would be.
    try await psql(
      """
      INSERT INTO history (log_offset, at, minor, command_id, partition, sale, units, sequence, place, action, result,
        state, order_id, sku, by_whom, reason)
      SELECT done.place - 2 * \(count), now(), CASE WHEN done.action = 1 THEN 1 ELSE 0 END,
        CASE WHEN done.action = 1 THEN done.place END, 0, \(sale), CASE WHEN done.action = 6 THEN -1 ELSE 0 END,
        done.sequence, 0, done.action, 0, done.state, h.order_id, h.sku,
        CASE WHEN done.action = 6 THEN 'scheduler' ELSE 'shop' END, ''
      FROM holds h CROSS JOIN LATERAL (
        VALUES (h.log_offset, 1, 2, 4, h.state = 5), (h.log_offset + \(count), 7, 3, 5, h.state = 5),
          (h.log_offset, 6, 2, 7, h.state = 7)
      ) AS done (place, action, sequence, state, isSo)
      WHERE done.isSo ORDER BY 1
      """)
    // As full as random keys leave them, where they are random.
    try await psql(
      """
      ALTER TABLE holds ADD CONSTRAINT holds_pkey PRIMARY KEY (order_id) WITH (fillfactor = 70);
      ALTER TABLE payments ADD CONSTRAINT payments_pkey PRIMARY KEY (sale, payment) WITH (fillfactor = 70);
      ALTER TABLE history ADD CONSTRAINT history_pkey PRIMARY KEY (partition, log_offset, place);
      CREATE INDEX history_order ON history (order_id, command_id) WITH (fillfactor = 70) WHERE order_id IS NOT NULL
      """)
    for table in ["holds", "payments", "history"] { try await psql("VACUUM (ANALYZE) \(table)") }
  }
}
