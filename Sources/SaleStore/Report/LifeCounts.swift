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

  init(of sale: SaleNumber, in transaction: borrowing Transaction) throws {
    let answers = try transaction.pipeline { pipeline in try Self.ask(of: sale, in: &pipeline) }
    (lives, money, history, baskets) = (answers[0], answers[1], answers[2], answers[3])
    impliedBaskets = try transaction.query(Self.basketLines, sale.rawValue, true)
    implied =
      lives.isEmpty
      ? nil
      : try transaction.query(
        """
        SELECT o.sku, sum(o.quantity)::int8 AS units FROM orders o
        WHERE o.sale = $1 AND o.outcome = 0 AND o.log_offset >= 0
          AND NOT EXISTS (SELECT FROM holds h WHERE h.order_id = o.order_id AND h.order_id BETWEEN $2 AND $3)
        GROUP BY o.sku
        """, sale.rawValue, sale.orderIDs.lowerBound.uuid, sale.orderIDs.upperBound.uuid)
  }

  /// Adds the statements about lives, money, history and baskets. Each finds the sale's rows by the range of its order
  /// ids, so other sales cost nothing.
  private static func ask(of sale: SaleNumber, in pipeline: inout Pipeline) throws {
    let ids = (sale.orderIDs.lowerBound.uuid, sale.orderIDs.upperBound.uuid)
    try pipeline.add(
      """
      SELECT sku, state, is_offer, is_lapsed, count(*) AS orders, sum(units)::int8 AS units
      FROM holds WHERE order_id BETWEEN $1 AND $2 AND lines IS NULL GROUP BY sku, state, is_offer, is_lapsed
      UNION ALL
      SELECT line->>'sku', state, is_offer, is_lapsed, count(*) FILTER (WHERE place = 1),
        sum((line->>'units')::int8)::int8
      FROM holds CROSS JOIN jsonb_array_elements(lines) WITH ORDINALITY AS lines (line, place)
      WHERE order_id BETWEEN $1 AND $2 AND holds.lines IS NOT NULL GROUP BY 1, state, is_offer, is_lapsed
      """, ids.0, ids.1)
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
      WHERE p.sale = $1 GROUP BY p.currency ORDER BY p.currency
      """, sale.rawValue, Int64.max)
    try pipeline.add(
      """
      SELECT action, result, count(*) AS records FROM (
        SELECT action, result FROM history WHERE order_id BETWEEN $1 AND $2
        UNION ALL
        SELECT action, result FROM history WHERE order_id IS NULL AND sale = $3
      ) AS entries GROUP BY action, result ORDER BY action, result
      """, ids.0, ids.1, sale.rawValue)
    try pipeline.add(Self.basketLines, sale.rawValue, false)
  }

  /// By how much the units won of each SKU are more or less than `orders` says, which has all units of a basket under
  /// its first SKU; perhaps only of baskets to which nothing has happened.
  private static let basketLines: Statement = """
    SELECT line.sku, sum(line.units)::int8 AS units FROM baskets b CROSS JOIN LATERAL (
      SELECT sku, units FROM jsonb_to_recordset(b.lines) AS line (sku text, units int4)
      UNION ALL SELECT b.lines->0->>'sku', -b.units
    ) AS line
    WHERE b.sale = $1 AND b.outcome = 0 AND NOT ($2 AND EXISTS (SELECT FROM holds h WHERE h.order_id = b.order_id))
    GROUP BY line.sku
    """
}
