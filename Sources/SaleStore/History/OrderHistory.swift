public import FlashSale
import Lane
import Postgres
public import Time

/// Everything that the store knows of one order.
public struct OrderHistory: Sendable {
  /// The sale that the order's id names; `nil`: there is no such sale.
  public let sale: SaleID?

  /// The first decision; `nil`: there is none.
  public let decision: StoredOrder?

  /// What became of it; `nil`: it was refused, or nothing has happened to it.
  public let life: Hold?

  /// The captures that named it, in the order of their ids.
  public let payments: [Payment]

  /// What later records did to it, or why they did nothing; in the order of the log.
  public let entries: [StoredEntry]

  /// What its lane would know of it if a command about it came now: its life, also where nothing has happened to it,
  /// its payments, and the levels of its SKUs. Who waits for them is left out, and so is what buyers and subjects have:
  /// that says to whom units go that come back, and not what becomes of this order.
  public let lane: LaneStock

  /// What the lane would change; `nil`: the store has no first decision of it, or it was refused.
  public var hold: Hold? { decision.flatMap { lane.hold($0.order) } }

  /// Whether the store knows nothing of it.
  public var isEmpty: Bool { decision == nil && payments.isEmpty && entries.isEmpty }
}

/// A row of the history.
public struct StoredEntry: Sendable, Hashable {
  public let position: LogPosition

  /// Which of its record's entries it is, from 0.
  public let place: Int16
  public let action: HistoryEntry.Action
  public let result: HistoryEntry.Result

  /// As in `HistoryEntry`.
  public let units: Int32
  public let lineUnits: [Int32]
  public let minor: Int64
  public let state: Hold.State?
  public let sequence: Int32
  public let at: Timestamp
  public let command: CommandID?

  /// Who wanted it, and why; the reason can be empty.
  public let by: String
  public let reason: String

  /// The payment that a capture or a refund names.
  public let payment: PaymentID?

  /// The end of the hold, where the entry set it.
  public let due: Timestamp?
}

/// A first decision, and what became of the order.
public struct LivingOrder: Sendable {
  public let decision: StoredOrder

  /// `nil`: it was refused, or nothing has happened to it.
  public let life: Hold?

  /// The price at which it was won, of its first line; `nil`: the sale has no such SKU any more.
  public let price: Price?

  /// What became of each line of a basket; empty for an order of one line.
  public let lines: [Hold.Line]

  /// The captures that have come for it, where somebody has looked for them.
  public let payments: [Payment]

  /// Creates one from its parts.
  ///
  /// - Parameter lines: those of a basket with their prices, as far as `life` does not say them.
  public init(decision: StoredOrder, life: Hold?, price: Price?, lines: [Hold.Line] = [], payments: [Payment] = []) {
    self.decision = decision
    self.life = life
    self.price = price
    self.lines = life?.lines ?? lines
    self.payments = payments
  }

  /// What is to be paid back of its captures, by currency.
  public var refundDue: [Money] {
    payments.isEmpty
      ? []
      : Money.sums(payments.map { Money(minor: $0.refundDue, currency: $0.currency) }.filter { $0.minor > 0 })
  }

  /// Where it stands, by `Hold.State.code`; `rejected` for one that was refused.
  public var state: String {
    if let life { return life.state.code }
    return decision.outcome == .confirmed ? Hold.State.confirmed.code : "rejected"
  }

  /// The units that count for its buyer.
  public var liveUnits: Units { life?.liveUnits ?? (decision.outcome.holdsUnits ? decision.quantity : .zero) }

  /// What its units cost; `nil`: it has none.
  public var amount: Money? {
    guard liveUnits > .zero, let price else { return nil }
    guard lines.isEmpty else {
      return Money(
        minor: lines.reduce(0) { $0 + Int64($1.units.rawValue) * $1.priceMinor }, currency: price.currency)
    }
    return Money(minor: Int64(liveUnits.rawValue) * price.minor, currency: price.currency)
  }
}

