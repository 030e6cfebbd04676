public import FlashSale
import Postgres
public import Time

/// A row of `holds` as it is, valid or not.
public struct AuditedHold: Sendable, Hashable {
  public let order: OrderID

  /// The record of the first decision.
  public let position: LogPosition
  public let sale: SaleNumber
  public let sku: String
  public let buyer: String
  public let currency: String
  public let priceMinor: Int64
  public let refundDue: Int64
  public let asOf: Offset
  public let due: Timestamp?
  public let units: Int32
  public let extensions: Int32
  public let sequence: Int32

  /// As `Hold.State`, known or not.
  public let state: Int16
  public let isOffer: Bool
  public let isLapsed: Bool
  public let payment: String?

  /// Of a basket; empty too where they cannot be read.
  public let lines: [Hold.Line]

  /// What its units cost, by its lines.
  public var amountMinor: Int64 {
    guard !lines.isEmpty else { return Int64(units) * priceMinor }
    return lines.reduce(0) { $0 + Int64($1.units.rawValue) * $1.priceMinor }
  }
}

/// A row of `payments` as it is.
public struct AuditedPayment: Sendable, Hashable {
  public let sale: SaleNumber
  public let payment: String
  public let order: OrderID
  public let sku: String
  public let isCounted: Bool
  public let currency: String
  public let captured: Int64
  public let refundDue: Int64
  public let refunded: Int64

  /// The record behind which it is as it is.
  public let asOf: LogPosition
}

/// A row of `history` as it is.
public struct AuditedEntry: Sendable, Hashable {
  public let position: LogPosition
  public let place: Int16
  public let sale: SaleNumber
  public let sku: String
  public let order: OrderID?
  public let action: Int16
  public let result: Int16
  public let units: Int32

  /// Of a basket; empty too where they cannot be read.
  public let lineUnits: [Int32]
  public let minor: Int64
  public let state: Int16?
  public let sequence: Int32
  public let at: Timestamp
  public let command: Int64?
  public let by: String
  public let reason: String

  /// `nil` too for what was written before the store kept it.
  public let payment: String?

  /// As `CommandDigest`.
  public let digest: Int64?

  /// `nil` too for what was written before the store kept it.
  public let due: Timestamp?
}

/// A row of `subjects_held` as it is.
public struct AuditedSubject: Sendable, Hashable {
  public let order: OrderID
  public let position: LogPosition
  public let sale: SaleNumber
  public let kind: String
  public let subject: String
  public let units: Int32
  public let isLapsed: Bool
}

/// Units that a cancellation gave back.
public enum CancelledUnits {
  /// What names one cancellation.
  public struct Key: Sendable, Hashable {
    public let order: OrderID
    public let command: CommandID

    /// Creates one from its parts.
    public init(order: OrderID, command: CommandID) { (self.order, self.command) = (order, command) }
  }
}

extension AuditStore {
  /// The next page of the snapshot's history in the order of the log; empty after the last one. As the pages below,
  /// only of a snapshot with lives.
  public func nextHistory() async throws -> [AuditedEntry] {
    try await connection.query("FETCH FORWARD 10000 FROM audited_history").map(AuditedEntry.init(row:))
  }

  /// The history of one sale in a stretch of the log, by offset and in its order.
  public func history(
    of sale: SaleNumber, in partition: Partition, _ range: Range<Offset>
  ) async throws -> [Offset: [AuditedEntry]] {
    let rows = try await connection.query(
      """
      SELECT partition, log_offset, place, sale, sku, order_id, action, result, units, minor, state, sequence, at,
        command_id, by_whom, reason, line_units, payment, digest, due
      FROM history
      WHERE partition = $1 AND log_offset >= $2 AND log_offset < $3 AND sale = $4 ORDER BY log_offset, place
      """, partition.rawValue, range.lowerBound.rawValue, range.upperBound.rawValue, sale.rawValue)
    return Dictionary(grouping: try rows.map(AuditedEntry.init(row:)), by: \.position.offset)
  }

