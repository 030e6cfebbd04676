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
    // Where no order has several lines, an order's row says all that its SKU is looked for by.
    let hasBaskets = sale.sale.ordering == .sale && sale.sale.items.count > 1
    let looksAtRefused = try await hasUncountedPayments(of: sale.number)
    var place = cursor?.place ?? filter.path.start(of: sale.number)
    var found: [LivingOrder] = []
    var searched = 0
    // Where all fit, one batch is the page.
    var batch = limit + 1
    while true {
      let part = try await candidates(of: sale, filter, asOf, after: place, batch)
      let fitting = part.candidates.filter { candidate in
        asOf.covers(candidate.order.position) && filter.fits(candidate.order)
          && (hasBaskets || filter.fitsSKU(candidate.order))
      }
      let lives = try await pool.withConnection { connection in
        try await LivingOrder.orders(
          fitting.map(\.order), of: sale, asOf: asOf, looksAtRefused: looksAtRefused, over: connection)
      }
      searched += part.searched
      for (candidate, life) in zip(fitting, lives)
      where filter.fitsSKU(life.decision) && (filter.state == nil || life.state == filter.state?.code) {
        if found.count == limit { return page(found, place, searched) }
        found.append(life)
        place = candidate.place
      }
      if let end = part.end {
        place = end
      } else {
        guard case .id(let generation, _) = place, filter.path == .all,
          try await isClosed(generation, of: sale.number)
        else { return OrderPage(orders: found, next: nil, searched: searched) }
        place = .id(generation: generation + 1, sale.number.orderIDs.lowerBound)
      }
      if searched >= part.most { return page(found, place, searched) }
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
    case .winners, .state, .buyer, .waitlisted: .log(LogPosition(partition: 0, offset: Offset(-1)))
    }
  }
}

/// An order that may fit, and where the search stands behind it.
private struct Candidate {
  let order: StoredOrder
  let place: OrderCursor.Place
}

/// What was looked at in one step.
private struct SearchedPart {
  let candidates: [Candidate]

  /// Orders that were looked at for them.
  let searched: Int

  /// Where the next step begins; `nil`: nothing is left.
  let end: OrderCursor.Place?

  /// Orders that a page looks at.
  var most = Limits.searchedOrders

  /// Of rows that were asked for so many at a time.
  init(_ candidates: [Candidate], of limit: Int) {
    self.candidates = candidates
    searched = candidates.count
    end = candidates.count < limit ? nil : candidates.last?.place
  }

  init(_ candidates: [Candidate], searched: Int, end: LogPosition?) {
    (self.candidates, self.searched) = (candidates, searched)
    self.end = end.map { .log($0) }
    most = Limits.searchedLives
  }
}

