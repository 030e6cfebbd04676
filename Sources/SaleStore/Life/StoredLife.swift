public import FlashSale
import Postgres
public import Time

/// Where an order stands that won units, or waits for some (`Hold`), as its buyer is told.
public struct StoredLife: Sendable, Hashable {
  public let state: Hold.State

  /// What the order is for, less what was cancelled; of a basket, over all lines.
  public let units: Units

  /// All lines of a basket; empty for an order of one line.
  public let lines: [Hold.Line]

  /// Until when unpaid units are held; `nil` in any other state.
  public let due: Timestamp?

  /// The price of one unit at which it was won.
  public let price: Price

  /// How often the hold was extended.
  public let extensions: Int32

  /// Minor units that are to be paid back.
  public let refundDue: Int64

  /// The number of its last event.
  public let sequence: Int32

  /// Orders that wait before it, at most 1,000; `nil` if it does not wait.
  public let ahead: Int64?

  /// What is to be paid for its units, in minor units.
  public var amountMinor: Int64 {
    guard !lines.isEmpty else { return Int64(units.rawValue) * price.minor }
    return lines.reduce(0) { $0 + Int64($1.units.rawValue) * $1.priceMinor }
  }

  /// `nil` where the row has none.
  init?(row: Row) throws {
    guard let number: Int16 = try row.optional("state") else { return nil }
    guard let state = Hold.State(rawValue: number) else {
      throw StoreError.unreadable("state \(number) of an order in the store is not known to this version")
    }
    self.state = state
    units = try row.units("units")
    lines = try row.holdLines("lines")
    due = try row.optional("due")
    price = try Price(minor: row.int64("price_minor"), currency: row.string("currency"))
    extensions = try row.int32("extensions")
    refundDue = try row.int64("refund_due")
    sequence = try row.int32("sequence")
    ahead = try row.optional("ahead")
  }
}

/// What one record did, as `history` has it.
public struct StoredEffect: Sendable, Hashable {
  public let position: LogPosition
  public let action: HistoryEntry.Action
  public let result: HistoryEntry.Result

  /// By how much the order's live units, or the units put up, have changed.
  public let units: Int32

  /// Minor units of money that it moved.
  public let minor: Int64

  /// The order's state behind it; `nil` if there is none.
  public let state: Hold.State?
  public let sku: SKU
  public let at: Timestamp

  /// What a command asked for that is known by its id; `nil` for all else.
  public let digest: CommandDigest?

  /// Of a capture, what its payment's id names in the sale, for whichever order; `nil` for all else.
  public fileprivate(set) var capture: Capture?

  /// Whether this is what a command about an order asked for, as far as the store knows: what is older has no digest.
  public func isOf(_ asked: OrderCommand.Action) -> Bool {
    guard action == asked.historyAction else { return false }
    if case .pay(let told) = asked { return capture == nil || capture == told }
    return digest == nil || digest == asked.digest
  }
}

extension SaleStore {
  /// What the first record of a command about stock did, for each of these SKUs for which one is decided.
  public func effects(of command: CommandID, on skus: [SKU], of sale: SaleNumber) async throws -> [StoredEffect] {
    let rows = try await pool.withConnection { connection in
      try await connection.query(
        """
        SELECT first.* FROM unnest($2::text[]) AS wanted (sku)
        CROSS JOIN LATERAL (
          SELECT partition, log_offset, action, result, units, minor, state, sku, at, digest FROM history h
          WHERE h.sale = $1 AND h.sku = wanted.sku AND h.command_id = $3 AND h.order_id IS NULL
          ORDER BY h.log_offset LIMIT 1
        ) AS first
        """, sale.rawValue, skus.map(\.rawValue), command.rawValue)
    }
    return try rows.map(StoredEffect.init(row:))
  }

  /// What the first record of a command about an order did; `nil` if none is decided.
  public func effect(of command: CommandID, on order: OrderID) async throws -> StoredEffect? {
    try await effects(of: [(command, order)])[0]
  }

