import FlashSale
import Postgres

// What became of orders as of a vector: the rows, and where these have changed since, what the history says.

extension LivingOrder {
  /// First decisions with what became of them up to a vector.
  ///
  /// One statement for the lives, one for the money, and one more if something of it has changed since the vector.
  ///
  /// - Parameters:
  ///   - decisions: of one sale, all covered by the vector.
  ///   - looksAtRefused: whether captures for orders without units are looked for.
  static func orders(
    _ decisions: [StoredOrder], of sale: StoredSale, asOf: OffsetVector, looksAtRefused: Bool,
    over connection: Connection
  ) async throws -> [LivingOrder] {
    let (decisions, priced) = try await withLines(decisions, of: sale, over: connection)
    let prices = Dictionary(
      sale.sale.items.map { ($0.sku, $0.price) }, uniquingKeysWith: { first, _ in first })
    let counted = decisions.filter(\.outcome.isCounted).map(\.order.uuid)
    let paid = looksAtRefused ? decisions.map(\.order.uuid) : counted
    var lives = LivesAsOf(asOf: asOf)
    if !paid.isEmpty { try await lives.load(counted, paid, over: connection) }
    return decisions.map { decision in
      let (life, payments) = lives.standing(of: decision, hasHolds: sale.sale.holds != nil)
      return LivingOrder(
        decision: decision, life: life, price: life?.price ?? prices[decision.stock.sku],
        lines: priced[decision.position] ?? [], payments: payments)
    }
  }

  /// The captures that had come, up to a vector, for orders that were not decided by then.
  static func payments(
    for orders: [OrderID], asOf: OffsetVector, over connection: Connection
  ) async throws -> [Payment] {
    guard !orders.isEmpty else { return [] }
    var lives = LivesAsOf(asOf: asOf)
    try await lives.load([], orders.map(\.uuid), over: connection)
    return orders.flatMap { lives.payments(for: $0) }
  }

  /// The decisions with the lines of those that are baskets, and these lines with their present prices. Only a sale of
  /// several SKUs that one lane decides has any.
  private static func withLines(
    _ decisions: [StoredOrder], of sale: StoredSale, over connection: Connection
  ) async throws -> ([StoredOrder], [LogPosition: [Hold.Line]]) {
    guard sale.sale.ordering == .sale, sale.sale.items.count > 1, !decisions.isEmpty else { return (decisions, [:]) }
    let rows = try await connection.query(
      """
      SELECT b.partition, b.log_offset, b.lines, b.refused_line, priced_lines(b.sale, b.lines) AS priced
      FROM unnest($1::int4[], $2::int8[], $3::uuid[]) AS wanted (partition, log_offset, order_id)
      JOIN baskets b USING (partition, log_offset, order_id)
      """, decisions.map(\.position.partition.rawValue), decisions.map(\.position.offset.rawValue),
      decisions.map(\.order.uuid))
    var found: [LogPosition: (lines: [OrderLine], refused: Int?)] = [:]
    var priced: [LogPosition: [Hold.Line]] = [:]
    for row in rows {
      let position = LogPosition(partition: try row.partition(0), offset: try row.offset(1))
      found[position] = (try row.orderLines(2), try row.optional(3, as: Int16.self).map(Int.init))
      priced[position] = try row.holdLines(4)
    }
    guard !found.isEmpty else { return (decisions, [:]) }
    let whole = decisions.map { decision in
      guard let basket = found[decision.position] else { return decision }
      var decision = decision
      decision.lines = basket.lines
      decision.refusedSKU = basket.refused.flatMap { basket.lines.indices.contains($0) ? basket.lines[$0].sku : nil }
      return decision
    }
    return (whole, priced)
  }
}

/// The lives and the money of some orders, as of a vector.
private struct LivesAsOf {
  private let asOf: OffsetVector
  private var holds: [OrderID: Hold] = [:]
  private var payments: [OrderID: [Payment]] = [:]

