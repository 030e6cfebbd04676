import FlashSale
import Postgres
import Synchronization
public import Time

/// What was counted of a sale, and when it is still so: all that is written of a sale's orders and their lives is
/// written by lanes, which count their requests in the same transaction and note every command in the history.
///
/// (1) First decisions are still as counted if the lanes' tallies of the sale are what they were.
/// (2) So are lives if, besides, the history has no record of the sale from the counts' vector on.
/// (3) What did not add up with the tallies is not kept: a row that is lost or doubled shows in each report.
struct SaleCounts: Sendable {
  /// What lanes have counted, in all partitions.
  struct Tallies: Sendable, Hashable {
    var requests: Int64 = 0
    var repeats: Int64 = 0
  }

  let tallies: Tallies

  /// The next offset of each partition that was ever claimed.
  let progress: [Partition: Offset]

  var orders: OrderCounts?
  var lives: LifeCounts?
  var decisions: DecisionCells?

  /// From when the first order was accepted to when the last one was decided.
  var span: ClosedRange<Timestamp>?

  /// Whether the rows are as many as the tallies say.
  var addsUp = false

  /// What of earlier counts is still so; the rest is `nil`.
  init(
    of sale: StoredSale, topic: String, before: SaleCounts?, in transaction: borrowing Transaction
  ) throws {
    let answers = try transaction.pipeline { pipeline in
      try pipeline.add("SELECT partition, next_offset FROM partition_progress WHERE topic = $1", topic)
      // Both only grow, so their sums are what they were only if each is.
      try pipeline.add(
        """
        SELECT coalesce(sum(requests), 0)::int8, coalesce(sum(repeats), 0)::int8
        FROM tallies WHERE topic = $1 AND sale = $2
        """, topic, sale.number.rawValue)
    }
    progress = try Dictionary(
      answers[0].map { (try $0.partition(0), try $0.offset(1)) }, uniquingKeysWith: { first, _ in first })
    let sums = try answers[1].single()
    tallies = Tallies(requests: try sums.int64(0), repeats: try sums.int64(1))
    guard let before, before.addsUp, before.tallies == tallies else { return }
    (orders, decisions, span, addsUp) = (before.orders, before.decisions, before.span, true)
    let later = try transaction.query(
      """
      SELECT FROM unnest($1::int4[], $2::int8[]) AS v (partition, next) CROSS JOIN LATERAL (
        SELECT FROM history WHERE partition = v.partition AND log_offset >= v.next AND sale = $3 LIMIT 1
      ) AS record LIMIT 1
      """, progress.map(\.key.rawValue), progress.map { before.progress[$0.key]?.rawValue ?? 0 },
      sale.number.rawValue)
    if later.isEmpty { lives = before.lives }
  }

  /// Leaves what a report says to be counted anew.
  mutating func forgetReport() { (orders, lives) = (nil, nil) }
}

extension SaleStore {
  /// From when the first of a sale's orders was accepted to when the last one was decided; `nil` without any. Reads all
  /// orders once, and then not again until there are more.
  public func span(of sale: StoredSale, topic: String) async throws -> ClosedRange<Timestamp>? {
    let before = kept[sale.number, topic]
    let counts = try await pool.withConnection { connection in
      try await connection.transaction(isolation: .repeatableRead, readOnly: true) { transaction in
        var counts = try SaleCounts(of: sale, topic: topic, before: before, in: transaction)
        try counts.addSpan(of: sale.number, topic, in: transaction)
        return counts
      }
    }
    if counts.addsUp { kept.keep(counts, of: sale.number, topic) }
    return counts.span
  }
}

extension SaleCounts {
  fileprivate mutating func addSpan(
    of sale: SaleNumber, _ topic: String, in transaction: borrowing Transaction
  ) throws {
    guard span == nil else { return }
    let ids = sale.orderIDs
    let row = try transaction.query(
      """
      SELECT min(accepted_at), max(decided_at), count(*),
        (SELECT count(*) FROM quarantined_records WHERE topic = $4 AND sale = $5) AS quarantined
      FROM orders WHERE order_id BETWEEN $1 AND $2 AND generation = ANY ($3)
      """, ids.lowerBound.uuid, ids.upperBound.uuid, try transaction.generations(of: sale), topic, sale.rawValue
    ).single()
    addsUp = tallies.requests - tallies.repeats == (try row.int64(2)) + (try row.int64(3))
    guard let first = try row.optional(0, as: Timestamp.self), let last = try row.optional(1, as: Timestamp.self) else {
      return
    }
    span = min(first, last)...last
  }
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
