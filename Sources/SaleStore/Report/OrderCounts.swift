import FlashSale
import Postgres
import Time

/// A sale's first decisions, as counted from the rows of `orders`.
struct OrderCounts: Sendable {
  /// Milliseconds to the decision that half, 95 %, 99 % and all orders have at most; empty without any order.
  let delays: Rows

  /// By outcome and SKU, and by outcome and bucket of the timeline.
  let outcomes: Rows

  /// What was accepted around the opening, by 100 ms.
  let arrivals: Rows

  /// When the first and the last was decided; `nil` without any.
  let window: ClosedRange<Timestamp>?

  /// - Parameter minutes: of one bucket of the timeline.
  init(of sale: StoredSale, minutes: Int32, in transaction: borrowing Transaction) throws {
    try transaction.prepareForCounting()
    let generations = try transaction.generations(of: sale.number)
    let ids = sale.number.orderIDs
    let (from, to) = Limits.arrivals(opening: sale.sale.startsAt)
    let answers = try transaction.pipeline { pipeline in
      try pipeline.add(
        """
        SELECT (extract(epoch FROM delay) * 1000)::float8 FROM (
          SELECT unnest(
            percentile_disc(ARRAY[0.5, 0.95, 0.99, 1]) WITHIN GROUP (ORDER BY decided_at - accepted_at)) AS delay
          FROM orders WHERE order_id BETWEEN $1 AND $2 AND generation = ANY ($3)
        ) AS delays ORDER BY delay
        """, ids.lowerBound.uuid, ids.upperBound.uuid, generations)
      // Two groupings, one upon the other: only a plain one is done by several processes.
      try pipeline.add(
        """
        SELECT outcome, sku, minute, sum(requests)::int8 AS requests, sum(units)::int8 AS units, min(first) AS first,
          max(last) AS last
        FROM (
          SELECT outcome, sku, date_bin(make_interval(mins => $4), decided_at, 'epoch') AS minute,
            count(*) AS requests, sum(quantity) AS units, min(decided_at) AS first, max(decided_at) AS last
          FROM orders WHERE order_id BETWEEN $1 AND $2 AND generation = ANY ($3) GROUP BY 1, 2, 3
        ) AS cells GROUP BY GROUPING SETS ((outcome, sku), (outcome, minute))
        """, ids.lowerBound.uuid, ids.upperBound.uuid, generations, minutes)
      try pipeline.add(
        """
        SELECT date_bin('100 milliseconds', accepted_at, 'epoch') AS slot, count(*) AS accepted
        FROM orders WHERE order_id BETWEEN $1 AND $2 AND generation = ANY ($3)
          AND accepted_at >= $4 AND accepted_at < $5
        GROUP BY 1
        """, ids.lowerBound.uuid, ids.upperBound.uuid, generations, from, to)
    }
    (delays, outcomes, arrivals) = (answers[0], answers[1], answers[2])
    let first = try outcomes.map { try $0.timestamp("first") }.min()
    let last = try outcomes.map { try $0.timestamp("last") }.max()
    window = first.flatMap { first in last.map { first...$0 } }
  }
}
