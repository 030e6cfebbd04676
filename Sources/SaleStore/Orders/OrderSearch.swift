public import FlashSale
import Postgres

/// A page of the orders that were looked for.
public struct OrderPage: Sendable {
  /// In the order of the log, or, where all orders are looked through, of the ids.
  public let orders: [LivingOrder]

  /// Where the next page begins; `nil`: there is none.
  public let next: OrderCursor?

  /// Orders that were looked at. Where few fit, a page ends at `Limits.searchedOrders` with fewer than were asked for.
  public let searched: Int
}

extension SaleStore {
  /// Most orders on a page of a search.
  public static var foundOrdersMost: Int { Int(Limits.foundOrders) }

  /// A page of a sale's orders as of a vector: each that fits, once, whatever lanes do meanwhile.
  ///
  /// The first page begins without a cursor; a cursor must belong to the sale and the filter, and its vector counts.
  /// What a page costs does not grow with the number of orders.
  ///
  /// - Parameter limit: most orders on the page, 1 to `Limits.foundOrders`.
  public func orders(
    of sale: StoredSale, _ filter: OrderFilter, asOf: OffsetVector, after cursor: OrderCursor? = nil, limit: Int
  ) async throws -> OrderPage {
    let asOf = cursor?.asOf ?? asOf
    let limit = min(max(limit, 1), Int(Limits.foundOrders))
    var place = cursor?.place ?? filter.path.start(of: sale.number)
    var found: [LivingOrder] = []
    var searched = 0
    // Where all fit, one batch is the page.
    var batch = limit + 1
    while true {
      let candidates = try await candidates(of: sale.number, filter, asOf, after: place, batch)
      let fitting = candidates.filter { asOf.covers($0.order.position) && filter.fits($0.order) }
      let lives = try await pool.withConnection { connection in
        try await LivingOrder.orders(
          fitting.map(\.order), of: sale, asOf: asOf, looksAtRefused: true, over: connection)
      }
      for (candidate, life) in zip(fitting, lives)
      where filter.fitsSKU(life.decision) && (filter.state == nil || life.state == filter.state?.code) {
        if found.count == limit { return page(found, place, searched) }
        found.append(life)
        place = candidate.place
      }
      searched += candidates.count
      if candidates.count < batch {
        guard case .id(let generation, _) = place, filter.path == .all,
          try await isClosed(generation, of: sale.number)
        else { return OrderPage(orders: found, next: nil, searched: searched) }
        place = .id(generation: generation + 1, sale.number.orderIDs.lowerBound)
      } else if let last = candidates.last {
        place = last.place
      }
      if searched >= Limits.searchedOrders { return page(found, place, searched) }
      batch = min(batch * 4, Limits.searchBatchOrders)
    }
    func page(_ orders: [LivingOrder], _ place: OrderCursor.Place, _ searched: Int) -> OrderPage {
      OrderPage(
        orders: orders,
        next: OrderCursor(asOf: asOf, sale: sale.number, filter: filter.fingerprint, place: place),
        searched: searched)
    }
  }

  /// The orders that a capture's id names, with their sales; a provider's id can be in several sales.
  public func orders(paidBy payment: PaymentID) async throws -> [OrderID] {
    let rows = try await pool.withConnection { connection in
      try await connection.query(
        """
        SELECT p.order_id FROM sales CROSS JOIN LATERAL (
          SELECT order_id FROM payments WHERE sale = sales.number AND payment = $1 OFFSET 0
        ) AS p ORDER BY p.order_id LIMIT 100
        """, payment.rawValue)
    }
    return try rows.map { OrderID(try $0.uuid(0)) }
  }
}

extension OrderFilter.Path {
  fileprivate func start(of sale: SaleNumber) -> OrderCursor.Place {
    switch self {
    case .all: .id(generation: 0, sale.orderIDs.lowerBound)
    case .winners, .state, .buyer, .lives: .log(LogPosition(partition: 0, offset: Offset(-1)))
    }
  }
}

/// An order that may fit, and where the search stands behind it.
private struct Candidate {
  let order: StoredOrder
  let place: OrderCursor.Place
}

extension SaleStore {
  private func candidates(
    of sale: SaleNumber, _ filter: OrderFilter, _ asOf: OffsetVector, after place: OrderCursor.Place, _ limit: Int
  ) async throws -> [Candidate] {
    let limit = Int32(limit)
    return try await pool.withConnection { connection in
      let rows: Rows
      switch place {
      case .id(let generation, let after):
        rows = try await connection.query(
          """
          SELECT order_id, partition, log_offset, sku, buyer, quantity, outcome, accepted_at, decided_at FROM orders
          WHERE generation = $1 AND order_id > $2 AND order_id <= $3 ORDER BY order_id LIMIT $4
          """, generation, after.uuid, sale.orderIDs.upperBound.uuid, limit)
        return try rows.map { row in
          let order = try StoredOrder(row: row, of: sale)
          return Candidate(order: order, place: .id(generation: generation, order.order))
        }
      case .log(let after):
        rows = try await connection.inOrder(of: sale, filter, asOf, after: after, limit)
      }
      return try rows.map { row in
        let order = try StoredOrder(row: row, of: sale)
        return Candidate(order: order, place: .log(order.position))
      }
    }
  }

