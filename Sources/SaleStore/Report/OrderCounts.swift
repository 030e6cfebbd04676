import FlashSale
import Postgres
import Time

/// A sale's first decisions, as counted from rows of `orders`. A first decision never changes, so the counts of some
/// rows and those of the others add up to the counts of all.
struct OrderCounts: Sendable {
  /// Orders of one outcome, SKU and bucket of the timeline.
  struct Key: Hashable, Sendable {
    let outcome: Outcome
    let sku: SKU
    let minute: Timestamp
  }

  struct Cell: Sendable {
    var requests: Int64
    var units: Int64

    /// When the first and the last of them was decided.
    var first: Timestamp
    var last: Timestamp

    fileprivate mutating func add(_ cell: Cell) {
      requests += cell.requests
      units += cell.units
      first = min(first, cell.first)
      last = max(last, cell.last)
    }
  }

  /// Orders of one partition.
  struct Lane: Sendable {
    /// The offset behind the last of them.
    var next: Int64 = 0

    /// By when they were decided, within the last second of the sale's.
    var recent: [Timestamp: Int64] = [:]
  }

  /// What they are counted by: where it has changed, they are counted anew.
  struct Scale: Hashable, Sendable {
    /// Minutes of one bucket of the timeline.
    let minutes: Int32

    /// The part of the sale that is shown by 100 ms.
    let arrivals: Range<Timestamp>
  }

  let scale: Scale
  private(set) var cells: [Key: Cell]

  /// What was accepted around the opening, by 100 ms.
  private(set) var arrivals: [Timestamp: Int64]

  /// `nil`: they are too many to keep.
  private(set) var delays: DecisionDelays?
  private(set) var decisions: DecisionCells
  private(set) var lanes: [Int32: Lane]

  /// When the first was accepted, and when the first and the last was decided; `nil` without any.
  private(set) var firstAcceptedAt: Timestamp?
  var window: ClosedRange<Timestamp>? { Self.window(of: cells.values) }

  /// How many rows there are.
  var rows: Int64 { cells.values.reduce(0) { $0 + $1.requests } }

  private static func window(of cells: some Sequence<Cell>) -> ClosedRange<Timestamp>? {
    guard let first = cells.lazy.map(\.first).min(), let last = cells.lazy.map(\.last).max() else { return nil }
    return first...last
  }
}

extension OrderCounts {
  /// Which rows of a sale are counted.
  struct Part: Sendable {
    let sale: SaleNumber

    /// Of these generations, all, or those that were decided before a vector.
    let generations: [Int32]
    var before: [Int64]?

    /// Of the rows from this block of the table on, those that are decided behind a vector.
    let block: Int64
    let behind: [Int64]

    /// All of them, or those that were decided before a vector.
    static func all(
      of sale: SaleNumber, before vector: OffsetVector? = nil, in transaction: borrowing Transaction
    ) throws -> Part {
      // Past the last block that a table can have.
      Part(
        sale: sale, generations: try transaction.generations(of: sale), before: vector?.dense, block: 4_294_967_294,
        behind: [])
    }

    /// Those behind a vector, if they lie from this block on.
    static func rest(of sale: SaleNumber, behind vector: OffsetVector, from block: Int64) -> Part {
      Part(sale: sale, generations: [], block: block, behind: vector.dense)
    }
  }

  /// Counts the rows of a part.
  ///
  /// - Parameters:
  ///   - before: counts of other rows of the sale, on the same scale.
  ///   - keepsDelays: whether all delays are few enough to be kept.
  init(
    _ part: Part, on scale: Scale, before: OrderCounts? = nil, keepsDelays: Bool, in transaction: borrowing Transaction
  ) throws {
    try transaction.prepareForCounting()
    let answers = try transaction.pipeline { pipeline in try Self.ask(part, scale, keepsDelays, in: &pipeline) }
    self.scale = scale
    cells = before?.cells ?? [:]
    firstAcceptedAt = before?.firstAcceptedAt
    for row in answers[0] {
      let key = Key(
        outcome: try Outcome(stored: row.int16("outcome")), sku: try row.identifier("sku"),
        minute: try row.timestamp("minute"))
      let cell = Cell(
        requests: try row.int64("requests"), units: try row.int64("units"), first: try row.timestamp("first"),
        last: try row.timestamp("last"))
      if cells[key]?.add(cell) == nil { cells[key] = cell }
      firstAcceptedAt = try [firstAcceptedAt, row.timestamp("accepted")].compactMap(\.self).min()
    }
    arrivals = before?.arrivals ?? [:]
    for row in answers[1] { arrivals[try row.timestamp("slot"), default: 0] += try row.int64("accepted") }
    if keepsDelays, before == nil || before?.delays != nil {
      delays = before?.delays ?? DecisionDelays()
      if let bytes = try answers[2].single().optional(0, as: [UInt8].self) { delays?.add(intervals: bytes) }
    }
    let window = Self.window(of: cells.values)
    decisions = try DecisionCells(part, in: window, before: before?.decisions, transaction)
    lanes = before?.lanes ?? [:]
    if let window { try addLanes(part, recently: window.upperBound.after(.seconds(-1)), transaction) }
  }

