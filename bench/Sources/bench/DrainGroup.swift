import FlashSale
import Foundation
import Postgres
import SaleStore
import TestSupport

/// A worker from the log to committed outcomes, beside a COPY of the same rows.
///
/// Only shops that are compared with each other are open at once: an idle worker asks the embedded broker for more a
/// thousand times a second, which would slow the lanes but not COPY.
enum DrainGroup {
  static func measure(_ scores: Scores) async throws {
    try await measureOnePartition(scores)
    try await measureTwelvePartitions(scores)
    try await measureViewers(scores)
    try await measureGrowth(scores)
    try await measureGrowthOfOneSale(scores)
  }

  private static func measureOnePartition(_ scores: Scores) async throws {
    let plan = scores.plan
    try await BenchShop.with(scores.cluster, partitions: 1) { bench in
      try await bench.startWorker()
      let hot = Workload(name: "one hot SKU, stock for 1 %", skus: 1, share: 0.01, bench: bench)
      let ample = Workload(name: "one hot SKU, all win", skus: 1, share: 1, bench: bench)
      for workload in [hot, ample] { try await workload.prepareCopy(of: plan.drained) }
      try await bench.makeHotRow()
      try await scores.interleaveShort([
        hot.drained(plan.drained), hot.copied(plan.drained), ample.drained(plan.drained), ample.copied(plan.drained),
        bench.hotRow(transactions: plan.seconds * 20),
      ])
      scores.compare(hot.ratio(.atLeast(0.6)))
      scores.compare(Ratio("drain, \(hot.name)", against: "UPDATE + INSERT per order, 64 clients", .atLeast(50)))
      scores.compare(ample.ratio(.atLeast(0.4)))
    }
  }

  private static func measureTwelvePartitions(_ scores: Scores) async throws {
    let plan = scores.plan
    try await BenchShop.with(scores.cluster, partitions: 12) { bench in
      try await bench.startWorker()
      let wide = Workload(name: "300 SKUs, 12 partitions", skus: 300, share: 0.01, bench: bench)
      try await wide.prepareCopy(of: plan.drained)
      try await scores.interleaveShort([wide.drained(plan.drained), wide.copied(plan.drained)])
      scores.compare(wide.ratio(.atLeast(0.6)))
    }
  }

  /// The same crowd, with and without people who watch the sale live.
  private static func measureViewers(_ scores: Scores) async throws {
    let plan = scores.plan
    try await BenchShop.with(scores.cluster, partitions: 1) { bench in
      try await bench.startWorker()
      let alone = Workload(name: "nobody watches", skus: 1, share: 0.01, bench: bench)
      let watched = Workload(name: "20 watch live", skus: 1, share: 0.01, bench: bench, viewers: 20)
      try await scores.interleaveShort([alone.drained(plan.drained), watched.drained(plan.drained)])
      scores.compare(Ratio("drain, \(watched.name)", against: "drain, \(alone.name)", .atLeast(0.95)))
    }
  }

  private static func measureGrowth(_ scores: Scores) async throws {
    let plan = scores.plan
    try await BenchShop.with(scores.cluster, partitions: 1) { new in
      try await BenchShop.with(scores.cluster, partitions: 1) { grown in
        scores.say("storing \(plan.stored) orders")
        _ = try await grown.store(plan.stored)
        for bench in [new, grown] { try await bench.startWorker() }
        let first = Workload(name: "one hot SKU, none stored", skus: 1, share: 0.01, bench: new)
        let late = Workload(
          name: "one hot SKU, orders stored", skus: 1, share: 0.01, bench: grown, beginsEmpty: false)
        // Each runs once before it counts.
        for workload in [first, late] { _ = try await workload.drain(plan.drained) }
        try await scores.interleaveShort([first.drained(plan.drained), late.drained(plan.drained)])
        scores.compare(Ratio("drain, \(late.name)", against: "drain, \(first.name)", .atLeast(0.85)))
      }
    }
  }
}