  private func isClosed(_ generation: Int32, of sale: SaleNumber) async throws -> Bool {
    let rows = try await pool.withConnection { connection in
      try await connection.query(
        "SELECT FROM sale_generations WHERE sale = $1 AND cardinality(sizes) > $2", sale.rawValue, generation)
    }
    return !rows.isEmpty
  }
}

extension Connection {
  /// Orders that count or counted for a limit, in the order of the log, each path by an index of its own.
  fileprivate func inOrder(
    of sale: SaleNumber, _ filter: OrderFilter, _ asOf: OffsetVector, after: LogPosition, _ limit: Int32
  ) async throws -> Rows {
    let (partition, offset) = (after.partition.rawValue, after.offset.rawValue)
    switch filter.path {
    case .buyer:
      return try query(
        """
        SELECT order_id, partition, log_offset, sku, buyer, quantity, outcome, accepted_at, decided_at FROM orders
        WHERE sale = $1 AND buyer = $2 AND outcome IN (0, 100) AND (partition, log_offset) > ($3, $4)
        ORDER BY partition, log_offset LIMIT $5
        """, sale.rawValue, filter.buyer?.rawValue ?? "", partition, offset, limit)
    case .state:
      // Those that stand there now, and those that something has happened to since the vector: they may have stood
      // there. OFFSET keeps the planner from reading the whole history.
      return try query(
        """
        SELECT o.order_id, o.partition, o.log_offset, o.sku, o.buyer, o.quantity, o.outcome, o.accepted_at, o.decided_at
        FROM (
          (SELECT order_id, partition, log_offset FROM holds
            WHERE sale = $1 AND state = $2 AND (partition, log_offset) > ($3, $4)
            ORDER BY partition, log_offset LIMIT $5)
          UNION
          (SELECT h.order_id, h.partition, h.log_offset FROM (
              SELECT DISTINCT later.order_id FROM unnest($6::int8[]) WITH ORDINALITY AS v (next, place)
              CROSS JOIN LATERAL (
                SELECT order_id FROM history
                WHERE partition = (v.place - 1)::int4 AND log_offset >= v.next AND sale = $1 AND order_id IS NOT NULL
                OFFSET 0
              ) AS later
            ) AS changed CROSS JOIN LATERAL (
              SELECT order_id, partition, log_offset FROM holds WHERE order_id = changed.order_id OFFSET 0
            ) AS h
            WHERE (h.partition, h.log_offset) > ($3, $4) ORDER BY h.partition, h.log_offset LIMIT $5)
        ) AS c CROSS JOIN LATERAL (
          SELECT * FROM orders WHERE generation = ANY ((SELECT generations_of($7))::int4[]) AND order_id = c.order_id
          OFFSET 0
        ) AS o ORDER BY o.partition, o.log_offset LIMIT $5
        """, sale.rawValue, filter.state?.rawValue ?? 0, partition, offset, limit, asOf.dense, [sale.rawValue])
    case .lives:
      return try query(
        """
        SELECT o.order_id, o.partition, o.log_offset, o.sku, o.buyer, o.quantity, o.outcome, o.accepted_at, o.decided_at
        FROM unnest(ARRAY[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]::int2[]) AS s (state) CROSS JOIN LATERAL (
          SELECT order_id, partition, log_offset FROM holds
          WHERE sale = $1 AND state = s.state AND (partition, log_offset) > ($2, $3)
          ORDER BY partition, log_offset LIMIT $4
        ) AS c CROSS JOIN LATERAL (
          SELECT * FROM orders WHERE generation = ANY ((SELECT generations_of($5))::int4[]) AND order_id = c.order_id
          OFFSET 0
        ) AS o ORDER BY o.partition, o.log_offset LIMIT $4
        """, sale.rawValue, partition, offset, limit, [sale.rawValue])
    case .winners, .all:
      return try query(
        """
        SELECT order_id, partition, log_offset, sku, buyer, quantity, outcome, accepted_at, decided_at FROM orders
        WHERE outcome = 0 AND log_offset >= 0 AND sale = $1 AND (partition, log_offset) > ($2, $3)
        ORDER BY partition, log_offset LIMIT $4
        """, sale.rawValue, partition, offset, limit)
    }
  }
}