  /// The next page of the snapshot's `holds`, in no order.
  public func nextHolds() async throws -> [AuditedHold] {
    try await connection.query("FETCH FORWARD 10000 FROM audited_holds").map(AuditedHold.init(row:))
  }

  /// The next page of the snapshot's `payments`, in no order.
  public func nextPayments() async throws -> [AuditedPayment] {
    try await connection.query("FETCH FORWARD 10000 FROM audited_payments").map(AuditedPayment.init(row:))
  }

  /// The next page of what the snapshot's orders with lives count for limit subjects, in no order.
  public func nextSubjects() async throws -> [AuditedSubject] {
    try await connection.query("FETCH FORWARD 10000 FROM audited_subjects").map(AuditedSubject.init(row:))
  }

  /// The partitions in which those of these payments were taken that the store has.
  public func lanes(of payments: [Payment.Key]) async throws -> [Payment.Key: Partition] {
    guard !payments.isEmpty else { return [:] }
    let rows = try await connection.query(
      """
      SELECT p.sale, p.payment, p.partition FROM unnest($1::int4[], $2::text[]) AS wanted (sale, payment)
      JOIN payments p ON p.sale = wanted.sale AND p.payment = wanted.payment
      """, payments.map(\.sale.rawValue), payments.map(\.id.rawValue))
    let lanes = try rows.map { row in
      (Payment.Key(sale: try row.saleNumber(0), id: try row.identifier(1)), try row.partition(2))
    }
    return Dictionary(lanes, uniquingKeysWith: { first, _ in first })
  }

  /// Those of these captures that are stored: for which order, and how much in minor units.
  public func captured(_ payments: [Payment.Key]) async throws -> [Payment.Key: (order: OrderID, minor: Int64)] {
    guard !payments.isEmpty else { return [:] }
    let rows = try await connection.query(
      """
      SELECT p.sale, p.payment, p.order_id, p.captured
      FROM unnest($1::int4[], $2::text[]) AS wanted (sale, payment)
      JOIN payments p ON p.sale = wanted.sale AND p.payment = wanted.payment
      """, payments.map(\.sale.rawValue), payments.map(\.id.rawValue))
    let found = try rows.map { row in
      (
        Payment.Key(sale: try row.saleNumber(0), id: try row.identifier(1)),
        (order: OrderID(try row.uuid(2)), minor: try row.int64(3))
      )
    }
    return Dictionary(found, uniquingKeysWith: { first, _ in first })
  }

  /// How many units these cancellations gave back; those that gave back none are omitted.
  public func cancelled(_ wanted: [CancelledUnits.Key]) async throws -> [CancelledUnits.Key: Int64] {
    guard !wanted.isEmpty else { return [:] }
    let rows = try await connection.query(
      """
      SELECT h.order_id, h.command_id, -sum(h.units)::int8
      FROM unnest($1::uuid[], $2::int8[]) AS wanted (order_id, command_id)
      JOIN history h ON h.order_id = wanted.order_id AND h.command_id = wanted.command_id
      WHERE h.action = 3 AND h.units < 0 GROUP BY h.order_id, h.command_id
      """, wanted.map(\.order.uuid), wanted.map(\.command.rawValue))
    let found = try rows.map { row in
      (
        CancelledUnits.Key(order: OrderID(try row.uuid(0)), command: CommandID(rawValue: try row.int64(1))),
        try row.int64(2)
      )
    }
    return Dictionary(found, uniquingKeysWith: { first, _ in first })
  }