extension SaleStore {
  private func candidates(
    of sale: StoredSale, _ filter: OrderFilter, _ asOf: OffsetVector, after place: OrderCursor.Place, _ limit: Int
  ) async throws -> SearchedPart {
    try await pool.withConnection { connection in
      switch place {
      case .id(let generation, let after):
        let rows = try await connection.query(
          """
          SELECT order_id, partition, log_offset, sku, buyer, quantity, outcome, accepted_at, decided_at FROM orders
          WHERE generation = $1 AND order_id > $2 AND order_id <= $3 ORDER BY order_id LIMIT $4
          """, generation, after.uuid, sale.number.orderIDs.upperBound.uuid, Int32(limit))
        let candidates = try rows.map { row in
          let order = try StoredOrder(row: row, of: sale.number)
          return Candidate(order: order, place: .id(generation: generation, order.order))
        }
        return SearchedPart(candidates, of: limit)
      case .log(let after):
        // Every winner of a sale with holds has a life, in some state.
        let isByState =
          filter.path == .state || filter.path == .winners && filter.state != nil && sale.sale.holds != nil
        if isByState, let state = filter.state {
          return try await connection.standing(in: state, of: sale.number, asOf, after: after, limit)
        }
        let rows = try await connection.inOrder(of: sale.number, filter, after: after, Int32(limit))
        return SearchedPart(try rows.map { try Candidate(row: $0, of: sale.number) }, of: limit)
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

extension Candidate {
  init(row: Row, of sale: SaleNumber) throws {
    order = try StoredOrder(row: row, of: sale)
    place = .log(order.position)
  }
}

extension Connection {
  /// Orders that count or counted for a limit, in the order of the log, each path by an index of its own.
  fileprivate func inOrder(
    of sale: SaleNumber, _ filter: OrderFilter, after: LogPosition, _ limit: Int32
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
    case .waitlisted:
      return try query(
        """
        SELECT order_id, partition, log_offset, sku, buyer, quantity, outcome, accepted_at, decided_at FROM orders
        WHERE outcome = 100 AND sale = $1 AND (partition, log_offset) > ($2, $3)
        ORDER BY partition, log_offset LIMIT $4
        """, sale.rawValue, partition, offset, limit)
    case .winners, .state, .all:
      return try query(
        """
        SELECT order_id, partition, log_offset, sku, buyer, quantity, outcome, accepted_at, decided_at FROM orders
        WHERE outcome = 0 AND log_offset >= 0 AND sale = $1 AND (partition, log_offset) > ($2, $3)
        ORDER BY partition, log_offset LIMIT $4
        """, sale.rawValue, partition, offset, limit)
    }
  }

  /// Orders with lives that stand in a state, or may have stood there as of the vector.
  ///
  /// These stand there now, or something has happened to them since the vector. Where little has, the history says to
  /// which. Where much has, it would be read for each page; then all lives are walked through, in the order of the log.
  fileprivate func standing(
    in state: Hold.State, of sale: SaleNumber, _ asOf: OffsetVector, after: LogPosition, _ limit: Int
  ) async throws -> SearchedPart {
    let changes = try query(
      """
      SELECT FROM unnest($1::int8[]) WITH ORDINALITY AS v (next, place) CROSS JOIN LATERAL (
        SELECT FROM history WHERE partition = (v.place - 1)::int4 AND log_offset >= v.next
        ORDER BY log_offset LIMIT $2
      ) AS later LIMIT $2
      """, asOf.dense, Int32(Limits.searchedChanges + 1))
    if changes.count > Limits.searchedChanges { return try await walk(state, of: sale, asOf, after: after, limit) }
    // A life's order is found by its place and the index `orders_begun`: its id would be looked for in each generation
    // of the sale. OFFSET keeps the planner from reading the whole history, and all orders.
    let rows = try query(
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
        SELECT * FROM orders WHERE partition = c.partition AND log_offset = c.log_offset AND order_id = c.order_id
          AND outcome IN (0, 100) AND log_offset >= 0
        OFFSET 0
      ) AS o ORDER BY o.partition, o.log_offset LIMIT $5
      """, sale.rawValue, state.rawValue, after.partition.rawValue, after.offset.rawValue, Int32(limit), asOf.dense)
    return SearchedPart(try rows.map { try Candidate(row: $0, of: sale) }, of: limit)
  }

  /// The next lives in the order of the log; of these, the orders that stand in the state or have changed since.
  private func walk(
    _ state: Hold.State, of sale: SaleNumber, _ asOf: OffsetVector, after: LogPosition, _ limit: Int
  ) async throws -> SearchedPart {
    let limit = min(limit, Limits.searchedLives)
    let lives = try query(
      """
      SELECT c.order_id, c.partition, c.log_offset,
        c.state = $2 OR c.as_of > coalesce(($6::int8[])[c.partition + 1], 0) AS fits
      FROM unnest(ARRAY[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]::int2[]) AS s (state) CROSS JOIN LATERAL (
        SELECT order_id, partition, log_offset, state, as_of FROM holds
        WHERE sale = $1 AND state = s.state AND (partition, log_offset) > ($3, $4)
        ORDER BY partition, log_offset LIMIT $5
      ) AS c ORDER BY c.partition, c.log_offset LIMIT $5
      """, sale.rawValue, state.rawValue, after.partition.rawValue, after.offset.rawValue, Int32(limit), asOf.dense)
    let fitting = try lives.filter { try $0.bool(3) }
    let rows = try query(
      """
      SELECT o.order_id, o.partition, o.log_offset, o.sku, o.buyer, o.quantity, o.outcome, o.accepted_at, o.decided_at
      FROM unnest($1::uuid[], $2::int4[], $3::int8[]) AS c (order_id, partition, log_offset) CROSS JOIN LATERAL (
        SELECT * FROM orders WHERE partition = c.partition AND log_offset = c.log_offset AND order_id = c.order_id
          AND outcome IN (0, 100) AND log_offset >= 0
        OFFSET 0
      ) AS o ORDER BY o.partition, o.log_offset
      """, try fitting.map { try $0.uuid(0) }, try fitting.map { try $0.int32(1) },
      try fitting.map { try $0.int64(2) })
    let last =
      try lives.count < limit
      ? nil
      : lives.last.map { row in
        LogPosition(partition: try row.partition(1), offset: try row.offset(2))
      }
    return SearchedPart(try rows.map { try Candidate(row: $0, of: sale) }, searched: lives.count, end: last)
  }
}
