import FlashSale
import Lane
import Postgres

/// The rows of `baskets`: the lines of first decisions of several lines.
enum BasketRows {
  /// Adds the statement that writes those of a batch.
  static func add(_ orders: [Effects.Order], of claim: Claim, to pipeline: inout Pipeline) throws {
    let refused = orders.map { order in
      if case .rejected = order.outcome { Int16(order.refusedLine) } else { Int16?.none }
    }
    try pipeline.add(
      """
      INSERT INTO baskets (order_id, log_offset, partition, sale, units, outcome, refused_line, lines)
      SELECT b.order_id, b.log_offset, $8, b.sale, b.units, b.outcome, b.refused_line, b.lines::jsonb
      FROM unnest($1::uuid[], $2::int8[], $3::int4[], $4::int4[], $5::int2[], $6::int2[], $7::text[])
        AS b (order_id, log_offset, sale, units, outcome, refused_line, lines)
      """,
      orders.map(\.request.order.uuid), orders.map(\.offset.rawValue), orders.map(\.request.stock.sale.rawValue),
      orders.map(\.request.quantity.rawValue), orders.map(\.outcome.stored), refused,
      orders.map(\.request.storedLines), claim.partition.rawValue)
  }
}
