public import FlashSale
public import Logging
public import Postgres

/// An audit's own connection to the store. It reads only, and a standby will do.
///
/// (1) The snapshot and the pages of orders are of one instant.
/// (2) The look-ups come later and need no snapshot: they ask for rows at offsets below the snapshot's progress, and a
///     row of `orders` or `quarantined_records` is written once and never changed.
public struct AuditStore: Sendable {
  let connection: Connection

  /// Connects. Throws `PostgresError` when PostgreSQL cannot be reached or refuses.
  public static func connect(_ settings: ConnectionSettings, logger: Logger) async throws -> AuditStore {
    var settings = settings
    settings.sessionParameters.merge([
      // Sorting ten million orders on the server's disk may take long.
      "statement_timeout": "0",
      "work_mem": "64MB",
    ]) { _, ours in ours }
    return AuditStore(connection: try await Connection.connect(settings, logger: logger))
  }

  /// Closes the connection; the snapshot's orders go with it. Closing twice is fine.
  public func close() async { await connection.close() }

  /// Takes the snapshot and lets the server sort its orders, which `nextOrders` then hands out. Once per connection.
  ///
  /// The cursor outlives its transaction: the server keeps the sorted rows in a file of its own. So this process never
  /// holds more than a page, and no transaction stays open while the log is read. Throws `PostgresError`, and
  /// `StoreError` or `ValidationError` for a sale that cannot be read.
  ///
  /// - Parameter withLives: whether lives, payments and the history are handed out, too.
  public func snapshot(topic: String, withLives: Bool = false) async throws -> AuditSnapshot {
    let snapshot = try await connection.transaction(isolation: .repeatableRead, readOnly: true) { transaction in
      let answers = try transaction.pipeline { try AuditSnapshot.ask(&$0, topic: topic) }
      _ = try transaction.query(
        """
        DECLARE audited_orders NO SCROLL CURSOR WITH HOLD FOR
        SELECT o.order_id, o.partition, o.log_offset, o.sale, o.sku, o.buyer, o.quantity, o.outcome, o.accepted_at,
          b.lines, b.refused_line
        FROM orders o LEFT JOIN baskets b ON b.order_id = o.order_id AND b.partition = o.partition
          AND b.log_offset = o.log_offset
        ORDER BY o.partition, o.log_offset, o.order_id
        """)
      var snapshot = try AuditSnapshot(answers)
      if withLives { snapshot.living = try Self.declareLives(in: transaction) }
      return snapshot
    }
    // From here on every statement finds its rows by an index. With an array of many thousand values, the planner would
    // read the whole table each time.
    _ = try await connection.query("SET enable_seqscan = off")
    _ = try await connection.query("SET plan_cache_mode = force_generic_plan")
    return snapshot
  }

  /// The next page of the snapshot's orders by partition and offset, 10,000 of them; empty after the last one.
  public func nextOrders() async throws -> [AuditedOrder] {
    try await connection.query("FETCH FORWARD 10000 FROM audited_orders").map(AuditedOrder.init(row:))
  }

