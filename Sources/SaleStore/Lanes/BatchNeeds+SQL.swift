import FlashSale
import Lane
import Postgres

extension BatchNeeds {
  /// How many statements load all of it. Their answers have fixed places, and those about subjects come last.
  var statements: Int { needsSubjects ? 7 : 5 }

  private var needsSubjects: Bool { !subjects.isEmpty || !subjectSales.isEmpty }

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
    // A subquery with an aggregate is run once for each of the buyers, by the index `orders_held`.
    try pipeline.add(
      """
      SELECT wanted.sale, wanted.buyer, held.units FROM unnest($1::int4[], $2::text[]) AS wanted (sale, buyer)
      CROSS JOIN LATERAL (
        SELECT sum(quantity) AS units FROM units_held WHERE sale = wanted.sale AND buyer = wanted.buyer
      ) AS held WHERE held.units IS NOT NULL
      """,
      holders.map(\.sale.rawValue), holders.map(\.buyer.rawValue))
    // If one more than the limit is loaded, there are too many.
    try pipeline.add(
      """
      SELECT wanted.sale, held.buyer FROM unnest($1::int4[]) AS wanted (sale)
      JOIN sales s ON s.number = wanted.sale AND s.per_buyer_limit IS NOT NULL
      CROSS JOIN LATERAL (SELECT buyer FROM units_held WHERE sale = wanted.sale LIMIT $2) AS held
      """,
      unknownSales.map(\.rawValue), Int64(mostHolders + 1))
    try pipeline.add(
      """
      SELECT k.sale, k.sku, k.units_left, k.closed, k.as_of, s.starts_at, s.ends_at,
        s.per_buyer_limit
      FROM unnest($1::int4[], $2::text[]) AS wanted (sale, sku)
      JOIN stock k ON k.sale = wanted.sale AND k.sku = wanted.sku JOIN sales s ON s.number = k.sale
      """,
      unknownStock.map(\.sale.rawValue), unknownStock.map(\.sku.rawValue))
    try pipeline.add(Generations.openOnes, unknownGenerations.map(\.rawValue))
    if needsSubjects { try SubjectRows.addSearch(for: self, to: &pipeline) }
  }
}

extension LoadedFacts {
  /// Reads the answers of those statements.
  init(_ answers: ArraySlice<Rows>) throws {
    self.init()
    let answers = Array(answers)
    for row in answers[0] { decided.append(OrderID(try row.uuid(0))) }
    for row in answers[1] {
      add(LaneStock.Holder(sale: try row.saleNumber(0), buyer: try row.identifier(1)), holds: try row.int64(2))
    }
    for row in answers[2] { add(holder: try row.identifier(1), of: try row.saleNumber(0)) }
    for row in answers[3] {
      let rules = SaleRules(
        startsAt: try row.timestamp(5), endsAt: try row.timestamp(6),
        perBuyerLimit: try row.optional(7, as: Int32.self).map(Units.init(_:)))
      let level = StockLevel(left: try row.units(2), isClosed: try row.bool(3), asOf: try row.offset(4))
      levels[StockKey(sale: try row.saleNumber(0), sku: try row.identifier(1))] = LaneStock.Level(level, rules: rules)
    }
    for row in answers[4] { generations[try row.saleNumber("sale")] = try OpenGeneration(row: row) }
    guard answers.count > 5 else { return }
    for row in answers[5] { add(try row.subject(at: 0), counts: try row.int64(3)) }
    for row in answers[6] { add(holder: try row.subject(at: 0)) }
  }
}
