public import FlashSale
internal import Postgres

/// All orders of a sale as of one vector of the log, page by page: generation by generation, in the order of their ids.
///
/// Each order that was decided before the vector comes, once, as it stood there, whatever lanes do meanwhile. So an
/// export equals the report at its vector, and asked for again it is the same.
///
/// Holds two pages in memory, the second being read while the first is used, and a connection only while it reads one,
/// even if its reader is slow. A page has at most `Limits.exportPageOrders`, and at least one.
public struct OrderPages: AsyncSequence, Sendable {
  let store: SaleStore
  let sale: StoredSale
  let asOf: OffsetVector

  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(cursor: Cursor(store: store, sale: sale, asOf: asOf))
  }

  /// Reads the next page before it is asked for.
  public struct AsyncIterator: AsyncIteratorProtocol {
    private typealias Read = Task<(page: [LivingOrder], cursor: Cursor)?, any Error>

    private var next: Read?

    fileprivate init(cursor: Cursor) { next = Self.read(cursor) }

    /// The next page, or `nil` after the last one. Throws `PostgresError` or `StoreError.unreadable`.
    public mutating func next() async throws -> [LivingOrder]? {
      guard let task = next else { return nil }
      next = nil
      let read = try await withTaskCancellationHandler {
        try await task.value
      } onCancel: {
        task.cancel()
      }
      guard let read else { return nil }
      next = Self.read(read.cursor)
      return read.page
    }

    private static func read(_ cursor: Cursor) -> Read {
      Task {
        var cursor = cursor
        return try await cursor.next().map { ($0, cursor) }
      }
    }
  }

  /// Where a reader is, and what it need not ask again.
  fileprivate struct Cursor: Sendable {
    let store: SaleStore
    let sale: StoredSale
    let asOf: OffsetVector
    var generation: Int32 = 0
    var after: OrderID

    /// Whether the sale has captures for orders without units; `nil`: not asked yet.
    var hasUncounted: Bool?

    init(store: SaleStore, sale: StoredSale, asOf: OffsetVector) {
      (self.store, self.sale, self.asOf) = (store, sale, asOf)
      after = sale.number.orderIDs.lowerBound
    }

    mutating func next() async throws -> [LivingOrder]? {
      if hasUncounted == nil { hasUncounted = try await store.hasUncountedPayments(of: sale.number) }
      while true {
        let page = try await store.orderPage(
          of: sale, in: generation, after: after, asOf: asOf, looksAtRefused: hasUncounted ?? true)
        if let last = page.last {
          after = last.decision.order
          return page
        }
        guard try await store.isClosed(generation, of: sale.number) else { return nil }
        generation += 1
        after = sale.number.orderIDs.lowerBound
      }
    }
  }
}

extension SaleStore {
  /// The orders of a sale as of a vector, for an export of any size.
  public func orderPages(of sale: StoredSale, asOf: OffsetVector) -> OrderPages {
    OrderPages(store: self, sale: sale, asOf: asOf)
  }

  /// How far the lanes have decided: everything before it has its effect in the store.
  public func vector(topic: String) async throws -> OffsetVector {
    let rows = try await pool.withConnection { connection in
      try await connection.query("SELECT partition, next_offset FROM partition_progress WHERE topic = $1", topic)
    }
    return OffsetVector(
      Dictionary(try rows.map { (try $0.partition(0), try $0.offset(1)) }, uniquingKeysWith: { first, _ in first }))
  }

  /// Whether a sale has captures for orders without units: rare, and otherwise nobody looks for them.
  func hasUncountedPayments(of sale: SaleNumber) async throws -> Bool {
    let rows = try await pool.withConnection { connection in
      try await connection.query("SELECT FROM payments WHERE sale = $1 AND NOT counted LIMIT 1", sale.rawValue)
    }
    return !rows.isEmpty
  }

  /// The first orders behind an id in a generation.
  fileprivate func orderPage(
    of sale: StoredSale, in generation: Int32, after: OrderID, asOf: OffsetVector, looksAtRefused: Bool
  ) async throws -> [LivingOrder] {
    try await pool.withConnection { connection in
      let rows = try await connection.query(
        """
        SELECT order_id, partition, log_offset, sku, buyer, quantity, outcome, accepted_at, decided_at FROM orders
        WHERE generation = $1 AND order_id > $2 AND order_id <= $3
          AND log_offset < coalesce(($4::int8[])[partition + 1], 0)
        ORDER BY order_id LIMIT $5
        """, generation, after.uuid, sale.number.orderIDs.upperBound.uuid, asOf.dense, Limits.exportPageOrders)
      let decisions = try rows.map { try StoredOrder(row: $0, of: sale.number) }
      return try await LivingOrder.orders(
        decisions, of: sale, asOf: asOf, looksAtRefused: looksAtRefused, over: connection)
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

extension StoredOrder {
  /// A row whose columns stand in this order: an export reads millions.
  init(row: Row, of sale: SaleNumber) throws {
    order = OrderID(try row.uuid(0))
    position = LogPosition(partition: try row.partition(1), offset: try row.offset(2))
    stock = StockKey(sale: sale, sku: try row.identifier(3))
    buyer = try row.identifier(4)
    quantity = try row.units(5)
    outcome = try Outcome(stored: row.int16(6))
    acceptedAt = try row.timestamp(7)
    decidedAt = try row.timestamp(8)
    lines = []
    refusedSKU = nil
  }
}
