public import FlashSale
internal import Postgres
internal import Time

/// What the store knows about a sale, from one snapshot: the raw side of `SaleReport`.
struct ReportFacts: Sendable {
  /// One stock row.
  struct Stock: Sendable {
    let sku: SKU
    let putUp: Units
    var left: Units
    var reserved: Units

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
  var stock: [Stock]

  /// By the lanes' own count; see `tallies`.
  let requests: Int64
  let repeats: Int64

  /// Whether so many repeats had come: of an earlier vector, nothing says how many of them were before it.
  let knowsRepeats: Bool

  /// Rows of orders.
  var outcomes: [Outcome: Int64] = [:]
  var unitsConfirmed: [SKU: Int64] = [:]

  /// What became of orders.
  var units: [SKU: LiveUnits] = [:]
  var lives = SaleReport.Lives()
  var money: [SaleReport.Money] = []

  /// Rows of quarantined records.
  var quarantined: Int64 = 0
  private(set) var delay: SaleReport.Delay?
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
  /// - Parameter countsAnew: `true` reads every order of the sale some times: a million take about 2 s. `false` takes
  ///   what this store has counted before, and reads what lanes have written of the sale since.
  public func report(
    on sale: StoredSale, topic: String, countsAnew: Bool = true,
    countTail: @Sendable (StoredSale, [Partition: Offset]) async throws -> Int64
  ) async throws -> SaleReport {
    let facts = try await counted(sale, topic: topic, countsAnew: countsAnew) { counts, transaction in
      try ReportFacts(of: sale, topic: topic, &counts, in: transaction)
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
  init(
    of sale: StoredSale, topic: String, _ counts: inout SaleCounts, in transaction: borrowing Transaction
  ) throws {
    let (number, scale, before) = (sale.number.rawValue, counts.orders.scale, counts.asOf?.dense)
    let until = try counts.lastInstant(of: sale.number, topic: topic, in: transaction)
    // All statements of a repeatable read transaction see the snapshot of the first one.
    let answers = try transaction.pipeline { pipeline in
      try pipeline.add("SELECT now(), closed_at FROM sales WHERE number = $1", number)
      try pipeline.add(
        """
        SELECT k.sku, k.put_up - changed.later AS put_up, k.units_left - changed.later AS units_left, k.reserved,
          changed.restocked, changed.reduced
        FROM stock k CROSS JOIN LATERAL (
          SELECT coalesce(sum(units) FILTER (WHERE action = 20 AND NOT is_later), 0)::int8 AS restocked,
            -coalesce(sum(units) FILTER (WHERE action = 21 AND NOT is_later), 0)::int8 AS reduced,
            coalesce(sum(units) FILTER (WHERE is_later), 0)::int4 AS later
          FROM history CROSS JOIN LATERAL (
            SELECT $2::int8[] IS NOT NULL AND log_offset >= coalesce(($2::int8[])[partition + 1], 0) AS is_later
          ) AS vector WHERE order_id IS NULL AND sale = k.sale AND sku = k.sku
        ) AS changed WHERE k.sale = $1 ORDER BY k.position
        """, number, before)
      try pipeline.add(
        """
        SELECT date_bin(make_interval(mins => $3), quarantined_at, 'epoch') AS minute, count(*) AS requests
        FROM quarantined_records
        WHERE topic = $1 AND sale = $2
          AND ($4::int8[] IS NULL OR log_offset < coalesce(($4::int8[])[partition + 1], 0))
        GROUP BY 1
        """, topic, number, scale.minutes, before)
      try pipeline.add(
        """
        SELECT reason, sum(requests)::int8 FROM door
        WHERE sale = $1 AND ($2::timestamptz IS NULL OR slot_start <= $2) GROUP BY reason
        """, number, until)
      try pipeline.add(
        """
        SELECT slot_start, sum(requests)::int8 FROM door
        WHERE sale = $1 AND slot_start >= $2 AND slot_start < $3 AND reason NOT IN ('repeated', 'outcome_unknown')
          AND ($4::timestamptz IS NULL OR slot_start <= $4)
        GROUP BY slot_start
        """, number, scale.arrivals.lowerBound, scale.arrivals.upperBound, until)
    }
    let snapshot = try answers[0].single()
    takenAt = try snapshot.timestamp(0)
    closedAt = try snapshot.optional(1)
    progress = counts.progress
    stock = try answers[1].map { row in
      Stock(
        sku: try row.identifier("sku"), putUp: try row.units("put_up"), left: try row.units("units_left"),
        reserved: try row.units("reserved"), restocked: try row.int64("restocked"),
        reduced: try row.int64("reduced"))
    }
    (requests, repeats) = (counts.tallies.requests, counts.tallies.repeats)
    knowsRepeats = counts.asOf == nil
    bucketMinutes = scale.minutes
    door = try Dictionary(
      answers[3].map { (try $0.string(0), try $0.int64(1)) }, uniquingKeysWith: { first, _ in first })
    let parts = [0.5, 0.95, 0.99, 1]
    let delays =
      try counts.orders.delays?.milliseconds(of: parts)
      ?? DecisionDelays.milliseconds(of: parts, sale.number, before: counts.asOf, in: transaction)
    delay = delays.count == 4 ? SaleReport.Delay(p50: delays[0], p95: delays[1], p99: delays[2], max: delays[3]) : nil
    try add(arrivals: counts.orders.arrivals, turnedAway: answers[4])
    try add(counts.orders, quarantined: answers[2])
    let lives = try counts.lives ?? LifeCounts(of: sale.number, in: transaction)
    try add(lives)
    counts.lives = lives
  }

  private mutating func add(arrivals accepted: [Timestamp: Int64], turnedAway: Rows) throws {
    var arrivals = Dictionary(
      uniqueKeysWithValues: accepted.map { ($0, SaleReport.Arrival(at: $0, accepted: $1, refused: 0)) })
    for row in turnedAway {
      let at = try row.timestamp(0)
      arrivals[at, default: .init(at: at, accepted: 0, refused: 0)].refused += try row.int64(1)
    }
    self.arrivals = arrivals.values.sorted { $0.at < $1.at }
  }

  private mutating func add(_ orders: OrderCounts, quarantined quarantinedRows: Rows) throws {
    var moments: [Timestamp: SaleReport.Moment] = [:]
    for (key, cell) in orders.cells {
      moments[key.minute, default: .init(at: key.minute)].add(cell.requests, key.outcome)
      outcomes[key.outcome, default: 0] += cell.requests
      guard key.outcome.holdsUnits else { continue }
      unitsConfirmed[key.sku, default: 0] += cell.units
      firstSaleAt = [firstSaleAt, cell.first].compactMap(\.self).min()
      lastSaleAt = [lastSaleAt, cell.last].compactMap(\.self).max()
    }
    for row in quarantinedRows {
      let (minute, records) = (try row.timestamp("minute"), try row.int64("requests"))
      moments[minute, default: .init(at: minute)].quarantined += records
      quarantined += records
    }
    timeline = moments.values.sorted { $0.minute < $1.minute }
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