extension DrainGroup {
  /// Ids are random within a sale, so each batch meets the whole of the sale's index.
  private static func measureGrowthOfOneSale(_ scores: Scores) async throws {
    let plan = scores.plan
    try await BenchShop.with(scores.cluster, partitions: 1) { new in
      try await BenchShop.with(scores.cluster, partitions: 1) { grown in
        scores.say("storing \(plan.stored) orders of one sale")
        let sale = try await grown.store(plan.stored)
        for bench in [new, grown] { try await bench.startWorker() }
        let first = Workload(name: "sold out, none stored", skus: 1, share: 0, bench: new)
        let late = Workload(
          name: "sold out, orders of the sale stored", skus: 1, share: 0, bench: grown, beginsEmpty: false, sale: sale)
        for workload in [first, late] { _ = try await workload.drain(plan.drained) }
        try await scores.interleaveShort([first.drained(plan.drained), late.drained(plan.drained)])
        scores.compare(Ratio("drain, \(late.name)", against: "drain, \(first.name)", .atLeast(0.8)))
      }
    }
  }
}

/// One kind of crowd.
private struct Workload {
  let name: String
  let skus: Int
  /// Of the orders, how many can win.
  let share: Double
  let bench: BenchShop
  /// Whether each round begins with a table of no orders, as COPY's does.
  var beginsEmpty = true
  /// The sale of every round; `nil`: each has one of its own.
  var sale: StoredSale?
  /// People who watch the sale's live page meanwhile.
  var viewers = 0

  func ratio(_ bound: Ratio.Bound) -> Ratio { Ratio("drain, \(name)", against: "COPY, \(name)", bound) }

  func drained(_ count: Int) -> Contestant {
    Contestant("drain, \(name)", "records/s") { _ in Double(count) / (try await drain(count).seconds) }
  }

  /// The same rows by COPY, binary, over one connection, into a table with the same indexes, empty each time.
  func copied(_ count: Int) -> Contestant {
    Contestant("COPY, \(name)", "rows/s") { _ in
      Double(count) / (try await bench.copySeconds(of: file, into: "bench_orders_copy"))
    }
  }

  /// Runs the workload once, not measured, and keeps its rows in a file, in the order of the table.
  func prepareCopy(of count: Int) async throws {
    let sale = try await drain(count).sale
    _ = try await bench.connection.query("CREATE TABLE IF NOT EXISTS bench_orders_copy (LIKE orders INCLUDING ALL)")
    try await bench.psql(
      "COPY (SELECT * FROM orders WHERE sale = \(sale.number.rawValue)) TO STDOUT (FORMAT binary)", output: file)
  }

  private var file: String {
    FileManager.default.temporaryDirectory.appending(path: "penstock-bench-\(getpid())-\(skus)-\(share)").path
  }

  func drain(_ count: Int) async throws -> (seconds: Double, sale: StoredSale) {
    if beginsEmpty { _ = try await bench.connection.query("TRUNCATE orders") }
    let sale = if let sale { sale } else { try await putUp(for: count) }
    let feed = try Feed(count, of: sale, partitions: bench.partitions)
    let watching = try await Viewers.open(viewers, of: "\(sale.sale.id)", at: bench.admin)
    let seconds = try await feed.drain(through: bench)
    try await watching.close()
    return (seconds, sale)
  }

  private func putUp(for count: Int) async throws -> StoredSale {
    let stock = max(1, Int(Double(count) * share) / skus)
    return try await bench.putUp(
      "s\(UUID().uuidString.prefix(8).lowercased())", (0..<skus).map { ("sku-\($0)", stock) })
  }
}

extension BenchShop {
  /// Runs a statement, after one of psql's own commands.
  ///
  /// - Returns: what psql said, if that does not go into a file.
  @discardableResult
  func psql(
    _ sql: String, before command: String = "\\timing off", input: String? = nil, output: String? = nil
  ) async throws -> String {
    try await Tool.run(
      "psql",
      ["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--command", command, "--command", sql, database.url],
      input: input, output: output)
  }

