import FlashSale
import Lane
import Postgres

extension BatchNeeds {
  /// How many statements load all of it. The answers of the first five have fixed places; the others follow.
  var statements: Int {
    5 + (needsSubjects ? 2 : 0) + (needsWaiting ? LifeRows.waitingStatements : 0)
      + (commands.map { LifeRows.statements(for: $0) } ?? 0)
  }

  fileprivate var needsWaiting: Bool { !unknownStock.isEmpty }

  fileprivate var needsSubjects: Bool { !subjects.isEmpty || !subjectSales.isEmpty }

  /// Adds the statements that load all of it.
  func add(to pipeline: inout Pipeline) throws {
    // OFFSET keeps the planner from joining otherwise than by one look at the primary key for each probe.
    try pipeline.add(
      """
      SELECT probe.order_id FROM unnest($1::int4[], $2::uuid[]) AS probe (generation, order_id)
      CROSS JOIN LATERAL (
        SELECT FROM orders WHERE generation = probe.generation AND order_id = probe.order_id OFFSET 0
      ) AS found
      """, probes.map(\.generation.rawValue), probes.map(\.order.uuid))
    // A subquery with an aggregate is run once for each of the buyers, by the index `orders_held`. What has a row in
    // `holds` is counted as that says: each life has an order there.
    try pipeline.add(
      """
      SELECT wanted.sale, wanted.buyer, held.units, held.lapses
      FROM unnest($1::int4[], $2::text[]) AS wanted (sale, buyer)
      CROSS JOIN LATERAL (
        SELECT coalesce(sum(coalesce(life.units, o.quantity)), 0)::int8 AS units,
          count(*) FILTER (WHERE life.is_lapsed) AS lapses
        FROM orders_counted o
        LEFT JOIN LATERAL (
          SELECT CASE WHEN state <= 5 THEN units ELSE 0 END AS units, is_lapsed FROM holds
          WHERE order_id = o.order_id OFFSET 0
        ) AS life ON true
        WHERE o.sale = wanted.sale AND o.buyer = wanted.buyer
      ) AS held
      WHERE held.units > 0 OR held.lapses > 0
      """,
      holders.map(\.sale.rawValue), holders.map(\.buyer.rawValue))
    // If one more than the limit is loaded, there are too many.
    try pipeline.add(
      """
      SELECT wanted.sale, held.buyer FROM unnest($1::int4[]) AS wanted (sale)
      CROSS JOIN LATERAL (
        SELECT buyer FROM orders_counted WHERE sale = wanted.sale AND EXISTS (
          SELECT FROM sales s LEFT JOIN stock k ON k.sale = s.number AND k.per_buyer_limit IS NOT NULL
          WHERE s.number = wanted.sale
            AND (s.per_buyer_limit IS NOT NULL OR s.holds -> 'lapses' IS NOT NULL OR k.sale IS NOT NULL))
        LIMIT $2
      ) AS held
      """,
      unknownSales.map(\.rawValue), Int64(mostHolders + 1))
    try LevelRows.addSearch(for: unknownStock, to: &pipeline)
    try pipeline.add(Generations.openOnes, unknownGenerations.map(\.rawValue))
    if needsSubjects { try SubjectRows.addSearch(for: self, to: &pipeline) }
    if needsWaiting { try LifeRows.addWaiting(for: unknownStock, to: &pipeline) }
    if let commands { try LifeRows.addSearch(for: commands, to: &pipeline) }
  }
}

extension LoadedFacts {
  /// Reads the answers of those statements.
  init(_ answers: ArraySlice<Rows>, for needs: BatchNeeds) throws {
    self.init()
    var rest = answers
    func next(_ count: Int) -> ArraySlice<Rows> {
      defer { rest = rest.dropFirst(count) }
      return rest.prefix(count)
    }
    let first = Array(next(5))
    for row in first[0] { decided.append(OrderID(try row.uuid(0))) }
    for row in first[1] {
      let holder = LaneStock.Holder(sale: try row.saleNumber(0), buyer: try row.identifier(1))
      add(holder, holds: try row.int64(2), lapses: try row.int64(3))
    }
    for row in first[2] { add(holder: try row.identifier(1), of: try row.saleNumber(0)) }
    levels = try LevelRows.levels(first[3])
    for row in first[4] { generations[try row.saleNumber("sale")] = try OpenGeneration(row: row) }
    if needs.needsSubjects {
      let rows = Array(next(2))
      for row in rows[0] {
        add(try row.subject(at: 0), counts: try row.int64(3), lapses: try row.int64(4))
      }
      for row in rows[1] { add(holder: try row.subject(at: 0)) }
    }
    if needs.needsWaiting { try add(waiting: next(LifeRows.waitingStatements)) }
    guard let commands = needs.commands else { return }
    if commands.areAboutOrders { try add(commands: next(LifeRows.orderStatements)) }
    if !commands.stockKeys.isEmpty { try add(stockCommands: next(1)) }
  }
}

/// The rows of `stock` that a batch reads, each with its rules.
enum LevelRows {
  /// Adds the statement that loads those of the stocks that exist.
  static func addSearch(for stock: Set<StockKey>, to pipeline: inout Pipeline) throws {
    try pipeline.add(
      """
      SELECT k.sale, k.sku, k.units_left, k.reserved, k.closed, k.as_of, k.put_up, k.price_minor, k.currency,
        coalesce(k.starts_at, s.starts_at) AS starts_at, coalesce(k.ends_at, s.ends_at) AS ends_at,
        coalesce(k.per_buyer_limit, s.per_buyer_limit) AS per_buyer_limit, s.holds::text AS holds,
        s.ordering = 'sale' AS takes_baskets
      FROM unnest($1::int4[], $2::text[]) AS wanted (sale, sku)
      JOIN stock k ON k.sale = wanted.sale AND k.sku = wanted.sku JOIN sales s ON s.number = k.sale
      """,
      stock.map(\.sale.rawValue), stock.map(\.sku.rawValue))
  }

  /// Reads its answer.
  static func levels(_ rows: Rows) throws -> [StockKey: LaneStock.Level] {
    var levels: [StockKey: LaneStock.Level] = [:]
    for row in rows {
      levels[StockKey(sale: try row.saleNumber(0), sku: try row.identifier(1))] = try LaneStock.Level(row: row)
    }
    return levels
  }
}

extension LaneStock.Level {
  /// A row of `stock` with its rules.
  init(row: Row) throws {
    let rules = SaleRules(
      startsAt: try row.timestamp("starts_at"), endsAt: try row.timestamp("ends_at"),
      perBuyerLimit: try row.optional("per_buyer_limit", as: Int32.self).map(Units.init(_:)),
      takesBaskets: try row.bool("takes_baskets"),
      holds: try row.optional("holds", as: String.self).map(HoldRules.init(stored:)))
    let level = StockLevel(
      left: try row.units("units_left"), reserved: try row.units("reserved"), isClosed: try row.bool("closed"),
      asOf: try row.offset("as_of"))
    self.init(
      level, putUp: try row.units("put_up"),
      price: try Price(minor: row.int64("price_minor"), currency: row.string("currency")), rules: rules)
  }
}
