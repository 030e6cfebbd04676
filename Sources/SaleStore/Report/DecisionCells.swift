import FlashSale
import Postgres
import Time

/// A sale's first decisions by slot, kind and class of delay: as fine as charts want them, and small.
struct DecisionCells: Sendable {
  private struct Key: Hashable {
    var start: Timestamp
    /// 0 confirmed, 1 waitlisted, 2 rejected.
    let kind: Int
    let delay: Int
  }

  private var cells: [Key: Int64]

  /// Milliseconds of a slot. Slots begin at whole multiples of it since 1970.
  private let width: Int64

  /// Slots' widths of which each wider one that people read easily is a multiple.
  private static let widths: [Int64] = [100, 1_000, 5_000, 60_000, 300_000, 3_600_000, 86_400_000]

  /// The finest of them in which a span has few slots.
  private static func width(for span: ClosedRange<Timestamp>) -> Int64 {
    let milliseconds = span.upperBound.microseconds(since: span.lowerBound) / 1_000
    return widths.first { milliseconds / $0 < Limits.keptSlots } ?? 86_400_000
  }

  /// Counts the decisions of a part, beside those before.
  ///
  /// - Parameter span: from the first to the last of both; `nil` without any.
  init(
    _ part: OrderCounts.Part, in span: ClosedRange<Timestamp>?, before: DecisionCells?,
    _ transaction: borrowing Transaction
  ) throws {
    width = span.map { Self.width(for: $0) } ?? Self.widths[0]
    cells = before?.cells(ofWidth: width) ?? [:]
    guard span != nil else { return }
    let ids = part.sale.orderIDs
    let rows = try transaction.query(
      """
      SELECT date_bin($7::float8 * interval '1 ms', decided_at, 'epoch') AS slot,
        CASE outcome WHEN 0 THEN 0 WHEN 100 THEN 1 ELSE 2 END AS kind,
        width_bucket(extract(epoch FROM decided_at - accepted_at)::float8 * 1000, $8::float8[]) AS delay,
        count(*) AS orders
      FROM (
        SELECT outcome, accepted_at, decided_at FROM orders
        WHERE order_id BETWEEN $1 AND $2 AND generation = ANY ($3)
          AND ($9::int8[] IS NULL OR log_offset < coalesce(($9::int8[])[partition + 1], 0))
        UNION ALL
        SELECT outcome, accepted_at, decided_at FROM orders
        WHERE ctid >= $4::text::tid AND sale = $5 AND log_offset >= coalesce(($6::int8[])[partition + 1], 0)
      ) AS counted GROUP BY 1, 2, 3
      """, ids.lowerBound.uuid, ids.upperBound.uuid, part.generations, part.place, part.sale.rawValue, part.behind,
      Double(width), SaleDecisions.delayBounds, part.before)
    try add(rows)
  }

  /// Counts the decisions of a span of a sale.
  ///
  /// - Parameter vector: only those before it; `nil`: all.
  init(
    of sale: SaleNumber, in span: ClosedRange<Timestamp>, before vector: OffsetVector?,
    slotMilliseconds width: Int64, _ transaction: borrowing Transaction
  ) throws {
    try transaction.prepareForCounting()
    self.width = width
    cells = [:]
    let ids = sale.orderIDs
    let rows = try transaction.query(
      """
      SELECT date_bin($6::float8 * interval '1 ms', decided_at, 'epoch') AS slot,
        CASE outcome WHEN 0 THEN 0 WHEN 100 THEN 1 ELSE 2 END AS kind,
        width_bucket(extract(epoch FROM decided_at - accepted_at)::float8 * 1000, $7::float8[]) AS delay,
        count(*) AS orders
      FROM orders WHERE order_id BETWEEN $1 AND $2 AND generation = ANY ($3)
        AND decided_at >= $4 AND decided_at <= $5
        AND ($8::int8[] IS NULL OR log_offset < coalesce(($8::int8[])[partition + 1], 0))
      GROUP BY 1, 2, 3
      """, ids.lowerBound.uuid, ids.upperBound.uuid, try transaction.generations(of: sale), span.lowerBound,
      span.upperBound, Double(width), SaleDecisions.delayBounds, vector?.dense)
    try add(rows)
  }

  private mutating func add(_ rows: Rows) throws {
    for row in rows {
      let key = Key(start: try row.timestamp(0), kind: Int(try row.int32(1)), delay: Int(try row.int32(2)))
      cells[key, default: 0] += try row.int64(3)
    }
  }

  /// The same in slots of this width or a wider one: each is a multiple of those below it.
  private func cells(ofWidth wider: Int64) -> [Key: Int64] {
    guard wider > width else { return cells }
    var sums: [Key: Int64] = [:]
    for (key, orders) in cells {
      var key = key
      let microseconds = key.start.microseconds
      key.start = Timestamp(microseconds: microseconds - microseconds % (wider * 1_000))
      sums[key, default: 0] += orders
    }
    return sums
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
    for (cell, orders) in cells where window.contains(cell.start) {
      counts[slot(cell.start), default: [0, 0, 0, 0]][cell.kind] += orders
      delays[cell.delay, default: 0] += orders
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
