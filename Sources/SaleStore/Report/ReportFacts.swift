public import FlashSale
internal import Postgres
internal import Time

/// What the store knows about a sale, from one snapshot: the raw side of `SaleReport`.
struct ReportFacts: Sendable {
  /// One stock row.
  struct Stock: Sendable {
    let sku: SKU
    let putUp: Units
    let left: Units
    let reserved: Units

    /// Units that commands put up and took back, by the history.
    let restocked: Int64
    let reduced: Int64
  }

  /// By the store's clock.
  let takenAt: Timestamp
  let closedAt: Timestamp?

  /// The next offset of each partition that was ever claimed.
  let progress: [Partition: Offset]

  /// In the order of the sale.
  let stock: [Stock]

  /// By the lanes' own count; see `tallies`.
  let requests: Int64
  let repeats: Int64

  /// Rows of orders.
  var outcomes: [Outcome: Int64] = [:]
  var unitsConfirmed: [SKU: Int64] = [:]

  /// What became of orders.
  var units: [SKU: LiveUnits] = [:]
  var lives = SaleReport.Lives()
  var money: [SaleReport.Money] = []

  /// Rows of quarantined records.
  var quarantined: Int64 = 0
  let delay: SaleReport.Delay?
  let bucketMinutes: Int32
  var timeline: [SaleReport.Moment] = []
  var firstSaleAt: Timestamp?
  var lastSaleAt: Timestamp?

  /// Answers at the door, by their code.
  var door: [String: Int64] = [:]
  var arrivals: [SaleReport.Arrival] = []

  func status(of sale: StoredSale) -> SaleStatus {
    StoredSale(number: sale.number, sale: sale.sale, closedAt: closedAt, stock: sale.stock).status(at: takenAt)
  }
}

extension SaleStore {
  /// The report on a sale.
  ///
  /// All of the store's numbers are of one snapshot. `countTail` is then asked how many requests of the sale the log
  /// has from the snapshot's next offsets on (0 where a partition is missing); the log keeps its records, so it does
  /// not matter that lanes go on meanwhile. If it throws, the report says that these numbers are not known.
  ///
  /// Reads every order of the sale two or three times: a million take about 2 s.
  public func report(
    on sale: StoredSale, topic: String,
    countTail: @Sendable (StoredSale, [Partition: Offset]) async throws -> Int64
  ) async throws -> SaleReport {
    let facts = try await pool.withConnection { connection in
      try await connection.transaction(isolation: .repeatableRead, readOnly: true) { transaction in
        try ReportFacts(of: sale, topic: topic, in: transaction)
      }
    }
    let inFlight: Int64?
    do {
      inFlight = try await countTail(sale, facts.progress)
    } catch {
      // Unknown is not zero (I12).
      inFlight = nil
    }
    return SaleReport(sale: sale, facts: facts, inFlight: inFlight)
  }
}

extension ReportFacts {
  fileprivate init(of sale: StoredSale, topic: String, in transaction: borrowing Transaction) throws {
    let number = sale.number.rawValue
    let ids = sale.number.orderIDs
    let minutes = Self.bucketMinutes(of: sale.sale)
    // One round trip; and all statements of a repeatable read transaction see the snapshot of the first one.
    let answers = try transaction.pipeline { pipeline in
      try pipeline.add("SELECT now(), closed_at FROM sales WHERE number = $1", number)
      try pipeline.add("SELECT partition, next_offset FROM partition_progress WHERE topic = $1", topic)
      try pipeline.add(
        """
        SELECT k.sku, k.put_up, k.units_left, k.reserved, changed.restocked, changed.reduced
        FROM stock k CROSS JOIN LATERAL (
          SELECT coalesce(sum(units) FILTER (WHERE action = 20), 0)::int8 AS restocked,
            -coalesce(sum(units) FILTER (WHERE action = 21), 0)::int8 AS reduced
          FROM history WHERE order_id IS NULL AND sale = k.sale AND sku = k.sku
        ) AS changed WHERE k.sale = $1 ORDER BY k.position
        """, number)
      try pipeline.add(
        """
        SELECT coalesce(sum(requests), 0)::int8, coalesce(sum(repeats), 0)::int8
        FROM tallies WHERE topic = $1 AND sale = $2
        """, topic, number)
      try pipeline.add(
        """
        SELECT (extract(epoch FROM delay) * 1000)::float8 FROM (
          SELECT unnest(
            percentile_disc(ARRAY[0.5, 0.95, 0.99, 1]) WITHIN GROUP (ORDER BY decided_at - accepted_at)) AS delay
          FROM orders WHERE order_id BETWEEN $1 AND $2 AND generation = ANY ((SELECT generations_of($3))::int4[])
        ) AS delays ORDER BY delay
        """, ids.lowerBound.uuid, ids.upperBound.uuid, [number])
      try pipeline.add(
        """
        SELECT outcome, sku, date_bin(make_interval(mins => $3), decided_at, 'epoch') AS minute,
          count(*) AS requests, sum(quantity) AS units, min(decided_at) AS first, max(decided_at) AS last
        FROM orders WHERE order_id BETWEEN $1 AND $2 AND generation = ANY ((SELECT generations_of($4))::int4[])
        GROUP BY GROUPING SETS ((outcome, sku), (outcome, minute))
        """, ids.lowerBound.uuid, ids.upperBound.uuid, minutes, [number])
      try pipeline.add(
        """
        SELECT date_bin(make_interval(mins => $3), quarantined_at, 'epoch') AS minute, count(*) AS requests
        FROM quarantined_records WHERE topic = $1 AND sale = $2 GROUP BY 1
        """, topic, number, minutes)
      try pipeline.add("SELECT reason, sum(requests)::int8 FROM door WHERE sale = $1 GROUP BY reason", number)
      try Self.askForArrivals(of: sale, in: &pipeline)
      try Self.askForLives(of: sale.number, in: &pipeline)
    }
    let snapshot = try answers[0].single()
    takenAt = try snapshot.timestamp(0)
    closedAt = try snapshot.optional(1)
    progress = try Dictionary(
      answers[1].map { (try $0.partition(0), try $0.offset(1)) }, uniquingKeysWith: { first, _ in first })
    stock = try answers[2].map { row in
      Stock(
        sku: try row.identifier("sku"), putUp: try row.units("put_up"), left: try row.units("units_left"),
        reserved: try row.units("reserved"), restocked: try row.int64("restocked"),
        reduced: try row.int64("reduced"))
    }
    (requests, repeats) = (try answers[3].single().int64(0), try answers[3].single().int64(1))
    let delays = try answers[4].map { try $0.double(0) }
    delay = delays.count == 4 ? SaleReport.Delay(p50: delays[0], p95: delays[1], p99: delays[2], max: delays[3]) : nil
    bucketMinutes = minutes
    door = try Dictionary(
      answers[7].map { (try $0.string(0), try $0.int64(1)) }, uniquingKeysWith: { first, _ in first })
    arrivals = try answers[8].map { row in
      SaleReport.Arrival(at: try row.timestamp(0), accepted: try row.int64(1), refused: try row.int64(2))
    }
    try add(outcomes: answers[5], quarantined: answers[6])
    try add(lives: answers[9], money: answers[10], history: answers[11], baskets: answers[12])
    try addImplied(of: sale.number, in: transaction)
  }

