import FlashSale
import Postgres
import Time

/// What the store knows of a sale at an instant, from one snapshot: the raw side of `SaleMoment`.
struct MomentFacts {
  private(set) var vector = OffsetVector([:])
  private(set) var firstAt: Timestamp?
  private(set) var lastAt: Timestamp?
  private(set) var items: [SaleMoment.Item] = []
  private(set) var lanes: [SaleMoment.Lane] = []
  private(set) var accepted: Int64 = 0
  private(set) var decided: Int64 = 0
  private(set) var confirmed: Int64 = 0
  private(set) var waitlisted: Int64 = 0
  private(set) var door: Int64 = 0

  private var lines: [SKU: Int64] = [:]

  /// - Parameter counts: what was counted of the sale's orders, if anything was: it says all of an instant behind the
  ///   last decision.
  init(of sale: StoredSale, at: Timestamp, _ counts: OrderCounts?, in transaction: borrowing Transaction) throws {
    try transaction.prepareForCounting()
    if let counts, let last = counts.window?.upperBound, last <= at {
      add(counts, at)
    } else {
      try readOrders(of: sale.number, at, transaction)
    }
    try readCommands(of: sale.number, at, transaction)
    try readStock(of: sale, transaction)
  }

  private mutating func add(_ counts: OrderCounts, _ at: Timestamp) {
    (firstAt, lastAt) = (counts.firstAcceptedAt, counts.window?.upperBound)
    (accepted, decided) = (counts.rows, counts.rows)
    for (key, cell) in counts.cells {
      switch key.outcome {
      case .confirmed: confirmed += cell.requests
      case .waitlisted: waitlisted += cell.requests
      case .rejected: break
      }
    }
    let before = Timestamp(microseconds: at.microseconds - 1_000_000)
    lanes = counts.lanes.sorted { $0.key < $1.key }.map { partition, lane in
      SaleMoment.Lane(
        partition: partition, nextOffset: lane.next, line: 0,
        decidedPerSecond: lane.recent.reduce(0) { $0 + ($1.key > before ? $1.value : 0) })
    }
  }

  /// Who was accepted and who decided, in one look at all orders of the sale.
  private mutating func readOrders(
    of sale: SaleNumber, _ at: Timestamp, _ transaction: borrowing Transaction
  ) throws {
    let ids = sale.orderIDs
    let generations = try transaction.generations(of: sale)
    let rows = try transaction.query(
      """
      SELECT partition, sku, min(accepted_at) AS first, max(decided_at) AS last,
        count(*) FILTER (WHERE accepted_at <= $4) AS accepted, count(*) FILTER (WHERE decided_at <= $4) AS decided,
        count(*) FILTER (WHERE accepted_at <= $4 AND decided_at > $4) AS line,
        count(*) FILTER (WHERE decided_at <= $4 AND decided_at > $5) AS recent,
        count(*) FILTER (WHERE decided_at <= $4 AND outcome = 0) AS confirmed,
        count(*) FILTER (WHERE decided_at <= $4 AND outcome = 100) AS waitlisted,
        coalesce(max(log_offset) FILTER (WHERE decided_at <= $4) + 1, 0) AS next
      FROM orders WHERE order_id BETWEEN $1 AND $2 AND generation = ANY ($3) GROUP BY partition, sku ORDER BY partition
      """, ids.lowerBound.uuid, ids.upperBound.uuid, generations, at,
      Timestamp(microseconds: at.microseconds - 1_000_000))
    var (line, recent, next) = ([Int32: Int64](), [Int32: Int64](), [Int32: Int64]())
    for row in rows {
      let partition = try row.int32("partition")
      firstAt = try [firstAt, row.timestamp("first")].compactMap { $0 }.min()
      lastAt = try [lastAt, row.timestamp("last")].compactMap { $0 }.max()
      accepted += try row.int64("accepted")
      decided += try row.int64("decided")
      confirmed += try row.int64("confirmed")
      waitlisted += try row.int64("waitlisted")
      lines[try row.identifier("sku"), default: 0] += try row.int64("line")
      line[partition, default: 0] += try row.int64("line")
      recent[partition, default: 0] += try row.int64("recent")
      next[partition] = max(next[partition] ?? 0, try row.int64("next"))
    }
    lanes = next.sorted { $0.key < $1.key }.map { partition, offset in
      SaleMoment.Lane(
        partition: partition, nextOffset: offset, line: line[partition] ?? 0,
        decidedPerSecond: recent[partition] ?? 0)
    }
  }

  /// Commands behind the last order that was decided, up to the next order or the instant.
  private mutating func readCommands(
    of sale: SaleNumber, _ at: Timestamp, _ transaction: borrowing Transaction
  ) throws {
    let ids = sale.orderIDs
    let rows = try transaction.query(
      """
      SELECT partition, max(log_offset) FILTER (WHERE at <= $4) + 1, max(at) FROM (
        SELECT partition, log_offset, at FROM history WHERE order_id BETWEEN $1 AND $2
        UNION ALL
        SELECT partition, log_offset, at FROM history WHERE order_id IS NULL AND sale = $3
      ) AS commands GROUP BY partition ORDER BY partition
      """, ids.lowerBound.uuid, ids.upperBound.uuid, sale.rawValue, at)
    for row in rows {
      // Without any order, there is no time to show.
      lastAt = try lastAt.map { max($0, try row.timestamp(2)) }
      guard let next = try row.optional(1, as: Int64.self) else { continue }
      let partition = try row.int32(0)
      if let index = lanes.firstIndex(where: { $0.partition == partition }) {
        lanes[index].nextOffset = max(lanes[index].nextOffset, next)
      } else {
        lanes.append(SaleMoment.Lane(partition: partition, nextOffset: next, line: 0, decidedPerSecond: 0))
      }
    }
    vector = OffsetVector(
      Dictionary(
        lanes.map { (Partition($0.partition), Offset($0.nextOffset)) }, uniquingKeysWith: { first, _ in first }))
    let turnedAway = try transaction.query(
      """
      SELECT coalesce(sum(requests), 0)::int8 FROM door
      WHERE sale = $1 AND slot_start <= $2 AND reason NOT IN ('repeated', 'outcome_unknown')
      """, sale.rawValue, at)
    door = try turnedAway.single().int64(0)
  }