  /// The quarantined records of a stretch of the log, by their offsets.
  public func quarantined(
    topic: String, partition: Partition, in range: Range<Offset>
  ) async throws -> [Offset: AuditedQuarantine] {
    let rows = try await connection.query(
      """
      SELECT log_offset, sha256(record_key) AS key_hash, sha256(record_value) AS value_hash, sale, order_id
      FROM quarantined_records WHERE topic = $1 AND partition = $2 AND log_offset >= $3 AND log_offset < $4
      """, topic, partition.rawValue, range.lowerBound.rawValue, range.upperBound.rawValue)
    let records = try rows.map(AuditedQuarantine.init(row:))
    return Dictionary(records.map { ($0.offset, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Of these places in the log, those whose record was quarantined.
  public func quarantined(topic: String, at positions: [LogPosition]) async throws -> Set<LogPosition> {
    guard !positions.isEmpty else { return [] }
    let rows = try await connection.query(
      """
      SELECT q.partition, q.log_offset FROM quarantined_records q
      JOIN unnest($2::int4[], $3::int8[]) AS wanted (partition, log_offset) USING (partition, log_offset)
      WHERE q.topic = $1
      """, topic, positions.map(\.partition.rawValue), positions.map(\.offset.rawValue))
    return try Set(rows.map { LogPosition(partition: try $0.partition(0), offset: try $0.offset(1)) })
  }

  /// Where those of these orders that have a row have it.
  public func places(of orders: [OrderID]) async throws -> [OrderID: AuditedPlace] {
    guard !orders.isEmpty else { return [:] }
    let rows = try await connection.query(
      """
      SELECT found.order_id, partition, log_offset, buyer, sku, outcome
      FROM unnest($1::uuid[]) AS wanted (order_id) CROSS JOIN unnest(generations_of($2)) AS kept (generation)
      CROSS JOIN LATERAL (
        SELECT * FROM orders WHERE generation = kept.generation AND order_id = wanted.order_id OFFSET 0
      ) AS found
      """, orders.map(\.uuid), Set(orders.map(\.sale.rawValue)).sorted())
    let places = try rows.map { row in
      let position = LogPosition(partition: try row.partition(1), offset: try row.offset(2))
      let outcome = try? Outcome(stored: row.int16(5))
      let place = AuditedPlace(
        position: position, buyer: try row.string(3), sku: try row.string(4), outcome: outcome)
      return (OrderID(try row.uuid(0)), place)
    }
    return Dictionary(places, uniquingKeysWith: { first, _ in first })
  }

  /// The units that these buyers hold by the rows of one partition below an offset; buyers without units are omitted.
  public func held(
    by holders: [LaneStock.Holder], in partition: Partition, before offset: Offset
  ) async throws -> [LaneStock.Holder: Units] {
    guard !holders.isEmpty else { return [:] }
    // The aggregate is run once for each of the buyers, by the index `orders_held`.
    let rows = try await connection.query(
      """
      SELECT wanted.sale, wanted.buyer, held.units FROM unnest($1::int4[], $2::text[]) AS wanted (sale, buyer)
      CROSS JOIN LATERAL (
        SELECT sum(quantity) AS units FROM orders_counted
        WHERE sale = wanted.sale AND buyer = wanted.buyer AND partition = $3 AND log_offset < $4
      ) AS held WHERE held.units IS NOT NULL
      """,
      holders.map(\.sale.rawValue), holders.map(\.buyer.rawValue), partition.rawValue, offset.rawValue)
    let held = try rows.map { row in
      let holder = LaneStock.Holder(sale: try row.saleNumber(0), buyer: try row.identifier(1))
      // Cut like a lane's: no limit is above `stockUnits`, so that this decides the same and cannot overflow.
      return (holder, Units(Int32(min(try row.int64(2), Int64(FlashSale.Limits.stockUnits)))))
    }
    return Dictionary(held, uniquingKeysWith: { first, _ in first })
  }
}

extension AuditSnapshot {
  /// Adds the statements whose answers the snapshot is made of.
  fileprivate static func ask(_ pipeline: inout Pipeline, topic: String) throws {
    try pipeline.add("SELECT partitions FROM topics WHERE name = $1", topic)
    try pipeline.add(
      """
      SELECT partition, epoch, next_offset, last_record, owner_id, NULL::int8 AS lease_age, NULL::int8 AS lease_ms,
        owner_name, claimed_at, halted_at, halted_reason, resumed_at, resumed_because
      FROM partition_progress WHERE topic = $1 ORDER BY partition
      """, topic)
    try pipeline.add(
      """
      SELECT k.sale, k.sku, k.put_up, k.units_left, k.reserved, k.closed, k.price_minor, k.currency, s.id, s.name,
        s.starts_at, s.ends_at, s.per_buyer_limit, s.ordering, s.holds::text AS holds,
        coalesce(k.starts_at, s.starts_at) AS starts_now, coalesce(k.ends_at, s.ends_at) AS ends_now,
        coalesce(k.per_buyer_limit, s.per_buyer_limit) AS limit_now, coalesce(changed.added, 0)::int8 AS added,
        CASE WHEN changed.is_changed THEN (
          SELECT price_minor FROM (
            SELECT log_offset, price_minor FROM holds h WHERE h.sale = k.sale AND h.sku = k.sku
            UNION ALL
            SELECT h.log_offset, line.price_minor
            FROM holds h CROSS JOIN jsonb_to_recordset(h.lines) AS line (sku text, price_minor int8)
            WHERE h.sale = k.sale AND h.lines IS NOT NULL AND line.sku = k.sku
          ) AS won ORDER BY log_offset LIMIT 1
        ) END AS first_price
      FROM stock k JOIN sales s ON s.number = k.sale
      CROSS JOIN LATERAL (
        SELECT sum(units) FILTER (WHERE action IN (20, 21)) AS added, bool_or(action = 23 AND result = 0) AS is_changed
        FROM history h WHERE h.order_id IS NULL AND h.sale = k.sale AND h.sku = k.sku
      ) AS changed
      ORDER BY k.sale, k.position
      """)
    try pipeline.add("SELECT partition, sale, requests, repeats FROM tallies WHERE topic = $1", topic)
    // The primary key rules this out within a generation, while it exists, and lanes do over all of them. An audit does
    // not assume that they did.
    try pipeline.add(
      """
      SELECT order_id, count(*) OVER () FROM orders GROUP BY order_id HAVING count(*) > 1 ORDER BY order_id LIMIT 1
      """)
    try pipeline.add(
      """
      SELECT q.partition, q.log_offset, count(*) OVER ()
      FROM quarantined_records q LEFT JOIN partition_progress p USING (topic, partition)
      WHERE q.topic = $1 AND (p.next_offset IS NULL OR q.log_offset >= p.next_offset)
      ORDER BY q.partition, q.log_offset LIMIT 1
      """, topic)
  }

  fileprivate init(_ answers: [Rows]) throws {
    partitions = try answers[0].first?.int32(0)
    progress = try answers[1].map(PartitionProgress.init(row:))
    stock = try answers[2].map(AuditedStock.init(row:))
    tallies = try answers[3].map { row in
      let key = AuditedTally.Key(partition: try row.partition(0), sale: try row.saleNumber(1))
      return AuditedTally(key: key, requests: try row.int64(2), repeats: try row.int64(3))
    }
    let twice = answers[4].first
    doubled = (try twice?.int64(1) ?? 0, try twice.map { OrderID(try $0.uuid(0)) })
    let ahead = answers[5].first
    quarantinedAhead = (
      try ahead?.int64(2) ?? 0,
      try ahead.map { LogPosition(partition: try $0.partition(0), offset: try $0.offset(1)) }
    )
  }
}
