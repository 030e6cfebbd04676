public import FlashSale
internal import Postgres
internal import Time

extension RelayStore {
  /// Reads the next events of a partition.
  ///
  /// - Parameter limit: about how many; the offers of one restock come whole in any case.
  public func events(of standing: Standing, limit: Int32) async throws -> EventPage {
    let page = try await events(in: standing.partition, from: standing.next, to: standing.decided, limit: limit)
    guard page.next == standing.next, standing.lag > 0 else { return page }
    // One record alone has more than a page.
    return try await events(in: standing.partition, from: standing.next, to: standing.next.next, limit: nil)
  }

  private func events(in partition: Partition, from: Offset, to: Offset, limit: Int32?) async throws -> EventPage {
    let rows = limit ?? Limits.relayRecordEvents
    let tables = try await connection.transaction(isolation: .repeatableRead, readOnly: true) { transaction in
      [
        try Self.firstDecisions(in: partition, from: from, to: to, limit: rows, transaction),
        try Self.changes(in: partition, from: from, to: to, limit: rows, transaction),
      ]
    }
    return EventPage(tables, limit: limit.map(Int.init), upTo: to)
  }

  private static func firstDecisions(
    in partition: Partition, from: Offset, to: Offset, limit: Int32, _ transaction: borrowing Transaction
  ) throws -> [EventPage.Row] {
    let rows = try transaction.query(
      """
      SELECT o.log_offset, o.order_id, o.quantity, o.outcome, o.accepted_at, o.sku, o.buyer, s.id AS sale,
        (s.holds->>'seconds')::int4 AS hold_seconds, coalesce(h.price_minor, k.price_minor) AS price_minor, k.currency,
        b.lines AS basket, coalesce(h.lines, priced_lines(b.sale, b.lines)) AS lines
      FROM (
        SELECT partition, log_offset, order_id, quantity, outcome, accepted_at, sku, buyer, sale FROM orders
        WHERE outcome IN (0, 100) AND log_offset >= 0 AND partition = $1 AND log_offset >= $2 AND log_offset < $3
        ORDER BY log_offset LIMIT $4
      ) AS o
      JOIN sales s ON s.number = o.sale JOIN stock k ON k.sale = o.sale AND k.sku = o.sku
      LEFT JOIN baskets b ON b.partition = o.partition AND b.log_offset = o.log_offset AND b.order_id = o.order_id
      LEFT JOIN holds h ON h.order_id = o.order_id ORDER BY o.log_offset
      """, partition.rawValue, from.rawValue, to.rawValue, limit)
    return try rows.map { row in
      let offset = try row.offset("log_offset")
      let event = OrderEvent(
        firstAt: LogPosition(partition: partition, offset: offset), of: try EventSubject(row: row),
        isWaiting: try Outcome(stored: row.int16("outcome")) == .waitlisted,
        holdSeconds: try row.optional("hold_seconds"), units: try row.units("quantity"),
        lineUnits: try row.orderLines("basket").map(\.quantity.rawValue), at: try row.timestamp("accepted_at"))
      return EventPage.Row(offset: offset, place: -1, event: event)
    }
  }

  private static func changes(
    in partition: Partition, from: Offset, to: Offset, limit: Int32, _ transaction: borrowing Transaction
  ) throws -> [EventPage.Row] {
    let rows = try transaction.query(
      """
      SELECT y.log_offset, y.place, y.order_id, y.sale AS number, y.units, y.minor, y.sequence, y.action, y.result,
        y.state, y.at, y.by_whom, y.reason, y.sku, y.line_units, y.due, h.buyer, h.lines, s.id AS sale,
        coalesce(h.price_minor, k.price_minor) AS price_minor, coalesce(h.currency, k.currency) AS currency,
        CASE WHEN y.action = 1 THEN paid.currency ELSE coalesce(h.currency, paid.currency) END AS money_currency,
        CASE WHEN y.action IN (1, 2) THEN paid.payment ELSE h.payment END AS payment
      FROM (
        SELECT * FROM history
        WHERE partition = $1 AND log_offset >= $2 AND log_offset < $3 ORDER BY log_offset, place LIMIT $4
      ) AS y
      JOIN sales s ON s.number = y.sale JOIN stock k ON k.sale = y.sale AND k.sku = y.sku
      LEFT JOIN holds h ON h.order_id = y.order_id
      LEFT JOIN payments paid ON paid.sale = y.sale AND paid.payment = y.payment AND paid.order_id = y.order_id
      ORDER BY y.log_offset, y.place
      """, partition.rawValue, from.rawValue, to.rawValue, limit)
    return try rows.map { row in
      let place = try row.int16("place")
      let offset = try row.offset("log_offset")
      guard let order: UUIDBytes = try row.optional("order_id") else {
        return EventPage.Row(offset: offset, place: place, event: nil)
      }
      let event = OrderEvent(
        try HistoryEntry(row: row, of: OrderID(order)), in: partition, of: try EventSubject(row: row),
        currency: try row.optional("money_currency"),
        payment: try row.optional("payment", as: String.self).map { try PaymentID(validating: $0) })
      return EventPage.Row(offset: offset, place: place, event: event)
    }
  }
}

extension EventSubject {
  fileprivate init(row: Row) throws {
    self.init(
      order: OrderID(try row.uuid("order_id")), sale: try row.identifier("sale"), sku: try row.identifier("sku"),
      buyer: try row.optional("buyer", as: String.self).map { try BuyerID(validating: $0, field: "buyer") },
      price: try Price(minor: row.int64("price_minor"), currency: row.string("currency")),
      lines: try row.holdLines("lines"))
  }
}

extension HistoryEntry {
  fileprivate init(row: Row, of order: OrderID) throws {
    let (action, result) = (try row.int16("action"), try row.int16("result"))
    guard let knownAction = Action(rawValue: action), let knownResult = Result(rawValue: result) else {
      throw StoreError.unreadable("action \(action) with result \(result) in the history is not known to this version")
    }
    let state: Int16? = try row.optional("state")
    self.init(
      offset: try row.offset("log_offset"), place: try row.int16("place"),
      stock: StockKey(sale: try row.saleNumber("number"), sku: try row.identifier("sku")), order: order,
      action: knownAction, result: knownResult, units: try row.int32("units"),
      lineUnits: try row.lineUnits("line_units"), minor: try row.int64("minor"),
      state: state.flatMap(Hold.State.init(rawValue:)), sequence: try row.int32("sequence"),
      at: try row.timestamp("at"), command: nil,
      due: try row.optional("due"), by: try Actor(name: row.string("by_whom"), reason: row.string("reason")))
  }
}
