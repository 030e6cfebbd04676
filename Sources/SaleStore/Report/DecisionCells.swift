import FlashSale
import Postgres
import Time

/// A sale's first decisions by slot, kind and class of delay: as fine as charts want them, and small.
struct DecisionCells: Sendable {
  private struct Cell: Sendable {
    let start: Timestamp
    /// 0 confirmed, 1 waitlisted, 2 rejected.
    let kind: Int
    let delay: Int
    let orders: Int64
  }

  private let cells: [Cell]

  /// Milliseconds of a slot. Slots begin at whole multiples of it since 1970.
  private let width: Int64

  /// Slots' widths of which each wider one that people read easily is a multiple.
  private static let widths: [Int64] = [100, 1_000, 5_000, 60_000, 300_000, 3_600_000, 86_400_000]

  /// The finest of them in which a span has few slots.
  static func width(for span: ClosedRange<Timestamp>) -> Int64 {
    let milliseconds = span.upperBound.microseconds(since: span.lowerBound) / 1_000
    return widths.first { milliseconds / $0 < Limits.keptSlots } ?? 86_400_000
  }

  /// When the first and the last of a sale's orders was decided; `nil` while none is.
  static func span(of sale: SaleNumber, in transaction: borrowing Transaction) throws -> ClosedRange<Timestamp>? {
    let ids = sale.orderIDs
    let row = try transaction.query(
      "SELECT min(decided_at), max(decided_at) FROM orders WHERE order_id BETWEEN $1 AND $2 AND generation = ANY ($3)",
      ids.lowerBound.uuid, ids.upperBound.uuid, try transaction.generations(of: sale)
    ).single()
    guard let first = try row.optional(0, as: Timestamp.self), let last = try row.optional(1, as: Timestamp.self) else {
      return nil
    }
    return first...last
  }

  /// Counts the decisions of a span.
  init(
    of sale: SaleNumber, in span: ClosedRange<Timestamp>, slotMilliseconds width: Int64,
    _ transaction: borrowing Transaction
  ) throws {
    try transaction.prepareForCounting()
    let ids = sale.orderIDs
    let rows = try transaction.query(
      """
      SELECT date_bin($6::float8 * interval '1 ms', decided_at, 'epoch') AS slot,
        CASE outcome WHEN 0 THEN 0 WHEN 100 THEN 1 ELSE 2 END AS kind,
        width_bucket(extract(epoch FROM decided_at - accepted_at)::float8 * 1000, $7::float8[]) AS delay,
        count(*) AS orders
      FROM orders WHERE order_id BETWEEN $1 AND $2 AND generation = ANY ($3)
        AND decided_at >= $4 AND decided_at <= $5
      GROUP BY 1, 2, 3
      """, ids.lowerBound.uuid, ids.upperBound.uuid, try transaction.generations(of: sale), span.lowerBound,
      span.upperBound, Double(width), SaleDecisions.delayBounds)
    cells = try rows.map { row in
      Cell(
        start: try row.timestamp(0), kind: Int(try row.int32(1)), delay: Int(try row.int32(2)),
        orders: try row.int64(3))
    }
    self.width = width
  }

  /// Whether slots of a window are made of whole slots of these.
  func canTell(_ window: Range<Timestamp>, slotMilliseconds: Int64) -> Bool {
    slotMilliseconds % width == 0 && window.lowerBound.microseconds % (width * 1_000) == 0
      && window.upperBound.microseconds % (width * 1_000) == 0
  }

  /// The decisions of a window, in slots that begin at its lower bound.
  func decisions(
    in window: Range<Timestamp>, slotMilliseconds: Int64, quarantined: [Timestamp]
  ) -> SaleDecisions {
    func slot(_ time: Timestamp) -> Int64 {
      time.microseconds(since: window.lowerBound) / (slotMilliseconds * 1_000)
    }
    var counts: [Int64: [Int64]] = [:]
    var delays: [Int: Int64] = [:]
    for cell in cells where window.contains(cell.start) {
      counts[slot(cell.start), default: [0, 0, 0, 0]][cell.kind] += cell.orders
      delays[cell.delay, default: 0] += cell.orders
    }
    for time in quarantined where window.contains(time) { counts[slot(time), default: [0, 0, 0, 0]][3] += 1 }
    let slots = counts.sorted { $0.key < $1.key }.map { index, counts in
      SaleDecisions.Slot(
        start: Timestamp(microseconds: window.lowerBound.microseconds + index * slotMilliseconds * 1_000),
        confirmed: counts[0], waitlisted: counts[1], rejected: counts[2], quarantined: counts[3])
    }
    return SaleDecisions(slots: slots, delays: delays)
  }
}
