public import FlashSale
public import Lane
public import Logging
public import Postgres
public import Time

/// What the time has come for, of the orders of some partitions.
public struct DueOrder: Sendable, Hashable {
  public let order: OrderID
  public let stock: StockKey
  public let partition: Partition

  /// The key under which everything about the order is written.
  public let key: RecordKey

  /// When its hold, or the sale it waits in, was over.
  public let due: Timestamp
}

/// A connection that looks which holds are due. It reads only.
public struct DueHolds: Sendable {
  /// What a look has found.
  public struct Look: Sendable {
    /// The earliest due of each partition first.
    public let orders: [DueOrder]

    /// By the database's clock.
    public let now: Timestamp

    /// When the next hold of these partitions was due, as of just before; `nil`: there was none.
    public let nextDue: Timestamp?
  }

  private let connection: Connection

  /// Connects. Throws `PostgresError` when PostgreSQL cannot be reached or refuses.
  public static func connect(_ settings: DatabaseSettings, logger: Logger) async throws -> DueHolds {
    var settings = settings.findingByIndex()
    settings.statementTimeout = Limits.leaseStatementTimeout
    let thread = StoreThread(label: "expiry")
    return DueHolds(connection: try await Connection.connect(settings, on: thread.executor, logger: logger))
  }

  /// The holds of these partitions whose time is over, in the order in which they were due.
  ///
  /// - Parameter asks: a partition that is missing is not looked at.
  public func holds(_ asks: [Partition: ExpirySchedule.Ask]) async throws -> Look {
    let partitions = asks.keys.sorted()
    // First what is not due yet, and then what is due: the other way round, a hold whose time comes between the two
    // statements would be in neither, and be found by the next look at rest.
    let next = try await connection.query(
      """
      SELECT now(), min(first.due) FROM unnest($1::int4[]) AS mine (partition)
      CROSS JOIN LATERAL (
        SELECT due FROM holds WHERE partition = mine.partition AND state = 2 AND due > now()
        ORDER BY due LIMIT 1
      ) AS first
      """, partitions.map(\.rawValue)
    ).single()
    // Each partition is one look at the index `holds_due`.
    let rows = try await connection.query(
      """
      SELECT h.order_id, h.sale, h.sku, h.partition, h.due, s.id, s.ordering, now() AS now
      FROM unnest($1::int4[], $2::int8[], $3::timestamptz[], $4::uuid[]) AS mine (partition, most, due, order_id)
      CROSS JOIN LATERAL (
        SELECT * FROM holds WHERE partition = mine.partition AND state = 2 AND due <= now()
          AND due >= coalesce(mine.due, '-infinity')
          AND (mine.due IS NULL OR (due, order_id) > (mine.due, mine.order_id))
        ORDER BY due, order_id LIMIT mine.most
      ) AS h
      JOIN sales s ON s.number = h.sale ORDER BY h.due, h.order_id
      """, partitions.map(\.rawValue), partitions.map { Int64(asks[$0]?.most ?? 0) },
      partitions.map { asks[$0]?.after?.due }, partitions.map { asks[$0]?.after?.order.uuid })
    return Look(
      orders: try rows.map(DueOrder.init(row:)),
      now: try rows.last?.timestamp("now") ?? next.timestamp(0), nextDue: try next.optional(1))
  }

  /// The orders of these partitions that wait for units of a sale that is over, or was closed: so many at most in all.
  /// Of a close, nobody knows when it was: they are due now.
  public func waiting(atMost most: [Partition: Int]) async throws -> Look {
    let partitions = most.keys.sorted()
    let rows = try await connection.query(
      """
      SELECT h.order_id, h.sale, h.sku, h.partition, least(ended.ends_at, now()) AS due, ended.id,
        ended.ordering, now() AS now
      FROM (
        SELECT k.sale, k.sku, s.id, s.ordering, coalesce(k.ends_at, s.ends_at) AS ends_at
        FROM sales s JOIN stock k ON k.sale = s.number
        WHERE s.holds ? 'waitlist' AND (k.closed OR coalesce(k.ends_at, s.ends_at) <= now())
      ) AS ended
      CROSS JOIN LATERAL (
        SELECT * FROM holds WHERE sale = ended.sale AND sku = ended.sku AND state = 1 AND partition = ANY($1)
        ORDER BY log_offset LIMIT $2
      ) AS h
      LIMIT $3
      """, partitions.map(\.rawValue), Int64(most.values.max() ?? 0), Int64(most.values.reduce(0, +)))
    let now = try rows.last?.timestamp("now") ?? Timestamp(microseconds: 0)
    return Look(orders: try rows.map(DueOrder.init(row:)), now: now, nextDue: nil)
  }

  /// Closes the connection. Closing twice is fine.
  public func close() async { await connection.close() }
}

extension DueOrder {
  init(row: Row) throws {
    order = OrderID(try row.uuid("order_id"))
    stock = StockKey(sale: try row.saleNumber("sale"), sku: try row.identifier("sku"))
    partition = try row.partition("partition")
    let id: SaleID = try row.identifier("id")
    let ordering = try row.string("ordering")
    guard let ordering = Ordering(rawValue: ordering) else {
      throw StoreError.unreadable("ordering \(ordering.debugDescription) in the store is not known to this version")
    }
    key = RecordKey(sale: id, ordering: ordering, sku: stock.sku)
    due = try row.timestamp("due")
  }
}