  /// What came in around the opening: orders by when they were accepted, and what was turned away.
  private static func askForArrivals(of sale: StoredSale, in pipeline: inout Pipeline) throws {
    let ids = sale.number.orderIDs
    let (from, to) = Limits.arrivals(opening: sale.sale.startsAt)
    try pipeline.add(
      """
      SELECT slot, sum(accepted)::int8, sum(refused)::int8 FROM (
        SELECT date_bin('100 milliseconds', accepted_at, 'epoch') AS slot, count(*) AS accepted, 0 AS refused
        FROM orders WHERE order_id BETWEEN $1 AND $2 AND generation = ANY ((SELECT generations_of($3))::int4[])
          AND accepted_at >= $4 AND accepted_at < $5
        GROUP BY 1
        UNION ALL
        SELECT slot_start, 0, sum(requests) FROM door
        WHERE sale = $6 AND slot_start >= $4 AND slot_start < $5 AND reason NOT IN ('repeated', 'outcome_unknown')
        GROUP BY 1
      ) AS parts GROUP BY slot ORDER BY slot
      """, ids.lowerBound.uuid, ids.upperBound.uuid, [sale.number.rawValue], from, to, sale.number.rawValue)
  }

  private mutating func add(outcomes rows: Rows, quarantined quarantinedRows: Rows) throws {
    var moments: [Timestamp: SaleReport.Moment] = [:]
    for row in rows {
      let outcome = try Outcome(stored: row.int16("outcome"))
      let requests = try row.int64("requests")
      // A row of the grouping by SKU has no minute, and the other way round.
      if let minute = try row.optional("minute", as: Timestamp.self) {
        moments[minute, default: .init(at: minute)].add(requests, outcome)
        continue
      }
      outcomes[outcome, default: 0] += requests
      guard outcome.holdsUnits else { continue }
      unitsConfirmed[try row.identifier("sku"), default: 0] += try row.int64("units")
      firstSaleAt = try [firstSaleAt, row.timestamp("first")].compactMap { $0 }.min()
      lastSaleAt = try [lastSaleAt, row.timestamp("last")].compactMap { $0 }.max()
    }
    for row in quarantinedRows {
      let (minute, records) = (try row.timestamp("minute"), try row.int64("requests"))
      moments[minute, default: .init(at: minute)].quarantined += records
      quarantined += records
    }
    timeline = moments.values.sorted { $0.minute < $1.minute }
  }

  private static func bucketMinutes(of sale: Sale) -> Int32 {
    let minutes = sale.endsAt.microseconds(since: sale.startsAt) / 60_000_000
    // A window of 8,000 years, the longest that can be written, gives a bucket of 66 days.
    return Int32(clamping: minutes / Limits.timelineBuckets + 1)
  }
}

extension SaleReport.Moment {
  fileprivate init(at minute: Timestamp) {
    self.init(minute: minute, confirmed: 0, waitlisted: 0, rejected: 0, quarantined: 0)
  }

  fileprivate mutating func add(_ requests: Int64, _ outcome: Outcome) {
    switch outcome {
    case .confirmed: confirmed += requests
    case .waitlisted: waitlisted += requests
    case .rejected: rejected += requests
    }
  }
}

extension SaleNumber {
  /// Every order id that names this sale: a range, because the number stands first.
  var orderIDs: ClosedRange<OrderID> {
    let high = UInt64(UInt32(bitPattern: rawValue)) << 32
    return OrderID(high: high, low: 0)...OrderID(high: high | 0xFFFF_FFFF, low: .max)
  }
}
