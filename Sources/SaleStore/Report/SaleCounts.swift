public import FlashSale
import Postgres
import Synchronization
public import Time

/// What was counted of a sale, and when it is still so: all that is written of a sale's orders and their lives is
/// written by lanes, which count their requests in the same transaction and note every command in the history.
///
/// (1) First decisions are still as counted if the lanes' tallies of the sale are what they were. Otherwise those are
///     added that are decided behind the counts' vector.
/// (2) Lives are still as counted if, besides, the history has no record of the sale from the counts' vector on.
/// (3) What does not add up with the tallies is counted anew, and if that does not either, it is not kept: a row that
///     is lost or doubled shows in each report.
struct SaleCounts: Sendable {
  /// What lanes have counted, in all partitions.
  struct Tallies: Sendable, Hashable {
    let requests: Int64
    let repeats: Int64
  }

  let tallies: Tallies

  /// Records of the sale that could not be decided.
  let quarantined: Int64

  /// The next offset of each partition that was ever claimed.
  let progress: [Partition: Offset]

  /// The vector before which all of it was counted; `nil`: all there was.
  let asOf: OffsetVector?

  let orders: OrderCounts
  var lives: LifeCounts?

  private let ends: TableEnds

  /// Whether the rows are as many as the tallies say.
  var addsUp: Bool { Self.addsUp(tallies, orders.rows, quarantined) }

  private static func addsUp(_ tallies: Tallies, _ rows: Int64, _ quarantined: Int64) -> Bool {
    tallies.requests - tallies.repeats == rows + quarantined
  }

  /// From when the first order was accepted to when the last record of the sale had its effect: a decision, or a
  /// command; `nil` without any order.
  func span(of sale: SaleNumber, in transaction: borrowing Transaction) throws -> ClosedRange<Timestamp>? {
    guard let first = orders.firstAcceptedAt, var last = orders.window?.upperBound else { return nil }
    let ids = sale.orderIDs
    let command = try transaction.query(
      """
      SELECT max(at) FROM (
        SELECT max(at) AS at FROM history WHERE order_id BETWEEN $1 AND $2
        UNION ALL SELECT max(at) FROM history WHERE order_id IS NULL AND sale = $3
      ) AS commands
      """, ids.lowerBound.uuid, ids.upperBound.uuid, sale.rawValue
    ).single().optional(0, as: Timestamp.self)
    last = max(last, command ?? last)
    return min(first, last)...last
  }

  /// Counts a sale's first decisions.
  ///
  /// - Parameter before: what of it is still so is taken; `nil`: all is counted.
  init(
    of sale: StoredSale, topic: String, before: SaleCounts?, in transaction: borrowing Transaction
  ) throws {
    let answers = try transaction.pipeline { pipeline in try Self.ask(sale.number, topic, in: &pipeline) }
    asOf = nil
    progress = try Dictionary(
      answers[0].map { (try $0.partition(0), try $0.offset(1)) }, uniquingKeysWith: { first, _ in first })
    let sums = try answers[1].single()
    tallies = Tallies(requests: try sums.int64(0), repeats: try sums.int64(1))
    quarantined = try answers[2].single().int64(0)
    ends = TableEnds(before?.ends, now: try answers[3].single().int64(0), at: .now)
    let scale = OrderCounts.Scale(of: sale.sale)
    let usable = before.flatMap { $0.addsUp && $0.orders.scale == scale ? $0 : nil }
    if let usable, usable.tallies == tallies {
      orders = usable.orders
      if try !usable.hasLaterCommand(of: sale.number, upTo: progress, in: transaction) { lives = usable.lives }
      return
    }
    let keepsDelays = tallies.requests <= Limits.keptDelays
    if let usable {
      let rest = OrderCounts.Part.rest(
        of: sale.number, behind: OffsetVector(usable.progress), from: usable.ends.first)
      let orders = try OrderCounts(
        rest, on: scale, before: usable.orders, keepsDelays: keepsDelays, in: transaction)
      if Self.addsUp(tallies, orders.rows, quarantined) {
        self.orders = orders
        return
      }
    }
    orders = try OrderCounts(
      .all(of: sale.number, in: transaction), on: scale, keepsDelays: keepsDelays, in: transaction)
  }

