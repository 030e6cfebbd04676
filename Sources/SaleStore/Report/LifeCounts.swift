import FlashSale
import Postgres

/// What became of a sale's orders, as counted from the rows of `holds`, `payments`, `history` and `baskets`.
struct LifeCounts: Sendable {
  let lives: Rows
  let money: Rows
  let history: Rows
  let baskets: Rows

  /// Units of winners that have no row in `holds`: they are confirmed, and nothing has happened to them; `nil` if no
  /// order has one, so that these are all winners. Only where some have rows are the others looked for; in a sale
  /// without holds these are few.
  let implied: Rows?

  /// The same of baskets, as `basketLines` says them.
  let impliedBaskets: Rows

  /// Counts what became of all orders; or, as of a vector, of those to which nothing has happened since.
  ///
  /// - Parameter changed: the orders to which something has.
  init(
    of sale: SaleNumber, asOf vector: OffsetVector? = nil, without changed: [OrderID] = [],
    in transaction: borrowing Transaction
  ) throws {
    let (before, ids) = (vector?.dense, changed.map(\.uuid))
    let answers = try transaction.pipeline { pipeline in try Self.ask(of: sale, before, ids, in: &pipeline) }
    (lives, money, history, baskets) = (answers[0], answers[1], answers[2], answers[3])
    impliedBaskets = try transaction.query(Self.basketLines, sale.rawValue, true, before)
    implied =
      lives.isEmpty && vector == nil
      ? nil
      : try transaction.query(
        """
        SELECT o.sku, sum(o.quantity)::int8 AS units FROM orders o
        WHERE o.sale = $1 AND o.outcome = 0 AND o.log_offset >= 0
          AND NOT EXISTS (SELECT FROM holds h WHERE h.order_id = o.order_id AND h.order_id BETWEEN $2 AND $3)
          AND ($4::int8[] IS NULL OR o.log_offset < coalesce(($4::int8[])[o.partition + 1], 0))
        GROUP BY o.sku
        """, sale.rawValue, sale.orderIDs.lowerBound.uuid, sale.orderIDs.upperBound.uuid, before)
  }

  /// The orders to which something has happened from a vector on, their first decisions included, where they have lives
  /// or money.
  static func changed(
    of sale: SaleNumber, since vector: OffsetVector, in transaction: borrowing Transaction
  ) throws -> [OrderID] {
    let ids = sale.orderIDs
    return try transaction.query(
      """
      SELECT order_id FROM holds
      WHERE order_id BETWEEN $1 AND $2 AND as_of > coalesce(($4::int8[])[partition + 1], 0)
      UNION
      SELECT order_id FROM payments WHERE sale = $3 AND as_of > coalesce(($4::int8[])[partition + 1], 0)
      """, ids.lowerBound.uuid, ids.upperBound.uuid, sale.rawValue, vector.dense
    ).map { OrderID(try $0.uuid(0)) }
  }

  /// Adds the statements about lives, money, history and baskets. Each finds the sale's rows by the range of its order
  /// ids, so other sales cost nothing.
  private static func ask(
    of sale: SaleNumber, _ before: [Int64]?, _ changed: [UUIDBytes], in pipeline: inout Pipeline
  ) throws {
    let ids = (sale.orderIDs.lowerBound.uuid, sale.orderIDs.upperBound.uuid)
    try pipeline.add(
      """
      SELECT sku, state, is_offer, is_lapsed, count(*) AS orders, sum(units)::int8 AS units
      FROM holds h WHERE order_id BETWEEN $1 AND $2 AND lines IS NULL
        AND NOT EXISTS (SELECT FROM unnest($3::uuid[]) AS changed (order_id) WHERE changed.order_id = h.order_id)
      GROUP BY sku, state, is_offer, is_lapsed
      UNION ALL
      SELECT line->>'sku', state, is_offer, is_lapsed, count(*) FILTER (WHERE place = 1),
        sum((line->>'units')::int8)::int8
      FROM holds h CROSS JOIN jsonb_array_elements(h.lines) WITH ORDINALITY AS lines (line, place)
      WHERE order_id BETWEEN $1 AND $2 AND h.lines IS NOT NULL
        AND NOT EXISTS (SELECT FROM unnest($3::uuid[]) AS changed (order_id) WHERE changed.order_id = h.order_id)
      GROUP BY 1, state, is_offer, is_lapsed
      """, ids.0, ids.1, changed)
    // Money is applied only where an order with its units is paid with it; what lies elsewhere breaks the identity. A
    // sum past 64 bits is told as the most that they hold.
    try pipeline.add(
      """
      SELECT p.currency, least(sum(p.captured), $2::int8)::int8 AS captured,
        least(sum(p.refund_due), $2::int8)::int8 AS refund_due, least(sum(p.refunded), $2::int8)::int8 AS refunded,
        least(
          coalesce(sum(p.captured - p.refund_due - p.refunded) FILTER (WHERE h.order_id IS NOT NULL), 0), $2::int8
        )::int8 AS applied
      FROM payments p LEFT JOIN holds h
        ON h.order_id = p.order_id AND h.payment = p.payment AND h.state IN (4, 5) AND h.currency = p.currency
          AND p.captured - p.refund_due - p.refunded <= coalesce(basket_price(h.lines), h.units * h.price_minor)
      WHERE p.sale = $1
        AND NOT EXISTS (SELECT FROM unnest($3::uuid[]) AS changed (order_id) WHERE changed.order_id = p.order_id)
      GROUP BY p.currency ORDER BY p.currency
      """, sale.rawValue, Int64.max, changed)
    try pipeline.add(
      """
      SELECT action, result, count(*) AS records FROM (
        SELECT action, result, partition, log_offset FROM history WHERE order_id BETWEEN $1 AND $2
        UNION ALL
        SELECT action, result, partition, log_offset FROM history WHERE order_id IS NULL AND sale = $3
      ) AS entries WHERE $4::int8[] IS NULL OR log_offset < coalesce(($4::int8[])[partition + 1], 0)
      GROUP BY action, result ORDER BY action, result
      """, ids.0, ids.1, sale.rawValue, before)
    try pipeline.add(Self.basketLines, sale.rawValue, false, before)
  }

  /// By how much the units won of each SKU are more or less than `orders` says, which has all units of a basket under
  /// its first SKU; perhaps only of baskets to which nothing has happened, or that were decided before a vector.
  private static let basketLines: Statement = """
    SELECT line.sku, sum(line.units)::int8 AS units FROM baskets b CROSS JOIN LATERAL (
      SELECT sku, units FROM jsonb_to_recordset(b.lines) AS line (sku text, units int4)
      UNION ALL SELECT b.lines->0->>'sku', -b.units
    ) AS line
    WHERE b.sale = $1 AND b.outcome = 0 AND NOT ($2 AND EXISTS (SELECT FROM holds h WHERE h.order_id = b.order_id))
      AND ($3::int8[] IS NULL OR b.log_offset < coalesce(($3::int8[])[b.partition + 1], 0))
    GROUP BY line.sku
    """
}
