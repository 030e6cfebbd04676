public import FlashSale
import Postgres
public import Time

/// An order with its first and only decision (I4).
public struct StoredOrder: Sendable, Hashable {
  public let order: OrderID

  /// The record that was decided, not a later repeat of it.
  public let position: LogPosition
  public let stock: StockKey
  public let buyer: BuyerID

  /// Of all its lines.
  public let quantity: Units
  public let outcome: Outcome

  /// All lines of a basket, in the buyer's order; empty for an order of one line, which `stock` and `quantity` say.
  public internal(set) var lines: [OrderLine]

  /// The SKU for which a basket is refused; `nil` for any other order.
  public internal(set) var refusedSKU: SKU?

  /// By intake's clock.
  public let acceptedAt: Timestamp

  /// By the worker's clock, when it wrote the batch.
  public let decidedAt: Timestamp

  /// What became of it since; `nil` where nothing has, or nobody asked.
  public internal(set) var life: StoredLife?
}

extension SaleStore {
  /// The orders of these ids that are decided, in no particular order. One statement, whatever their number.
  public func orders(_ ids: [OrderID]) async throws -> [StoredOrder] {
    // OFFSET keeps the planner from joining otherwise than by one look at the primary key for each id and generation.
    // With arrays in one condition, and without statistics, it read whole generations. The line of those who wait is
    // read once for each stock, up to the last of them.
    let rows = try await pool.withConnection { connection in
      try await connection.query(
        """
        WITH answer AS MATERIALIZED (
          SELECT found.order_id, found.partition, found.log_offset, found.sale, found.sku, found.buyer, found.quantity,
            found.outcome, found.accepted_at, found.decided_at,
            b.lines AS basket, b.refused_line, life.lines, life.state, life.units, life.due, life.price_minor,
            life.currency, life.extensions, life.refund_due, life.sequence
          FROM unnest($1::uuid[]) AS wanted (order_id) CROSS JOIN unnest(generations_of($2)) AS kept (generation)
          CROSS JOIN LATERAL (
            SELECT * FROM orders WHERE generation = kept.generation AND order_id = wanted.order_id OFFSET 0
          ) AS found
          LEFT JOIN LATERAL (
            SELECT lines, refused_line FROM baskets
            WHERE partition = found.partition AND log_offset = found.log_offset AND order_id = found.order_id OFFSET 0
          ) AS b ON true
          LEFT JOIN LATERAL (
            SELECT * FROM holds WHERE order_id = found.order_id AND found.outcome IN (0, 100) OFFSET 0
          ) AS life ON true
        ), waiting AS (
          SELECT line.order_id, line.ahead
          FROM (
            SELECT sale, sku, max(log_offset) AS last FROM answer WHERE state = 1 GROUP BY sale, sku
          ) AS asked
          CROSS JOIN LATERAL (
            SELECT order_id, row_number() OVER (ORDER BY log_offset) - 1 AS ahead FROM holds
            WHERE sale = asked.sale AND sku = asked.sku AND state = 1 AND log_offset <= asked.last
            ORDER BY log_offset LIMIT 1000
          ) AS line
        )
        SELECT answer.*, CASE WHEN answer.state = 1 THEN coalesce(waiting.ahead, 1000) END AS ahead
        FROM answer LEFT JOIN waiting USING (order_id)
        """, Set(ids).map(\.uuid), Set(ids.map(\.sale.rawValue)).sorted())
    }
    return try rows.map { row in
      var order = try StoredOrder(row: row)
      order.life = try StoredLife(row: row)
      return order
    }
  }

  /// Of these places in the log, those whose record could not be decided.
  public func quarantined(_ positions: [LogPosition], topic: String) async throws -> Set<LogPosition> {
    let rows = try await pool.withConnection { connection in
      try await connection.query(
        """
        SELECT q.partition, q.log_offset FROM quarantined_records q
        JOIN unnest($2::int4[], $3::int8[]) AS wanted (partition, log_offset) USING (partition, log_offset)
        WHERE q.topic = $1
        """, topic, positions.map(\.partition.rawValue), positions.map(\.offset.rawValue))
    }
    return try Set(rows.map { LogPosition(partition: try $0.partition(0), offset: try $0.offset(1)) })
  }
}

extension StoredOrder {
  init(row: Row) throws {
    order = OrderID(try row.uuid("order_id"))
    position = LogPosition(partition: try row.partition("partition"), offset: try row.offset("log_offset"))
    stock = StockKey(sale: try row.saleNumber("sale"), sku: try row.identifier("sku"))
    buyer = try row.identifier("buyer")
    quantity = try row.units("quantity")
    outcome = try Outcome(stored: row.int16("outcome"))
    acceptedAt = try row.timestamp("accepted_at")
    decidedAt = try row.timestamp("decided_at")
    let lines = try row.orderLines("basket")
    let refused = try row.optional("refused_line", as: Int16.self).map(Int.init)
    refusedSKU = refused.flatMap { lines.indices.contains($0) ? lines[$0].sku : nil }
    self.lines = lines
  }
}
