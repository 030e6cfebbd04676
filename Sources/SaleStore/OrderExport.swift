public import FlashSale
internal import Postgres

/// All orders of a sale, page by page: generation by generation, in the order of their ids.
///
/// Holds one page in memory, and a connection only while it reads one, even if its reader is slow. A first decision is
/// written once and never changed, so the pages need no common snapshot; what became of an order is as of its page.
/// Every order that existed at the start comes, once, and some of those decided meanwhile. A page has at most
/// `Limits.exportPageOrders`, and at least one.
public struct OrderPages: AsyncSequence, Sendable {
  let store: SaleStore
  let sale: SaleNumber

  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(store: store, sale: sale, after: sale.orderIDs.lowerBound)
  }

  /// Reads a page when it is asked for one.
  public struct AsyncIterator: AsyncIteratorProtocol {
    let store: SaleStore
    let sale: SaleNumber
    var generation: Int32 = 0
    var after: OrderID

    /// The next page, or `nil` after the last one. Throws `PostgresError` or `StoreError.unreadable`.
    public mutating func next() async throws -> [LivingOrder]? {
      while true {
        let page = try await store.orderPage(in: generation, after: after, upTo: sale.orderIDs.upperBound)
        if let last = page.last {
          after = last.decision.order
          return page
        }
        guard try await store.isClosed(generation, of: sale) else { return nil }
        generation += 1
        after = sale.orderIDs.lowerBound
      }
    }
  }
}

extension SaleStore {
  /// The orders of a sale, for an export of any size.
  public func orderPages(of sale: SaleNumber) -> OrderPages { OrderPages(store: self, sale: sale) }

  /// The first orders of a range of ids, without its lower end, which is not a valid id or was on the page before.
  fileprivate func orderPage(
    in generation: Int32, after: OrderID, upTo: OrderID
  ) async throws -> [LivingOrder] {
    try await pool.withConnection { connection in
      let rows = try await connection.query(
        """
        SELECT o.*, k.price_minor, k.currency, b.lines AS basket, b.refused_line,
          priced_lines(b.sale, b.lines) AS priced
        FROM (
          SELECT order_id, partition, log_offset, sale, sku, buyer, quantity, outcome, accepted_at, decided_at
          FROM orders WHERE generation = $1 AND order_id > $2 AND order_id <= $3 ORDER BY order_id LIMIT $4
        ) AS o LEFT JOIN stock k ON k.sale = o.sale AND k.sku = o.sku
        LEFT JOIN baskets b ON b.partition = o.partition AND b.log_offset = o.log_offset ORDER BY o.order_id
        """, generation, after.uuid, upTo.uuid, Limits.exportPageOrders)
      return try await LivingOrder.orders(rows, of: rows.map { try OrderID($0.uuid(0)) }, over: connection)
    }
  }

  /// Whether a later generation of the sale is open.
  fileprivate func isClosed(_ generation: Int32, of sale: SaleNumber) async throws -> Bool {
    let rows = try await pool.withConnection { connection in
      try await connection.query(
        "SELECT FROM sale_generations WHERE sale = $1 AND cardinality(sizes) > $2", sale.rawValue, generation)
    }
    return !rows.isEmpty
  }
}