extension SaleStore {
  /// Everything about one order, of one snapshot. Its cost does not grow with the number of orders.
  public func history(of order: OrderID) async throws -> OrderHistory {
    try await pool.withConnection { connection in
      try await connection.transaction(isolation: .repeatableRead, readOnly: true) { transaction in
        let answers = try transaction.pipeline { pipeline in
          try OrderHistory.ask(&pipeline, order)
          try LifeRows.addSearch(for: CommandNeeds(about: order), to: &pipeline)
        }
        let payments = try answers[2].map(Payment.init(row:))
        var lane = try LaneStock(knowing: order, answers.suffix(LifeRows.orderStatements), payments)
        let stock = lane.stock(of: order)
        lane.stock = try LevelRows.levels(transaction.pipeline { try LevelRows.addSearch(for: stock, to: &$0) }[0])
        return OrderHistory(
          sale: try answers[0].first.map { try $0.identifier(0) },
          decision: try answers[1].first.map(StoredOrder.init(row:)),
          life: lane.hold(order).flatMap { $0.isImplied ? nil : $0 }, payments: payments,
          entries: try answers[3].map(StoredEntry.init(row:)), lane: lane)
      }
    }
  }
}

extension LaneStock {
  /// An order's lane, without the levels.
  fileprivate init(knowing order: OrderID, _ answers: ArraySlice<Rows>, _ payments: [Payment]) throws {
    self.init()
    var facts = LoadedFacts()
    try facts.add(commands: answers)
    awaited = [order]
    lives = facts.lives
    self.payments = Dictionary(payments.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
  }

  fileprivate func hold(_ order: OrderID) -> Hold? {
    if case .hold(let hold)? = lives[order] { hold } else { nil }
  }

  /// The stock that decides the order, and what it has lines of.
  fileprivate func stock(of order: OrderID) -> Set<StockKey> {
    switch lives[order] {
    case .hold(let hold): Set(hold.lines.map { StockKey(sale: order.sale, sku: $0.sku) } + [hold.stock])
    case .refused(let stock): [stock]
    case nil: []
    }
  }
}

extension OrderHistory {
  fileprivate static func ask(_ pipeline: inout Pipeline, _ order: OrderID) throws {
    try pipeline.add("SELECT id FROM sales WHERE number = $1", order.sale.rawValue)
    try pipeline.add(
      """
      SELECT o.order_id, o.partition, o.log_offset, o.sale, o.sku, o.buyer, o.quantity, o.outcome, o.accepted_at,
        o.decided_at, b.lines AS basket, b.refused_line
      FROM orders o
      LEFT JOIN baskets b ON b.partition = o.partition AND b.log_offset = o.log_offset AND b.order_id = o.order_id
      WHERE o.order_id = $1 AND o.generation = ANY ((SELECT generations_of($2))::int4[])
      """, order.uuid, [order.sale.rawValue])
    try pipeline.add(
      """
      SELECT sale, payment, order_id, captured, refund_due, refunded, as_of, currency, counted, sku
      FROM payments_of($1) ORDER BY payment
      """, order.uuid)
    try pipeline.add(
      """
      SELECT partition, log_offset, place, action, result, units, minor, state, sequence, at, command_id, by_whom,
        reason, payment, line_units, due
      FROM history WHERE order_id = $1 ORDER BY partition, log_offset, place
      """, order.uuid)
  }
}

extension StoredEntry {
  fileprivate init(row: Row) throws {
    position = LogPosition(partition: try row.partition(0), offset: try row.offset(1))
    place = try row.int16(2)
    action = try row.historyAction(3)
    result = try row.historyResult(4)
    units = try row.int32(5)
    minor = try row.int64(6)
    state = try row.optional(7, as: Int16.self).flatMap(Hold.State.init(rawValue:))
    sequence = try row.int32(8)
    at = try row.timestamp(9)
    command = try row.optional(10, as: Int64.self).map(CommandID.init(rawValue:))
    by = try row.string(11)
    reason = try row.string(12)
    payment = try row.optional(13, as: String.self).map { try PaymentID(validating: $0) }
    lineUnits = try row.lineUnits(14)
    due = try row.optional(15)
  }
}