  /// Who had the units, as of the vector.
  private mutating func readStock(of sale: StoredSale, _ transaction: borrowing Transaction) throws {
    let (number, ids, offsets) = (sale.number.rawValue, sale.number.orderIDs, vector.dense)
    let answers = try transaction.pipeline { pipeline in
      // What was put up then: without what commands have changed since.
      try pipeline.add(
        """
        SELECT k.sku, k.put_up::int8 - coalesce(later.units, 0) AS put_up FROM stock k LEFT JOIN LATERAL (
          SELECT sum(units)::int8 AS units FROM history y
          WHERE y.order_id IS NULL AND y.sale = k.sale AND y.sku = k.sku
            AND y.log_offset >= coalesce(($2::int8[])[y.partition + 1], 0)
        ) AS later ON true WHERE k.sale = $1 ORDER BY k.position
        """, number, offsets)
      try pipeline.add(Self.units, number, offsets, ids.lowerBound.uuid, ids.upperBound.uuid)
      try pipeline.add(Self.basketUnits, number, offsets)
    }
    try add(putUp: answers[0], units: answers[1], of: sale)
    for row in answers[2] { try add(row, sale) }
  }

  /// Units by SKU, outcome and state: what was won or waited for, and all that has gone since, with the state of the
  /// last step. The steps are numbered, so it is the one with the highest number. Baskets count under their first SKU.
  private static let units: Statement = """
    SELECT o.sku, o.outcome, step.state, sum(o.quantity + coalesce(step.units, 0))::int8
    FROM (
      SELECT order_id, sku, outcome, quantity FROM orders
      WHERE sale = $1 AND outcome IN (0, 100) AND log_offset < coalesce(($2::int8[])[partition + 1], 0)
    ) AS o LEFT JOIN (
      SELECT order_id, sum(units) AS units, (max(sequence::int8 * 256 + state) % 256)::int2 AS state
      FROM history WHERE order_id BETWEEN $3 AND $4 AND sequence > 0
        AND log_offset < coalesce(($2::int8[])[partition + 1], 0) GROUP BY order_id
    ) AS step USING (order_id) GROUP BY o.sku, o.outcome, step.state
    """

  /// By how much the units of baskets' lines are more or less than that: each line has its own, and the first SKU not
  /// all of them.
  private static let basketUnits: Statement = """
    SELECT line.sku, b.outcome, step.state, sum(line.units)::int8
    FROM baskets b CROSS JOIN LATERAL (
      SELECT (max(sequence::int8 * 256 + state) % 256)::int2 AS state, coalesce(sum(units), 0) AS units
      FROM history WHERE order_id = b.order_id AND sequence > 0
        AND log_offset < coalesce(($2::int8[])[partition + 1], 0)
    ) AS step CROSS JOIN LATERAL (
      SELECT b.lines->0->>'sku' AS sku, -(b.units + step.units) AS units
      UNION ALL
      SELECT l.value->>'sku', (l.value->>'units')::int4 + (
          SELECT coalesce(sum((y.line_units->>(l.place - 1)::int4)::int8), 0) FROM history y
          WHERE y.order_id = b.order_id AND y.sequence > 0
            AND y.log_offset < coalesce(($2::int8[])[y.partition + 1], 0)
        )
      FROM jsonb_array_elements(b.lines) WITH ORDINALITY AS l (value, place)
    ) AS line
    WHERE b.sale = $1 AND b.outcome = 0 AND b.log_offset < coalesce(($2::int8[])[b.partition + 1], 0)
    GROUP BY line.sku, b.outcome, step.state
    """

  /// What was put up, and who had it.
  private mutating func add(putUp: Rows, units: Rows, of sale: StoredSale) throws {
    for row in putUp {
      let sku: SKU = try row.identifier(0)
      var item = SaleMoment.Item(sku: sku, putUp: try row.int64(1))
      item.line = lines[sku] ?? 0
      items.append(item)
    }
    for row in units { try add(row, sale) }
  }

  /// Adds units of a SKU, an outcome and the state of the last step, if there was one.
  private mutating func add(_ row: Row, _ sale: StoredSale) throws {
    let sku: SKU = try row.identifier(0)
    guard let index = items.firstIndex(where: { $0.sku == sku }) else { return }
    items[index].add(try row.int64(3), try Self.state(row, sale))
  }

  private static func state(_ row: Row, _ sale: StoredSale) throws -> Hold.State {
    if let stored = try row.optional(2, as: Int16.self) {
      guard let state = Hold.State(rawValue: stored) else {
        throw StoreError.unreadable("state \(stored) in the store's history is not known to this version")
      }
      return state
    }
    switch try Outcome(stored: row.int16(1)) {
    case .waitlisted: return .waiting
    case .confirmed, .rejected: return sale.sale.holds == nil ? .confirmed : .reserved
    }
  }
}
