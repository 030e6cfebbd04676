import Postgres

/// The offers to those who waited, as the store has them.
struct OffersMade {
  let count: Int64

  /// Those whose order was accepted before one of the same stock that was offered units earlier.
  let overtaken: Int64

  init(_ connection: Connection) async throws {
    // Action 8 is an offer.
    let row = try await connection.query(
      """
      SELECT count(*), count(*) FILTER (WHERE log_offset < last) FROM (
        SELECT orders.log_offset,
          max(orders.log_offset) OVER (PARTITION BY orders.sale, orders.sku ORDER BY history.log_offset, place) AS last
        FROM history JOIN orders USING (order_id) WHERE action = 8
      ) AS offers
      """
    ).single()
    (count, overtaken) = (try row.int64(0), try row.int64(1))
  }
}
