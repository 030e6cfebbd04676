import FlashSale
import Lane
import Postgres

/// Counts the rows of a batch that go by COPY, and tells once that three quarters of them are sent.
struct SentRows {
  private var left: Int
  private let tell: () -> Void

  /// - Parameter count: of all tables.
  init(of count: Int, whenMostlySent tell: @escaping () -> Void) {
    left = count - count / 4
    self.tell = tell
  }

  /// One more is about to be sent.
  mutating func add() {
    if left == 0 { tell() }
    left -= 1
  }
}

extension BatchScript.Step {
  /// How many rows of it go by COPY, after all statements. A few go by a statement: for a small batch, a round trip
  /// costs as much time as all of its rows.
  var copiedRows: Int {
    switch self {
    case .orders(let orders): orders.areFew ? 0 : orders.count
    case .holds(let rows): LifeWrite.areFew(rows.new) ? 0 : rows.new.count
    case .payments(let changes):
      LifeWrite.areFew(LifeWrite.new(changes)) ? 0 : LifeWrite.new(changes).count
    case .history(let entries): LifeWrite.areFew(entries) ? 0 : entries.count
    default: 0
    }
  }

  /// How many lives a statement of it changes.
  var changedLives: Int { if case .holds(let rows) = self { rows.changed.count } else { 0 } }

  /// Copies those rows, and returns how many were taken.
  func copy(in transaction: borrowing Transaction, of batch: LaneBatch, _ sent: inout SentRows) throws -> Int {
    switch self {
    case .orders(let orders): try orders.copy(in: transaction, of: batch, &sent)
    case .holds(let rows): try LifeWrite.copy(rows.new, in: transaction, of: batch.claim, &sent)
    case .payments(let changes): try LifeWrite.copy(LifeWrite.new(changes), in: transaction, of: batch.claim, &sent)
    case .history(let entries): try LifeWrite.copy(entries, in: transaction, of: batch.claim, &sent)
    default: 0
    }
  }
}

extension LifeWrite {
  static func areFew(_ rows: [some Any]) -> Bool { rows.count <= Limits.insertedOrders }

  /// Lives that begin.
  fileprivate static func copy(
    _ holds: [Hold], in transaction: borrowing Transaction, of claim: Claim, _ sent: inout SentRows
  ) throws -> Int {
    let partition = claim.partition.rawValue
    return try transaction.copyIn(
      """
      COPY holds (order_id, log_offset, due, price_minor, refund_due, as_of, sale, partition, units, extensions,
        sequence, state, is_offer, is_lapsed, sku, currency, buyer, payment, lines)
      FROM STDIN (FORMAT binary)
      """
    ) { writer in
      for hold in holds {
        sent.add()
        try writer.row(fieldCount: 19)
        try writer.field(hold.order.uuid)
        try writer.field(hold.offset.rawValue)
        try writer.field(hold.due)
        try writer.field(hold.price.minor)
        try writer.field(hold.refundDue)
        try writer.field(hold.asOf.rawValue)
        try writer.field(hold.stock.sale.rawValue)
        try writer.field(partition)
        try writer.field(hold.units.rawValue)
        try writer.field(hold.extensions)
        try writer.field(hold.sequence)
        try writer.field(hold.state.rawValue)
        try writer.field(hold.isOffer)
        try writer.field(hold.isLapsed)
        try writer.field(hold.stock.sku.rawValue)
        try writer.field(hold.price.currency)
        try writer.field(hold.buyer.rawValue)
        try writer.field(hold.payment?.rawValue)
        try writer.field(hold.storedLines.map { JSONText($0) })
      }
    }
  }

  /// Payments that begin.
  fileprivate static func copy(
    _ payments: [Payment], in transaction: borrowing Transaction, of claim: Claim, _ sent: inout SentRows
  ) throws -> Int {
    let partition = claim.partition.rawValue
    return try transaction.copyIn(
      """
      COPY payments (sale, payment, order_id, captured, refund_due, refunded, as_of, partition, counted, sku, currency)
      FROM STDIN (FORMAT binary)
      """
    ) { writer in
      for payment in payments {
        sent.add()
        try writer.row(fieldCount: 11)
        try writer.field(payment.key.sale.rawValue)
        try writer.field(payment.key.id.rawValue)
        try writer.field(payment.order.uuid)
        try writer.field(payment.captured)
        try writer.field(payment.refundDue)
        try writer.field(payment.refunded)
        try writer.field(payment.asOf.rawValue)
        try writer.field(partition)
        try writer.field(payment.isCounted)
        try writer.field(payment.sku.rawValue)
        try writer.field(payment.currency)
      }
    }
  }

  fileprivate static func copy(
    _ entries: [HistoryEntry], in transaction: borrowing Transaction, of claim: Claim, _ sent: inout SentRows
  ) throws -> Int {
    let partition = claim.partition.rawValue
    return try transaction.copyIn(
      """
      COPY history (log_offset, at, minor, command_id, partition, sale, units, sequence, place, action, result, state,
        order_id, sku, by_whom, reason, line_units, payment, digest, due)
      FROM STDIN (FORMAT binary)
      """
    ) { writer in
      for entry in entries {
        sent.add()
        try writer.row(fieldCount: 20)
        try writer.field(entry.offset.rawValue)
        try writer.field(entry.at)
        try writer.field(entry.minor)
        try writer.field(entry.command?.rawValue)
        try writer.field(partition)
        try writer.field(entry.stock.sale.rawValue)
        try writer.field(entry.units)
        try writer.field(entry.sequence)
        try writer.field(entry.place)
        try writer.field(entry.action.rawValue)
        try writer.field(entry.result.rawValue)
        try writer.field(entry.state?.rawValue)
        try writer.field(entry.order?.uuid)
        try writer.field(entry.stock.sku.rawValue)
        try writer.field(entry.by.name)
        try writer.field(entry.by.reason)
        try writer.field(entry.storedLineUnits.map { JSONText($0) })
        try writer.field(entry.payment?.rawValue)
        try writer.field(entry.digest?.rawValue)
        try writer.field(entry.due)
      }
    }
  }
}
