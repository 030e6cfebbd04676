import FlashSale
import Lane
import Postgres

/// The rows of `holds`, `payments` and `history` that a batch reads.
enum LifeRows {
  /// How many statements load what commands about orders name.
  static let orderStatements = 6

  /// How many statements `addSearch` adds.
  static func statements(for needs: CommandNeeds) -> Int {
    (needs.areAboutOrders ? orderStatements : 0) + (needs.stockKeys.isEmpty ? 0 : 1)
  }

  /// Adds the statements that load what commands name.
  static func addSearch(for needs: CommandNeeds, to pipeline: inout Pipeline) throws {
    if needs.areAboutOrders { try addOrders(needs, to: &pipeline) }
    guard !needs.stockKeys.isEmpty else { return }
    let keys = needs.stockKeys.sorted()
    // The first one that had an id counts. Later ones with it did nothing.
    try pipeline.add(
      """
      SELECT wanted.sale, wanted.sku, wanted.command_id, first.digest
      FROM unnest($1::int4[], $2::text[], $3::int8[]) AS wanted (sale, sku, command_id)
      CROSS JOIN LATERAL (
        SELECT digest FROM history h
        WHERE h.sale = wanted.sale AND h.sku = wanted.sku AND h.command_id = wanted.command_id AND h.order_id IS NULL
        ORDER BY h.log_offset LIMIT 1
      ) AS first
      """, keys.map(\.stock.sale.rawValue), keys.map(\.stock.sku.rawValue), keys.map(\.id.rawValue))
  }

  private static func addOrders(_ needs: CommandNeeds, to pipeline: inout Pipeline) throws {
    let orders = needs.orders.sorted().map(\.uuid)
    let sales = Set(needs.orders.map(\.sale.rawValue)).sorted()
    try pipeline.add(
      """
      SELECT h.order_id, h.log_offset, h.due, h.price_minor, h.refund_due, h.as_of, h.sale, h.units, h.extensions,
        h.sequence, h.state, h.is_offer, h.is_lapsed, h.sku, h.currency, h.buyer, h.payment, h.lines
      FROM unnest($1::uuid[]) AS wanted (order_id) JOIN holds h ON h.order_id = wanted.order_id
      """, orders)
    // Without a row there it was refused, or confirmed in a sale without holds, or it is unknown.
    try pipeline.add(
      """
      SELECT o.order_id, o.log_offset, o.sale, o.quantity, o.outcome, o.sku, o.buyer, k.price_minor, k.currency,
        (
          SELECT priced_lines(b.sale, b.lines) FROM baskets b
          WHERE b.partition = o.partition AND b.log_offset = o.log_offset AND b.order_id = o.order_id
        ) AS lines
      FROM (
        SELECT wanted.order_id FROM unnest($1::uuid[]) AS wanted (order_id)
        LEFT JOIN holds h ON h.order_id = wanted.order_id WHERE h.order_id IS NULL
      ) AS missing
      CROSS JOIN unnest(generations_of($2)) AS kept (generation)
      CROSS JOIN LATERAL (
        SELECT * FROM orders WHERE generation = kept.generation AND order_id = missing.order_id OFFSET 0
      ) AS o
      JOIN stock k ON k.sale = o.sale AND k.sku = o.sku
      """, orders, sales)
    try pipeline.add(
      """
      SELECT s.order_id, s.kind, s.subject, s.units
      FROM unnest($1::uuid[]) AS wanted (order_id) JOIN subjects_held s ON s.order_id = wanted.order_id
      ORDER BY s.order_id, s.kind
      """, orders)
    try pipeline.add(
      """
      SELECT p.sale, p.payment, p.order_id, p.captured, p.refund_due, p.refunded, p.as_of, p.counted,
        p.sku, p.currency
      FROM unnest($1::int4[], $2::text[]) AS wanted (sale, payment)
      JOIN payments p ON p.sale = wanted.sale AND p.payment = wanted.payment
      """, needs.payments.map(\.sale.rawValue), needs.payments.map(\.id.rawValue))
    try pipeline.add(
      """
      SELECT p.sale, p.payment, p.order_id, p.captured, p.refund_due, p.refunded, p.as_of, p.counted,
        p.sku, p.currency
      FROM unnest($1::uuid[]) AS wanted (order_id) JOIN holds h ON h.order_id = wanted.order_id
      JOIN payments p ON p.sale = h.sale AND p.payment = h.payment
      """, orders)
    // A payment (action 1) is known by its own id, and not by its command's. What is older than digests has none.
    try pipeline.add(
      """
      SELECT wanted.order_id, wanted.command_id, first.sale, wanted.sku, coalesce(first.digest, 0)
      FROM unnest($1::uuid[], $2::int8[], $3::text[]) AS wanted (order_id, command_id, sku)
      CROSS JOIN LATERAL (
        SELECT sale, digest FROM history h
        WHERE h.order_id = wanted.order_id AND h.command_id = wanted.command_id AND h.sku = wanted.sku
          AND h.action <> 1
        ORDER BY h.log_offset LIMIT 1
      ) AS first
      """, needs.keys.map(\.order.uuid), needs.keys.map(\.id.rawValue), needs.keys.map(\.stock.sku.rawValue))
  }

  /// How many statements `addWaiting` adds.
  static let waitingStatements = 2