  /// Seconds of a binary COPY from a file over one connection, into a table that is emptied before.
  func copySeconds(of file: String, into table: String) async throws -> Double {
    try await psql("TRUNCATE \(table)")
    let said = try await psql(
      "COPY \(table) FROM STDIN (FORMAT binary)", before: "\\timing on", input: file)
    // Of the statement alone: psql's own start is not the reference's.
    guard let time = said.split(separator: "\n").last(where: { $0.hasPrefix("Time: ") }),
      let milliseconds = Double(time.split(separator: " ")[1])
    else { throw TestSetUpError("psql did not say how long COPY took: \(said)") }
    return milliseconds / 1_000
  }

  /// Orders of a generation, as a lane closes it.
  private static let generationRows = 1 << 19

  /// Fills the table with orders of one sale, in generations. Their ids are as random as in a real one, and the index
  /// is as full as random ids leave it.
  ///
  /// - Parameter winEvery: one in so many has won.
  func store(_ count: Int, winEvery: Int = 100) async throws -> StoredSale {
    let sale = try await putUp("earlier", [("phone", 1)])
    try await psql("ALTER TABLE orders DROP CONSTRAINT orders_pkey")
    try await psql(
      """
      INSERT INTO orders (
        order_id, log_offset, accepted_at, decided_at, sale, quantity, partition, outcome, sku, buyer, generation)
      SELECT (lpad(to_hex(\(sale.number.rawValue)), 8, '0') || substr(md5(i::text), 9))::uuid, i, now(), now(),
        \(sale.number.rawValue), 1, 0, CASE WHEN i % \(winEvery) = 0 THEN 0 ELSE 5 END, 'phone', 'buyer-' || i,
        (i - 1) / \(Self.generationRows)
      FROM generate_series(1, \(count)) AS i
      """)
    try await psql(
      "ALTER TABLE orders ADD CONSTRAINT orders_pkey PRIMARY KEY (generation, order_id) WITH (fillfactor = 70)")
    try await psql(
      """
      UPDATE sale_generations SET sizes = array_fill(\(Self.generationRows)::int8,
        ARRAY[\((count - 1) / Self.generationRows)]) WHERE sale = \(sale.number.rawValue);
      INSERT INTO tallies (topic, partition, sale, requests, repeats)
      VALUES ('\(topic)', 0, \(sale.number.rawValue), \(count), 0)
      """)
    // Otherwise autovacuum would do it during the rounds.
    try await psql("VACUUM (ANALYZE) orders")
    return sale
  }

  fileprivate func makeHotRow() async throws {
    _ = try await connection.query("CREATE TABLE bench_stock (sku int PRIMARY KEY, remaining int NOT NULL)")
    _ = try await connection.query("INSERT INTO bench_stock VALUES (1, 1000000000)")
    _ = try await connection.query(
      "CREATE TABLE bench_orders (id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY, sku int, buyer int)")
  }

  /// A transaction per order on one hot row, so many by each client. By number and not by time, because pgbench ends on
  /// an alarm, and a signal may be blocked in what this process starts.
  fileprivate func hotRow(transactions: Int) -> Contestant {
    Contestant("UPDATE + INSERT per order, 64 clients", "orders/s") { _ in
      let said = try await Tool.run(
        "pgbench",
        [
          "--no-vacuum", "--file", projectRoot + "/bench/sql/hot-row.sql", "--client", "64", "--jobs", "2",
          "--transactions", "\(transactions)", "--protocol", "prepared", database.url,
        ])
      return try PGBench.rate(said)
    }
  }
}

/// What pgbench prints.
enum PGBench {
  static func rate(_ said: String) throws -> Double { try number(after: "tps = ", in: said) }
  static func latencyMilliseconds(_ said: String) throws -> Double { try number(after: "latency average = ", in: said) }

  private static func number(after words: String, in said: String) throws -> Double {
    guard let range = said.range(of: words),
      let number = Double(said[range.upperBound...].prefix { $0.isNumber || $0 == "." })
    else { throw TestSetUpError("pgbench did not say “\(words)”: \(said)") }
    return number
  }
}
