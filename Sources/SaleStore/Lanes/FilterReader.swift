import FlashSale
package import Lane
package import Logging
package import Postgres

/// A worker's connection that makes filters of closed generations, one after another, beside the lanes.
package struct FilterReader: Sendable {
  private let connection: Connection

  /// Connects. Throws `PostgresError` when PostgreSQL cannot be reached or refuses.
  package static func connect(_ settings: ConnectionSettings, logger: Logger) async throws -> FilterReader {
    var settings = settings.findingByIndex()
    // Some seconds for a million orders that are not in memory.
    settings.sessionParameters["statement_timeout"] = "0"
    return FilterReader(connection: try await Connection.connect(settings, logger: logger))
  }

  /// Closes the connection. Closing twice is fine.
  package func close() async { await connection.close() }

  /// How many orders a closed generation has.
  package func size(of generation: SaleGeneration) async throws -> Int {
    // Arrays begin with 1.
    let rows = try await connection.query(
      "SELECT coalesce(sizes[$2], 0) FROM sale_generations WHERE sale = $1", generation.sale.rawValue,
      generation.number.rawValue + 1)
    return Int(clamping: try rows.first?.int64(0) ?? 0)
  }

  /// A filter of all orders of a closed generation.
  package func filter(of generation: SaleGeneration, size: Int) async throws -> IDFilter {
    let ids = generation.sale.orderIDs
    var filter = IDFilter(for: size)
    // No row is added to a closed generation, so that the pages need no common snapshot.
    var last = ids.lowerBound
    while true {
      let page = try await connection.query(
        """
        SELECT order_id FROM orders WHERE generation = $1 AND order_id > $2 AND order_id <= $3
        ORDER BY order_id LIMIT $4
        """,
        generation.number.rawValue, last.uuid, ids.upperBound.uuid, Limits.filterPageOrders)
      for row in page {
        last = OrderID(try row.uuid(0))
        filter.insert(last)
      }
      if page.count < Int(Limits.filterPageOrders) { return filter }
    }
  }
}