  /// Declares the cursors of a snapshot, inside its transaction. The living sales are those with a rule for holds, and
  /// those of which anything but first decisions is stored.
  static func declareLives(in transaction: borrowing Transaction) throws -> Set<SaleNumber> {
    let rows = try transaction.query(
      """
      SELECT number FROM sales WHERE holds IS NOT NULL UNION SELECT sale FROM holds UNION SELECT sale FROM payments
      UNION SELECT sale FROM history
      """)
    let living = try Set(rows.map { try $0.saleNumber(0) })
    _ = try transaction.query(
      """
      DECLARE audited_history NO SCROLL CURSOR WITH HOLD FOR
      SELECT partition, log_offset, place, sale, sku, order_id, action, result, units, minor, state, sequence, at,
        command_id, by_whom, reason, line_units, payment, digest, due
      FROM history ORDER BY partition, log_offset, place
      """)
    _ = try transaction.query(
      """
      DECLARE audited_holds NO SCROLL CURSOR WITH HOLD FOR
      SELECT order_id, partition, log_offset, sale, sku, buyer, currency, price_minor, refund_due, as_of, due, units,
        extensions, sequence, state, is_offer, is_lapsed, payment, lines
      FROM holds
      """)
    _ = try transaction.query(
      """
      DECLARE audited_payments NO SCROLL CURSOR WITH HOLD FOR
      SELECT sale, payment, order_id, currency, captured, refund_due, refunded, partition, as_of, sku, counted
      FROM payments
      """)
    // DECLARE takes no parameters, so the living sales are asked for again. Rows of others are compared by stretches.
    _ = try transaction.query(
      """
      DECLARE audited_subjects NO SCROLL CURSOR WITH HOLD FOR
      SELECT order_id, partition, log_offset, sale, kind, subject, units, is_lapsed FROM subjects_held WHERE sale IN (
        SELECT number FROM sales WHERE holds IS NOT NULL UNION SELECT sale FROM holds UNION SELECT sale FROM payments
        UNION SELECT sale FROM history)
      """)
    return living
  }
}

extension AuditedHold {
  fileprivate init(row: Row) throws {
    order = OrderID(try row.uuid(0))
    position = LogPosition(partition: try row.partition(1), offset: try row.offset(2))
    sale = try row.saleNumber(3)
    sku = try row.string(4)
    buyer = try row.string(5)
    currency = try row.string(6)
    priceMinor = try row.int64(7)
    refundDue = try row.int64(8)
    asOf = try row.offset(9)
    due = try row.optional(10)
    units = try row.int32(11)
    extensions = try row.int32(12)
    sequence = try row.int32(13)
    state = try row.int16(14)
    isOffer = try row.bool(15)
    isLapsed = try row.bool(16)
    payment = try row.optional(17)
    lines = (try? row.holdLines(18)) ?? []
  }
}

extension AuditedPayment {
  fileprivate init(row: Row) throws {
    sale = try row.saleNumber(0)
    payment = try row.string(1)
    order = OrderID(try row.uuid(2))
    currency = try row.string(3)
    captured = try row.int64(4)
    refundDue = try row.int64(5)
    refunded = try row.int64(6)
    asOf = LogPosition(partition: try row.partition(7), offset: try row.offset(8))
    sku = try row.string(9)
    isCounted = try row.bool(10)
  }
}

extension AuditedEntry {
  fileprivate init(row: Row) throws {
    position = LogPosition(partition: try row.partition(0), offset: try row.offset(1))
    place = try row.int16(2)
    sale = try row.saleNumber(3)
    sku = try row.string(4)
    order = try row.optional(5, as: UUIDBytes.self).map(OrderID.init)
    action = try row.int16(6)
    result = try row.int16(7)
    units = try row.int32(8)
    minor = try row.int64(9)
    state = try row.optional(10)
    sequence = try row.int32(11)
    at = try row.timestamp(12)
    command = try row.optional(13)
    by = try row.string(14)
    reason = try row.string(15)
    lineUnits = (try? row.lineUnits(16)) ?? []
    payment = try row.optional(17)
    digest = try row.optional(18)
    due = try row.optional(19)
  }
}

extension AuditedSubject {
  fileprivate init(row: Row) throws {
    order = OrderID(try row.uuid(0))
    position = LogPosition(partition: try row.partition(1), offset: try row.offset(2))
    sale = try row.saleNumber(3)
    kind = try row.string(4)
    subject = try row.string(5)
    units = try row.int32(6)
    isLapsed = try row.bool(7)
  }
}
