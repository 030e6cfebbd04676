public import FlashSale
import Postgres

/// An order that waits for units that come back.
public struct WaitingOrder: Sendable, Hashable {
  public let order: OrderID

  /// What it waits for, less what was cancelled.
  public let units: Units

  /// Creates one.
  public init(order: OrderID, units: Units) {
    self.order = order
    self.units = units
  }
}

extension SaleStore {
  /// The orders that wait for a stock, the first in line first, at most `Limits.waitingShown`.
  public func firstWaiting(for stock: StockKey) async throws -> [WaitingOrder] {
    try await pool.withConnection { connection in
      try await connection.query(
        "SELECT order_id, units FROM holds WHERE sale = $1 AND sku = $2 AND state = 1 ORDER BY log_offset LIMIT $3",
        stock.sale.rawValue, stock.sku.rawValue, Limits.waitingShown)
    }.map { row in WaitingOrder(order: OrderID(try row.uuid(0)), units: try row.units(1)) }
  }
}