  /// Counts what was decided before a vector. What lanes had counted by then is what they have counted now, without
  /// what is decided behind it; only when repeats came, nothing says.
  init(
    _ now: SaleCounts, asOf vector: OffsetVector, of sale: StoredSale, topic: String,
    in transaction: borrowing Transaction
  ) throws {
    asOf = vector
    progress = vector.offsets
    ends = now.ends
    orders = try OrderCounts(
      .all(of: sale.number, before: vector, in: transaction), on: now.orders.scale,
      keepsDelays: now.tallies.requests <= Limits.keptDelays, in: transaction)
    quarantined = try transaction.query(
      """
      SELECT count(*) FROM quarantined_records
      WHERE topic = $1 AND sale = $2 AND log_offset < coalesce(($3::int8[])[partition + 1], 0)
      """, topic, sale.number.rawValue, vector.dense
    ).single().int64(0)
    let later = now.orders.rows - orders.rows + now.quarantined - quarantined
    tallies = Tallies(requests: now.tallies.requests - later, repeats: now.tallies.repeats)
  }

  private static func ask(_ sale: SaleNumber, _ topic: String, in pipeline: inout Pipeline) throws {
    try pipeline.add("SELECT partition, next_offset FROM partition_progress WHERE topic = $1", topic)
    // Both only grow, so their sums are what they were only if each is.
    try pipeline.add(
      """
      SELECT coalesce(sum(requests), 0)::int8, coalesce(sum(repeats), 0)::int8
      FROM tallies WHERE topic = $1 AND sale = $2
      """, topic, sale.rawValue)
    try pipeline.add(
      "SELECT count(*) FROM quarantined_records WHERE topic = $1 AND sale = $2", topic, sale.rawValue)
    try pipeline.add("SELECT pg_relation_size('orders') / current_setting('block_size')::int8")
  }

  /// When the last record before the vector was decided, or written if it is a command; `nil` if they are as of no
  /// earlier vector.
  func lastInstant(
    of sale: SaleNumber, topic: String, in transaction: borrowing Transaction
  ) throws -> Timestamp? {
    guard let asOf else { return nil }
    let ids = sale.orderIDs
    let others = try transaction.query(
      """
      SELECT max(at) FROM (
        SELECT partition, log_offset, at FROM history WHERE order_id BETWEEN $1 AND $2
        UNION ALL
        SELECT partition, log_offset, at FROM history WHERE order_id IS NULL AND sale = $3
        UNION ALL
        SELECT partition, log_offset, quarantined_at FROM quarantined_records WHERE topic = $4 AND sale = $3
      ) AS records WHERE log_offset < coalesce(($5::int8[])[partition + 1], 0)
      """, ids.lowerBound.uuid, ids.upperBound.uuid, sale.rawValue, topic, asOf.dense
    ).single().optional(0, as: Timestamp.self)
    // Of a vector before all records, it is before all requests.
    return [orders.window?.upperBound, others].compactMap(\.self).max() ?? Timestamp(microseconds: 0)
  }

  /// Whether the history has a record of the sale behind these counts' vector.
  private func hasLaterCommand(
    of sale: SaleNumber, upTo next: [Partition: Offset], in transaction: borrowing Transaction
  ) throws -> Bool {
    // The order makes the planner begin at the vector. Without it, it expects a record soon, and reads all the history.
    let later = try transaction.query(
      """
      SELECT FROM unnest($1::int4[], $2::int8[]) AS v (partition, next) CROSS JOIN LATERAL (
        SELECT FROM history WHERE partition = v.partition AND log_offset >= v.next AND sale = $3
        ORDER BY log_offset LIMIT 1
      ) AS record LIMIT 1
      """, next.map(\.key.rawValue), next.map { progress[$0.key]?.rawValue ?? 0 }, sale.rawValue)
    return !later.isEmpty
  }
}

/// Where the table of orders ended, in blocks. Rows are mostly added at its end. A batch that was in flight at a
/// count's snapshot can have written some rows below it, but hardly below where the end was `Limits.longBatch` earlier.
private struct TableEnds {
  private struct End {
    let blocks: Int64
    let at: ContinuousClock.Instant
  }

  /// The first was there long enough before the last.
  private var ends: [End]

  /// From which block on rows can lie that the last count did not see.
  var first: Int64 { ends[0].blocks }

  init(_ before: TableEnds?, now blocks: Int64, at now: ContinuousClock.Instant) {
    ends = before?.ends ?? [End(blocks: max(0, blocks - Limits.recountedBlocks), at: now - Limits.longBatch)]
    if let last = ends.last, last.at + Limits.longBatch / 4 <= now { ends.append(End(blocks: blocks, at: now)) }
    let old = ends.lastIndex { $0.at + Limits.longBatch <= now }
    if let old { ends.removeFirst(old) }
  }
}