  /// Of the orders that have changed since: what the history says up to the vector.
  private var steps: [OrderID: [EarlierLife.Step]] = [:]

  init(asOf: OffsetVector) { self.asOf = asOf }

  mutating func load(_ counted: [UUIDBytes], _ paid: [UUIDBytes], over connection: Connection) async throws {
    var changed: Set<OrderID> = []
    let lives = try await connection.query(
      """
      SELECT h.order_id, h.log_offset, h.due, h.price_minor, h.refund_due, h.as_of, h.sale, h.units, h.extensions,
        h.sequence, h.state, h.is_offer, h.is_lapsed, h.sku, h.currency, h.buyer, h.payment, h.lines, h.partition
      FROM unnest($1::uuid[]) AS wanted (order_id) JOIN holds h ON h.order_id = wanted.order_id
      """, counted)
    for row in lives {
      let hold = try Hold(row: row)
      holds[hold.order] = hold
      if try hold.asOf > asOf[row.partition("partition")] { changed.insert(hold.order) }
    }
    let money = try await connection.query(
      """
      SELECT p.sale, p.payment, p.order_id, p.captured, p.refund_due, p.refunded, p.as_of, p.currency, p.counted, p.sku,
        p.partition
      FROM unnest($1::uuid[]) AS wanted (order_id) CROSS JOIN LATERAL payments_of(wanted.order_id) AS p
      ORDER BY p.order_id, p.currency, p.payment
      """, paid)
    for row in money {
      let payment = try Payment(row: row)
      payments[payment.order, default: []].append(payment)
      if try payment.asOf > asOf[row.partition("partition")] { changed.insert(payment.order) }
    }
    guard !changed.isEmpty else { return }
    let history = try await connection.query(
      """
      SELECT y.order_id, y.action, y.result, y.units, y.minor, y.state, y.sequence, y.payment, y.line_units
      FROM unnest($1::uuid[]) AS wanted (order_id) JOIN history y ON y.order_id = wanted.order_id
      WHERE y.log_offset < coalesce(($2::int8[])[y.partition + 1], 0)
      ORDER BY y.order_id, y.partition, y.log_offset, y.place
      """, changed.map(\.uuid), asOf.dense)
    for order in changed { steps[order] = [] }
    for row in history { steps[OrderID(try row.uuid(0)), default: []].append(try EarlierLife.Step(row: row)) }
  }

  func standing(of decision: StoredOrder, hasHolds: Bool) -> (life: Hold?, payments: [Payment]) {
    let (hold, payments) = (holds[decision.order], payments[decision.order] ?? [])
    guard let steps = steps[decision.order] else { return (hold, payments) }
    var earlier = EarlierLife(
      decision.outcome, decision.quantity, lines: decision.lines.map(\.quantity), hasHolds: hasHolds)
    for step in steps { earlier.add(step) }
    return (hold.flatMap { $0.standing(as: earlier) }, payments.compactMap { $0.standing(as: earlier) })
  }

  /// The captures for an order without units.
  func payments(for order: OrderID) -> [Payment] {
    let payments = payments[order] ?? []
    guard let steps = steps[order] else { return payments }
    var earlier = EarlierLife(.rejected(.soldOut), .zero, hasHolds: false)
    for step in steps { earlier.add(step) }
    return payments.compactMap { $0.standing(as: earlier) }
  }
}

extension EarlierLife.Step {
  fileprivate init(row: Row) throws {
    self.init(
      action: try row.historyAction(1), result: try row.historyResult(2), units: try row.int32(3),
      minor: try row.int64(4), state: try row.optional(5, as: Int16.self).flatMap(Hold.State.init(rawValue:)),
      sequence: try row.int32(6), payment: try row.optional(7, as: String.self).map { try PaymentID(validating: $0) },
      lineUnits: try row.lineUnits(8))
  }
}
