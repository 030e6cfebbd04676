import FlashSale
import Postgres

extension ReportFacts {
  /// Units of a SKU by what became of their orders.
  struct LiveUnits: Sendable {
    var reserved: Int64 = 0
    var confirmed: Int64 = 0
    var paid: Int64 = 0
    var fulfilled: Int64 = 0

    mutating func add(_ units: Int64, _ state: Hold.State) {
      switch state {
      case .reserved: reserved += units
      case .confirmed: confirmed += units
      case .paid: paid += units
      case .fulfilled: fulfilled += units
      case .waiting, .released, .expired, .cancelled, .lapsed, .refundDue, .refunded: break
      }
    }
  }

  /// Adds the statements about lives, money, history and baskets. Each finds the sale's rows by the range of its order
  /// ids, so other sales cost nothing.
  static func askForLives(of sale: SaleNumber, in pipeline: inout Pipeline) throws {
    let ids = (sale.orderIDs.lowerBound.uuid, sale.orderIDs.upperBound.uuid)
    try pipeline.add(
      """
      SELECT sku, state, is_offer, is_lapsed, count(*) AS orders, sum(units)::int8 AS units
      FROM holds WHERE order_id BETWEEN $1 AND $2 AND lines IS NULL GROUP BY sku, state, is_offer, is_lapsed
      UNION ALL
      SELECT line->>'sku', state, is_offer, is_lapsed, count(*) FILTER (WHERE place = 1),
        sum((line->>'units')::int8)::int8
      FROM holds CROSS JOIN jsonb_array_elements(lines) WITH ORDINALITY AS lines (line, place)
      WHERE order_id BETWEEN $1 AND $2 AND holds.lines IS NOT NULL GROUP BY 1, state, is_offer, is_lapsed
      """, ids.0, ids.1)
    // Money is applied only where an order with its units is paid with it; what lies elsewhere breaks the identity.
    try pipeline.add(
      """
      SELECT p.currency, sum(p.captured)::int8 AS captured, sum(p.refund_due)::int8 AS refund_due,
        sum(p.refunded)::int8 AS refunded,
        coalesce(sum(p.captured - p.refund_due - p.refunded) FILTER (WHERE h.order_id IS NOT NULL), 0)::int8 AS applied
      FROM payments p LEFT JOIN holds h
        ON h.order_id = p.order_id AND h.payment = p.payment AND h.state IN (4, 5) AND h.currency = p.currency
          AND p.captured - p.refund_due - p.refunded <= coalesce(basket_price(h.lines), h.units * h.price_minor)
      WHERE p.sale = $1 GROUP BY p.currency ORDER BY p.currency
      """, sale.rawValue)
    try pipeline.add(
      """
      SELECT action, result, count(*) AS records FROM (
        SELECT action, result FROM history WHERE order_id BETWEEN $1 AND $2
        UNION ALL
        SELECT action, result FROM history WHERE order_id IS NULL AND sale = $3
      ) AS entries GROUP BY action, result ORDER BY action, result
      """, ids.0, ids.1, sale.rawValue)
    try pipeline.add(Self.basketLines, sale.rawValue, false)
  }

  /// Adds what those statements answered.
  mutating func add(lives: Rows, money moneyRows: Rows, history: Rows, baskets: Rows) throws {
    for row in baskets { unitsConfirmed[try row.identifier("sku"), default: 0] += try row.int64("units") }
    for row in lives {
      let stored = try row.int16("state")
      guard let state = Hold.State(rawValue: stored) else {
        throw StoreError.unreadable("state \(stored) of an order in the store is not known to this version")
      }
      let (orders, isOffer) = (try row.int64("orders"), try row.bool("is_offer"))
      units[try row.identifier("sku"), default: .init()].add(try row.int64("units"), state)
      self.lives.states[state.code, default: 0] += orders
      if state == .waiting { self.lives.waiting += orders }
      if isOffer { self.lives.offered += orders }
      guard try row.bool("is_lapsed") else { continue }
      self.lives.lapsed += orders
      if isOffer { self.lives.lapsedOffers += orders }
    }
    self.lives.joined = outcomes[.waitlisted] ?? 0
    money = try moneyRows.map { row in
      SaleReport.Money(
        currency: try row.string("currency"), captured: try row.int64("captured"), applied: try row.int64("applied"),
        refundDue: try row.int64("refund_due"), refunded: try row.int64("refunded"))
    }
    self.lives.history = try history.map { row in
      SaleReport.HistoryCount(
        action: try row.historyAction("action").code, result: try row.historyResult("result").code,
        count: try row.int64("records"))
    }
  }

  /// Adds the units of winners that have no row in `holds`: they are confirmed, and nothing has happened to them.
  ///
  /// The first look at the orders has the units of all winners. Only where some have rows are the others looked for; in
  /// a sale without holds these are few.
  mutating func addImplied(of sale: SaleNumber, in transaction: borrowing Transaction) throws {
    guard !lives.states.isEmpty else {
      for (sku, won) in unitsConfirmed { units[sku, default: .init()].confirmed += won }
      return
    }
    let ids = sale.orderIDs
    let rows = try transaction.query(
      """
      SELECT o.sku, sum(o.quantity)::int8 AS units FROM orders o
      WHERE o.order_id BETWEEN $1 AND $2 AND o.generation = ANY ((SELECT generations_of($3))::int4[]) AND o.outcome = 0
        AND NOT EXISTS (SELECT FROM holds h WHERE h.order_id = o.order_id AND h.order_id BETWEEN $1 AND $2)
      GROUP BY o.sku
      """, ids.lowerBound.uuid, ids.upperBound.uuid, [sale.rawValue])
    for row in rows { units[try row.identifier("sku"), default: .init()].confirmed += try row.int64("units") }
    let baskets = try transaction.query(Self.basketLines, sale.rawValue, true)
    for row in baskets { units[try row.identifier("sku"), default: .init()].confirmed += try row.int64("units") }
  }

  /// By how much the units won of each SKU are more or less than `orders` says, which has all units of a basket under
  /// its first SKU; perhaps only of baskets to which nothing has happened.
  static let basketLines: Statement = """
    SELECT line.sku, sum(line.units)::int8 AS units FROM baskets b CROSS JOIN LATERAL (
      SELECT sku, units FROM jsonb_to_recordset(b.lines) AS line (sku text, units int4)
      UNION ALL SELECT b.lines->0->>'sku', -b.units
    ) AS line
    WHERE b.sale = $1 AND b.outcome = 0 AND NOT ($2 AND EXISTS (SELECT FROM holds h WHERE h.order_id = b.order_id))
    GROUP BY line.sku
    """
}

extension Row {
  func historyAction(_ column: Column) throws -> HistoryEntry.Action {
    let stored = try int16(column)
    guard let action = HistoryEntry.Action(rawValue: stored) else {
      throw StoreError.unreadable("action \(stored) in the store's history is not known to this version")
    }
    return action
  }

  func historyResult(_ column: Column) throws -> HistoryEntry.Result {
    let stored = try int16(column)
    guard let result = HistoryEntry.Result(rawValue: stored) else {
      throw StoreError.unreadable("result \(stored) in the store's history is not known to this version")
    }
    return result
  }
}