  private mutating func addLanes(
    _ part: Part, recently limit: Timestamp, _ transaction: borrowing Transaction
  ) throws {
    let ids = part.sale.orderIDs
    let rows = try transaction.query(
      """
      SELECT partition, CASE WHEN decided_at > $7 THEN decided_at END AS recently, count(*) AS requests,
        max(log_offset) + 1 AS next
      FROM (
        SELECT partition, log_offset, decided_at FROM orders
        WHERE order_id BETWEEN $1 AND $2 AND generation = ANY ($3)
          AND ($8::int8[] IS NULL OR log_offset < coalesce(($8::int8[])[partition + 1], 0))
        UNION ALL
        SELECT partition, log_offset, decided_at FROM orders
        WHERE ctid >= $4::text::tid AND sale = $5 AND log_offset >= coalesce(($6::int8[])[partition + 1], 0)
      ) AS counted GROUP BY 1, 2
      """, ids.lowerBound.uuid, ids.upperBound.uuid, part.generations, part.place, part.sale.rawValue, part.behind,
      limit, part.before)
    lanes = lanes.mapValues { Lane(next: $0.next, recent: $0.recent.filter { $0.key > limit }) }
    for row in rows {
      var lane = lanes[try row.int32("partition")] ?? Lane()
      lane.next = max(lane.next, try row.int64("next"))
      if let at = try row.optional("recently", as: Timestamp.self) {
        lane.recent[at, default: 0] += try row.int64("requests")
      }
      lanes[try row.int32("partition")] = lane
    }
  }

  /// Adds the statements. In each, only a plain grouping is done by several processes.
  private static func ask(
    _ part: Part, _ scale: Scale, _ keepsDelays: Bool, in pipeline: inout Pipeline
  ) throws {
    let ids = part.sale.orderIDs
    let (low, high, sale) = (ids.lowerBound.uuid, ids.upperBound.uuid, part.sale.rawValue)
    try pipeline.add(
      """
      SELECT outcome, sku, date_bin(make_interval(mins => $7), decided_at, 'epoch') AS minute,
        count(*) AS requests, sum(quantity)::int8 AS units, min(decided_at) AS first, max(decided_at) AS last,
        min(accepted_at) AS accepted
      FROM (
        SELECT outcome, sku, quantity, accepted_at, decided_at FROM orders
        WHERE order_id BETWEEN $1 AND $2 AND generation = ANY ($3)
          AND ($8::int8[] IS NULL OR log_offset < coalesce(($8::int8[])[partition + 1], 0))
        UNION ALL
        SELECT outcome, sku, quantity, accepted_at, decided_at FROM orders
        WHERE ctid >= $4::text::tid AND sale = $5 AND log_offset >= coalesce(($6::int8[])[partition + 1], 0)
      ) AS counted GROUP BY 1, 2, 3
      """, low, high, part.generations, part.place, sale, part.behind, scale.minutes, part.before)
    try pipeline.add(
      """
      SELECT date_bin('100 milliseconds', accepted_at, 'epoch') AS slot, count(*) AS accepted
      FROM (
        SELECT accepted_at FROM orders WHERE order_id BETWEEN $1 AND $2 AND generation = ANY ($3)
          AND ($9::int8[] IS NULL OR log_offset < coalesce(($9::int8[])[partition + 1], 0))
        UNION ALL
        SELECT accepted_at FROM orders
        WHERE ctid >= $4::text::tid AND sale = $5 AND log_offset >= coalesce(($6::int8[])[partition + 1], 0)
      ) AS counted WHERE accepted_at >= $7 AND accepted_at < $8 GROUP BY 1
      """, low, high, part.generations, part.place, sale, part.behind, scale.arrivals.lowerBound,
      scale.arrivals.upperBound, part.before)
    guard keepsDelays else { return }
    try pipeline.add(
      """
      SELECT string_agg(interval_send(delay), ''::bytea) FROM (
        SELECT decided_at - accepted_at AS delay FROM orders
        WHERE order_id BETWEEN $1 AND $2 AND generation = ANY ($3)
          AND ($7::int8[] IS NULL OR log_offset < coalesce(($7::int8[])[partition + 1], 0))
        UNION ALL
        SELECT decided_at - accepted_at FROM orders
        WHERE ctid >= $4::text::tid AND sale = $5 AND log_offset >= coalesce(($6::int8[])[partition + 1], 0)
      ) AS counted
      """, low, high, part.generations, part.place, sale, part.behind, part.before)
  }
}

extension OrderCounts.Part {
  /// Where the rest begins, as PostgreSQL writes a row's place.
  var place: String { "(\(block),0)" }
}