  /// Adds the statements that load who waits for these stocks, in the order of the log.
  static func addWaiting(for stock: Set<StockKey>, to pipeline: inout Pipeline) throws {
    let (sales, skus) = (stock.map(\.sale.rawValue), stock.map(\.sku.rawValue))
    try pipeline.add(
      """
      SELECT h.order_id, h.log_offset, h.due, h.price_minor, h.refund_due, h.as_of, h.sale, h.units, h.extensions,
        h.sequence, h.state, h.is_offer, h.is_lapsed, h.sku, h.currency, h.buyer, h.payment, h.lines
      FROM unnest($1::int4[], $2::text[]) AS wanted (sale, sku)
      JOIN holds h ON h.sale = wanted.sale AND h.sku = wanted.sku AND h.state = 1 ORDER BY h.log_offset
      """, sales, skus)
    try pipeline.add(
      """
      SELECT s.order_id, s.kind, s.subject, s.units
      FROM unnest($1::int4[], $2::text[]) AS wanted (sale, sku)
      JOIN holds h ON h.sale = wanted.sale AND h.sku = wanted.sku AND h.state = 1
      JOIN subjects_held s ON s.order_id = h.order_id ORDER BY s.order_id, s.kind
      """, sales, skus)
  }
}

extension LoadedFacts {
  /// Reads the answer about commands about stock of `LifeRows.addSearch`.
  mutating func add(stockCommands answers: ArraySlice<Rows>) throws {
    for rows in answers {
      for row in rows {
        let key = LaneStock.StockCommandKey(
          stock: StockKey(sale: try row.saleNumber(0), sku: try row.identifier(1)),
          id: CommandID(rawValue: try row.int64(2)))
        doneToStock[key] = CommandDigest(rawValue: try row.int64(3))
      }
    }
  }

  /// Reads the answers about orders of `LifeRows.addSearch`.
  mutating func add(commands answers: ArraySlice<Rows>) throws {
    let answers = Array(answers)
    let subjects = try Self.subjects(answers[2])
    for row in answers[0] {
      let hold = try Hold(row: row, subjects: subjects)
      lives[hold.order] = .hold(hold)
    }
    for row in answers[1] {
      let order = OrderID(try row.uuid("order_id"))
      let implied = try Hold(impliedBy: row, subjects: subjects[order] ?? [])
      let stock = StockKey(sale: try row.saleNumber("sale"), sku: try row.identifier("sku"))
      lives[order] = implied.map { .hold($0) } ?? .refused(stock)
    }
    for rows in answers[3...4] {
      for row in rows {
        let payment = try Payment(row: row)
        payments[payment.key] = payment
      }
    }
    for row in answers[5] {
      let key = LaneStock.CommandKey(
        order: OrderID(try row.uuid(0)), stock: StockKey(sale: try row.saleNumber(2), sku: try row.identifier(3)),
        id: CommandID(rawValue: try row.int64(1)))
      done[key] = CommandDigest(rawValue: try row.int64(4))
    }
  }

  /// Reads the answers of `LifeRows.addWaiting`.
  mutating func add(waiting answers: ArraySlice<Rows>) throws {
    let answers = Array(answers)
    let subjects = try Self.subjects(answers[1])
    for row in answers[0] { add(waiting: try Hold(row: row, subjects: subjects)) }
  }

  private static func subjects(_ rows: Rows) throws -> [OrderID: [Hold.Counted]] {
    var subjects: [OrderID: [Hold.Counted]] = [:]
    for row in rows {
      subjects[OrderID(try row.uuid(0)), default: []].append(
        Hold.Counted(kind: try row.identifier(1), id: try row.identifier(2), count: try row.units(3)))
    }
    return subjects
  }
}

extension Hold {
  /// A row of `holds`.
  init(row: Row, subjects: [OrderID: [Counted]] = [:]) throws {
    let order = OrderID(try row.uuid("order_id"))
    let state = try row.int16("state")
    guard let state = State(rawValue: state) else {
      throw StoreError.unreadable("state \(state) of an order in the store is not known to this version")
    }
    self.init(
      order: order, stock: StockKey(sale: try row.saleNumber("sale"), sku: try row.identifier("sku")),
      buyer: try row.identifier("buyer"),
      price: try Price(minor: row.int64("price_minor"), currency: row.string("currency")),
      offset: try row.offset("log_offset"), state: state, units: try row.units("units"),
      due: try row.optional("due"), isOffer: try row.bool("is_offer"), isLapsed: try row.bool("is_lapsed"),
      extensions: try row.int32("extensions"),
      payment: try row.optional("payment", as: String.self).map { try PaymentID(validating: $0) },
      refundDue: try row.int64("refund_due"), sequence: try row.int32("sequence"), asOf: try row.offset("as_of"),
      subjects: subjects[order] ?? [], lines: try row.holdLines("lines"))
  }

  /// What a row of `orders` says of an order that nothing has happened to; `nil`: it was refused.
  init?(impliedBy row: Row, subjects: [Counted]) throws {
    guard try Outcome(stored: row.int16("outcome")) == .confirmed else { return nil }
    let offset = try row.offset("log_offset")
    self.init(
      order: OrderID(try row.uuid("order_id")),
      stock: StockKey(sale: try row.saleNumber("sale"), sku: try row.identifier("sku")),
      buyer: try row.identifier("buyer"),
      price: try Price(minor: row.int64("price_minor"), currency: row.string("currency")), offset: offset,
      state: .confirmed, units: try row.units("quantity"), due: nil, isOffer: false, isLapsed: false, extensions: 0,
      payment: nil, refundDue: 0, sequence: 1, asOf: offset.next, subjects: subjects,
      lines: try row.holdLines("lines"))
  }
}

extension Payment {
  /// A row of `payments`.
  init(row: Row) throws {
    self.init(
      key: Key(sale: try row.saleNumber("sale"), id: try row.identifier("payment")),
      order: OrderID(try row.uuid("order_id")), sku: try row.identifier("sku"),
      isCounted: try row.bool("counted"), currency: try row.string("currency"),
      captured: try row.int64("captured"), refundDue: try row.int64("refund_due"),
      refunded: try row.int64("refunded"), asOf: try row.offset("as_of"))
  }
}