  /// What the first record of each of these commands about an order did, in the same order; `nil` where none is
  /// decided. One statement, whatever their number.
  public func effects(of commands: [(id: CommandID, order: OrderID)]) async throws -> [StoredEffect?] {
    // OFFSET keeps the planner from joining otherwise than by one look at an index for each command.
    let rows = try await pool.withConnection { connection in
      try await connection.query(
        """
        SELECT wanted.place, h.*, p.payment AS paid, p.captured, p.currency
        FROM unnest($1::uuid[], $2::int8[]) WITH ORDINALITY AS wanted (order_id, command_id, place)
        CROSS JOIN LATERAL (
          SELECT partition, log_offset, action, result, units, minor, state, sku, at, digest, sale, payment
          FROM history WHERE order_id = wanted.order_id AND command_id = wanted.command_id
          ORDER BY log_offset, place LIMIT 1
        ) AS h
        LEFT JOIN LATERAL (
          SELECT payment, captured, currency FROM payments
          WHERE h.action = 1 AND sale = h.sale AND payment = h.payment OFFSET 0
        ) AS p ON true
        """, commands.map(\.order.uuid), commands.map(\.id.rawValue))
    }
    var effects = [StoredEffect?](repeating: nil, count: commands.count)
    for row in rows {
      var effect = try StoredEffect(row: row)
      if let minor: Int64 = try row.optional("captured") {
        effect.capture = try Capture(payment: row.identifier("paid"), minor: minor, currency: row.string("currency"))
      }
      effects[Int(try row.int64(0)) - 1] = effect
    }
    return effects
  }

  /// The currency of a payment; `nil`: no capture has that id in the sale.
  public func currency(of payment: Payment.Key) async throws -> String? {
    let rows = try await pool.withConnection { connection in
      try await connection.query(
        "SELECT currency FROM payments WHERE sale = $1 AND payment = $2", payment.sale.rawValue, payment.id.rawValue)
    }
    return try rows.first?.string(0)
  }

  /// Whether the records at these places of the log are all decided.
  public func areDecided(_ positions: [LogPosition], topic: String) async throws -> Bool {
    let rows = try await pool.withConnection { connection in
      try await connection.query(
        """
        SELECT count(*) FROM unnest($2::int4[], $3::int8[]) AS wanted (partition, log_offset)
        LEFT JOIN partition_progress p ON p.topic = $1 AND p.partition = wanted.partition
        WHERE p.next_offset IS NULL OR p.next_offset <= wanted.log_offset
        """, topic, positions.map(\.partition.rawValue), positions.map(\.offset.rawValue))
    }
    return try rows.single().int64(0) == 0
  }

  /// Of these stocks, when the first unpaid units can come back; those without any are left out.
  ///
  /// - Parameter stocks: each with its partition.
  public func earliestReleases(of stocks: [StockKey: Partition]) async throws -> [StockKey: Timestamp] {
    guard !stocks.isEmpty else { return [:] }
    let stocks = Array(stocks)
    let rows = try await pool.withConnection { connection in
      try await connection.query(
        """
        SELECT wanted.sale, wanted.sku, first.due
        FROM unnest($1::int4[], $2::text[], $3::int4[]) AS wanted (sale, sku, partition)
        CROSS JOIN LATERAL (
          SELECT due FROM holds h WHERE h.partition = wanted.partition AND h.state = 2 AND h.sale = wanted.sale
            AND (h.sku = wanted.sku OR h.lines @> jsonb_build_array(jsonb_build_object('sku', wanted.sku)))
          ORDER BY due LIMIT 1
        ) AS first
        """, stocks.map(\.key.sale.rawValue), stocks.map(\.key.sku.rawValue), stocks.map(\.value.rawValue))
    }
    var releases: [StockKey: Timestamp] = [:]
    for row in rows {
      releases[StockKey(sale: try row.saleNumber(0), sku: try row.identifier(1))] = try row.timestamp(2)
    }
    return releases
  }
}

extension StoredEffect {
  init(row: Row) throws {
    let (action, result) = (try row.int16("action"), try row.int16("result"))
    guard let action = HistoryEntry.Action(rawValue: action), let result = HistoryEntry.Result(rawValue: result) else {
      throw StoreError.unreadable("action \(action) with result \(result) is not known to this version")
    }
    self.action = action
    self.result = result
    position = LogPosition(partition: try row.partition("partition"), offset: try row.offset("log_offset"))
    units = try row.int32("units")
    minor = try row.int64("minor")
    state = try row.optional("state", as: Int16.self).flatMap(Hold.State.init(rawValue:))
    sku = try row.identifier("sku")
    at = try row.timestamp("at")
    digest = try row.optional("digest", as: Int64.self).map(CommandDigest.init(rawValue:))
  }
}