extension OrderCounts.Scale {
  init(of sale: Sale) {
    // A window of 8,000 years, the longest that can be written, gives a bucket of 66 days.
    let window = sale.endsAt.microseconds(since: sale.startsAt) / 60_000_000
    minutes = Int32(clamping: window / Limits.timelineBuckets + 1)
    let (from, to) = Limits.arrivals(opening: sale.startsAt)
    arrivals = from..<to
  }
}

extension SaleStore {
  /// Reads a sale with its counts, of one snapshot, and keeps them.
  ///
  /// - Parameters:
  ///   - countsAnew: whether nothing is taken of what was counted before.
  ///   - inOneProcess: whether PostgreSQL counts with one process, because nobody waits for it.
  func counted<Answer: Sendable>(
    _ sale: StoredSale, topic: String, countsAnew: Bool = false, inOneProcess: Bool = false,
    _ read: @Sendable (inout SaleCounts, borrowing Transaction) throws -> Answer
  ) async throws -> Answer {
    let before = countsAnew ? nil : kept[sale.number, topic]
    let (answer, counts) = try await pool.withConnection { connection in
      try await connection.transaction(isolation: .repeatableRead, readOnly: true) { transaction in
        if inOneProcess {
          _ = try transaction.query("SELECT set_config('max_parallel_workers_per_gather', '0', true)")
        }
        var counts = try SaleCounts(of: sale, topic: topic, before: before, in: transaction)
        let answer = try read(&counts, transaction)
        return (answer, counts)
      }
    }
    kept.keep(counts, of: sale.number, topic)
    return answer
  }

  /// From when the first of a sale's orders was accepted to when anything of the sale has changed last: an order's
  /// decision, a payment, a hold's end, a restock; `nil` without any order. Reads the orders that were not counted
  /// before.
  public func span(of sale: StoredSale, topic: String) async throws -> ClosedRange<Timestamp>? {
    try await counted(sale, topic: topic) { counts, transaction in
      try counts.span(of: sale.number, in: transaction)
    }
  }

  /// Counts what has come to a sale since it was counted last, so that the next report of it has little to count.
  public func countAhead(_ sale: StoredSale, topic: String) async throws {
    try await counted(sale, topic: topic, inOneProcess: true) { counts, transaction in
      if counts.lives == nil { counts.lives = try LifeCounts(of: sale.number, in: transaction) }
    }
  }

  /// How far lanes have come.
  public func lanesRead(topic: String) async throws -> LanesRead {
    let (progress, sales) = try await pool.withConnection { connection in
      try await connection.transaction(isolation: .repeatableRead, readOnly: true) { transaction in
        let answers = try transaction.pipeline { pipeline in
          try pipeline.add(
            "SELECT coalesce(sum(next_offset), 0)::int8 FROM partition_progress WHERE topic = $1", topic)
          try pipeline.add(
            """
            SELECT s.id, read.requests FROM (
              SELECT sale, sum(requests)::int8 AS requests FROM tallies WHERE topic = $1 GROUP BY sale
            ) AS read JOIN sales s ON s.number = read.sale ORDER BY s.number DESC
            """, topic)
        }
        return (answers[0], answers[1])
      }
    }
    return LanesRead(
      records: try progress.single().int64(0), sales: try sales.map { (try $0.identifier(0), try $0.int64(1)) })
  }
}

/// How far the lanes of a topic have come. All of it only grows.
public struct LanesRead: Sendable {
  /// The records of all partitions.
  public let records: Int64

  /// The requests of each sale that has any, the newest sale first.
  public let sales: [(sale: SaleID, requests: Int64)]
}

/// The counts of the sales that were looked at last.
final class KeptCounts: Sendable {
  private struct Key: Hashable {
    let sale: SaleNumber
    let topic: String
  }

  private struct State {
    var counts: [Key: (counts: SaleCounts, turn: UInt64)] = [:]
    var turn: UInt64 = 0
  }

  private let state = Mutex(State())

  subscript(_ sale: SaleNumber, _ topic: String) -> SaleCounts? {
    state.withLock { state in
      state.turn += 1
      let key = Key(sale: sale, topic: topic)
      state.counts[key]?.turn = state.turn
      return state.counts[key]?.counts
    }
  }

  /// Keeps counts instead of those before, and forgets the sale that was not looked at for longest.
  func keep(_ counts: SaleCounts, of sale: SaleNumber, _ topic: String) {
    state.withLock { state in
      state.turn += 1
      let key = Key(sale: sale, topic: topic)
      state.counts[key] = counts.addsUp ? (counts, state.turn) : nil
      guard state.counts.count > Limits.keptCounts else { return }
      if let oldest = state.counts.min(by: { $0.value.turn < $1.value.turn }) { state.counts[oldest.key] = nil }
    }
  }
}
