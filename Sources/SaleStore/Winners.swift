public import FlashSale
import Postgres

extension SaleStore {
  /// Lends the winners of these lanes, of each from an offset on, in batches and in no particular order: who was
  /// confirmed, and who waited and was offered units. All are of one snapshot, and one connection is held meanwhile.
  /// Nothing is asked if there is no lane.
  ///
  /// A lane commits its batches in the order of the log, so of each lane a snapshot has every winner up to the last
  /// one that it has.
  ///
  /// Throws `PostgresError`, and what `body` throws.
  public func winners(
    from offsets: [SaleLane: Offset], _ body: @Sendable ([Winner]) async throws -> Void
  ) async throws {
    guard !offsets.isEmpty else { return }
    let lanes = Array(offsets)
    // The inner queries are run once for each lane, by the indexes `orders_won` and `history_offers`: their conditions
    // ask for what the index says of its rows, and their order is the index's, so that no other is as good.
    _ = try await pool.withConnection { connection in
      try await connection.stream(
        """
        SELECT won.order_id, lane.partition, won.log_offset
        FROM unnest($1::int4[], $2::int4[], $3::int8[]) AS lane (sale, partition, next)
        CROSS JOIN LATERAL (
          (SELECT order_id, log_offset FROM orders
          WHERE outcome = 0 AND sale = lane.sale AND partition = lane.partition AND log_offset >= lane.next
            AND log_offset >= 0
          ORDER BY log_offset)
          UNION ALL
          (SELECT order_id, log_offset FROM history
          WHERE action = 8 AND result = 0 AND sale = lane.sale AND partition = lane.partition
            AND log_offset >= lane.next
          ORDER BY log_offset)
        ) AS won
        """,
        lanes.map(\.key.sale.rawValue), lanes.map(\.key.partition.rawValue), lanes.map(\.value.rawValue)
      ) { rows in try await body(rows.map(Winner.init(row:))) }
    }
  }
}

extension Winner {
  init(row: Row) throws {
    self.init(
      order: OrderID(try row.uuid(0)),
      position: LogPosition(partition: try row.partition(1), offset: try row.offset(2)))
  }
}
