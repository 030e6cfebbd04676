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
  public let quantity: Units
  public let outcome: Outcome

  /// By intake's clock.
  public let acceptedAt: Timestamp

  /// By the worker's clock, when it wrote the batch.
  public let decidedAt: Timestamp
}

extension SaleStore {
  /// The orders of these ids that are decided, in no particular order. One statement, whatever their number.
  public func orders(_ ids: [OrderID]) async throws -> [StoredOrder] {
    // OFFSET keeps the planner from joining otherwise than by one look at the primary key for each id and generation.
    // With arrays in one condition, and without statistics, it read whole generations.
    let rows = try await pool.withConnection { connection in
      try await connection.query(
        """
        SELECT found.order_id, partition, log_offset, sale, sku, buyer, quantity, outcome, accepted_at, decided_at
        FROM unnest($1::uuid[]) AS wanted (order_id) CROSS JOIN unnest(generations_of($2)) AS kept (generation)
        CROSS JOIN LATERAL (
          SELECT * FROM orders WHERE generation = kept.generation AND order_id = wanted.order_id OFFSET 0
        ) AS found
        """, Set(ids).map(\.uuid), Set(ids.map(\.sale.rawValue)).sorted())
    }
    return try rows.map(StoredOrder.init(row:))
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
  }
}
