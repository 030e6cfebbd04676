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

  init(of sale: StoredSale, at: Timestamp, in transaction: borrowing Transaction) throws {
    try readOrders(of: sale.number, at, transaction)
    try readCommands(of: sale.number, at, transaction)
    try readStock(of: sale, transaction)
  }

  /// Who was accepted and who decided, in one look at all orders of the sale.
  private mutating func readOrders(
    of sale: SaleNumber, _ at: Timestamp, _ transaction: borrowing Transaction
  ) throws {
    let ids = sale.orderIDs
    let rows = try transaction.query(
      """
      SELECT partition, sku, min(accepted_at) AS first, max(decided_at) AS last,
        count(*) FILTER (WHERE accepted_at <= $4) AS accepted, count(*) FILTER (WHERE decided_at <= $4) AS decided,
        count(*) FILTER (WHERE accepted_at <= $4 AND decided_at > $4) AS line,
        count(*) FILTER (WHERE decided_at <= $4 AND decided_at > $5) AS recent,
        count(*) FILTER (WHERE decided_at <= $4 AND outcome = 0) AS confirmed,
        count(*) FILTER (WHERE decided_at <= $4 AND outcome = 100) AS waitlisted,
        coalesce(max(log_offset) FILTER (WHERE decided_at <= $4) + 1, 0) AS next
      FROM orders WHERE order_id BETWEEN $1 AND $2 AND generation = ANY ((SELECT generations_of($3))::int4[])
      GROUP BY partition, sku ORDER BY partition
      """, ids.lowerBound.uuid, ids.upperBound.uuid, [sale.rawValue], at,
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
      SELECT partition, max(log_offset) + 1 FROM (
        SELECT partition, log_offset FROM history WHERE order_id BETWEEN $1 AND $2 AND at <= $4
        UNION ALL
        SELECT partition, log_offset FROM history WHERE order_id IS NULL AND sale = $3 AND at <= $4
      ) AS commands GROUP BY partition ORDER BY partition
      """, ids.lowerBound.uuid, ids.upperBound.uuid, sale.rawValue, at)
    for row in rows {
      let (partition, next) = (try row.int32(0), try row.int64(1))
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
      try pipeline.add(
        """
        SELECT line.sku, o.outcome, sum(line.units)::int8
        FROM orders o LEFT JOIN baskets b
          ON b.sale = $1 AND b.outcome = 0 AND b.partition = o.partition AND b.log_offset = o.log_offset
        CROSS JOIN LATERAL (
          SELECT o.sku, o.quantity AS units WHERE b.lines IS NULL
          UNION ALL SELECT l->>'sku', (l->>'units')::int4 FROM jsonb_array_elements(b.lines) AS l
        ) AS line
        WHERE o.sale = $1 AND o.outcome IN (0, 100) AND o.log_offset < coalesce(($2::int8[])[o.partition + 1], 0)
        GROUP BY line.sku, o.outcome
        """, number, offsets)
      // What became of orders since their first decision: the state of the last step, and all units that went.
      try pipeline.add(
        """
        SELECT line.sku, o.outcome, step.state, sum(line.units)::int8 AS first,
          sum(line.units + line.change)::int8 AS now
        FROM (
          SELECT order_id, sum(units) AS units,
            (array_agg(state ORDER BY log_offset DESC, place DESC))[1] AS state
          FROM history WHERE order_id BETWEEN $1 AND $2 AND sequence > 0
            AND log_offset < coalesce(($4::int8[])[partition + 1], 0) GROUP BY order_id
        ) AS step CROSS JOIN unnest(generations_of($3)) AS kept (generation) CROSS JOIN LATERAL (
          SELECT sku, outcome, quantity, partition, log_offset FROM orders
          WHERE generation = kept.generation AND order_id = step.order_id AND outcome IN (0, 100) OFFSET 0
        ) AS o LEFT JOIN baskets b ON b.partition = o.partition AND b.log_offset = o.log_offset
        CROSS JOIN LATERAL (
          SELECT o.sku, o.quantity AS units, step.units AS change WHERE b.lines IS NULL
          UNION ALL
          SELECT l.value->>'sku', (l.value->>'units')::int4, (
              SELECT coalesce(sum((y.line_units->>(l.place - 1)::int4)::int8), 0) FROM history y
              WHERE y.order_id = step.order_id AND y.sequence > 0
                AND y.log_offset < coalesce(($4::int8[])[y.partition + 1], 0)
            )
          FROM jsonb_array_elements(b.lines) WITH ORDINALITY AS l (value, place)
        ) AS line GROUP BY line.sku, o.outcome, step.state
        """, ids.lowerBound.uuid, ids.upperBound.uuid, [number], offsets)
    }
    try add(putUp: answers[0], first: answers[1], later: answers[2], of: sale)
  }

  /// What was put up, who had it by the first decisions, and what became of that.
  private mutating func add(putUp: Rows, first: Rows, later: Rows, of sale: StoredSale) throws {
    var items: [SKU: SaleMoment.Item] = [:]
    var order: [SKU] = []
    for row in putUp {
      let sku: SKU = try row.identifier(0)
      order.append(sku)
      items[sku] = SaleMoment.Item(sku: sku, putUp: try row.int64(1))
      items[sku]?.line = lines[sku] ?? 0
    }
    for row in first {
      let state = try Self.firstState(row.int16(1), sale)
      items[try row.identifier(0)]?.add(try row.int64(2), state)
    }
    for row in later {
      let stored = try row.int16(2)
      guard let state = Hold.State(rawValue: stored) else {
        throw StoreError.unreadable("state \(stored) in the store's history is not known to this version")
      }
      let sku: SKU = try row.identifier(0)
      items[sku]?.add(-(try row.int64(3)), try Self.firstState(row.int16(1), sale))
      items[sku]?.add(try row.int64(4), state)
    }
    self.items = order.compactMap { items[$0] }
  }

  private static func firstState(_ outcome: Int16, _ sale: StoredSale) throws -> Hold.State {
    switch try Outcome(stored: outcome) {
    case .waitlisted: .waiting
    case .confirmed, .rejected: sale.sale.holds == nil ? .confirmed : .reserved
    }
  }
}
