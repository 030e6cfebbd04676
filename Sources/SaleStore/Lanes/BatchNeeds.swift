import FlashSale
import Postgres

/// What must be loaded before a batch can be decided, and what was loaded.
struct BatchNeeds: Sendable {
  private var orders: Set<OrderID> = []
  private var holders: Set<LaneStock.Holder> = []
  private var unknownSales: Set<SaleNumber> = []
  private var unknownStock: Set<StockKey> = []
  private(set) var state = LaneStock()
  private(set) var loadedHolders: [SaleNumber: KnownHolders.Holders] = [:]

  /// Whether the lane remembers all that the batch needs.
  var isEmpty: Bool { orders.isEmpty && holders.isEmpty && unknownSales.isEmpty && unknownStock.isEmpty }

  /// Collects the keys of the records; what the lane remembers goes into the state.
  init(_ entries: ArraySlice<LogEntry>, _ memory: LaneMemory) {
    if memory.looksUpOrders { orders.reserveCapacity(entries.count) }
    for entry in entries {
      switch entry.record {
      case .place(let request):
        if memory.looksUpOrders { orders.insert(request.order) }
        if isLimited(need(request.stock, memory)) {
          need(LaneStock.Holder(sale: request.stock.sale, buyer: request.buyer), memory)
        }
      case .close(let stock, _): _ = need(stock, memory)
      case nil: break
      }
    }
  }

  /// Whether the sale limits a buyer. For stock that was not loaded yet this is not known, so it counts as limited.
  private func isLimited(_ level: LaneStock.Level?) -> Bool { level.map { $0.rules.perBuyerLimit != nil } ?? true }

  private mutating func need(_ key: StockKey, _ memory: LaneMemory) -> LaneStock.Level? {
    if let level = state.stock[key] { return level }
    guard let level = memory.levels[key] else {
      unknownStock.insert(key)
      return nil
    }
    state.stock[key] = level
    return level
  }

  private mutating func need(_ holder: LaneStock.Holder, _ memory: LaneMemory) {
    guard memory.holders.mayHold(holder) else { return }
    holders.insert(holder)
    if !memory.holders.knows(holder.sale) { unknownSales.insert(holder.sale) }
  }

  /// Adds the statements that load all of it: always four, so that their answers have fixed places.
  func add(to pipeline: inout Pipeline) throws {
    try pipeline.add("SELECT order_id FROM orders WHERE order_id = ANY ($1)", orders.map(\.uuid))
    // A subquery with an aggregate is run once for each of the buyers, by the index `orders_held`.
    try pipeline.add(
      """
      SELECT wanted.sale, wanted.buyer, held.units FROM unnest($1::int4[], $2::text[]) AS wanted (sale, buyer)
      CROSS JOIN LATERAL (
        SELECT sum(quantity) AS units FROM orders WHERE sale = wanted.sale AND buyer = wanted.buyer AND outcome = 0
      ) AS held WHERE held.units IS NOT NULL
      """,
      holders.map(\.sale.rawValue), holders.map(\.buyer.rawValue))
    // If one more than the limit is loaded, there are too many.
    try pipeline.add(
      """
      SELECT wanted.sale, held.buyer FROM unnest($1::int4[]) AS wanted (sale)
      JOIN sales s ON s.number = wanted.sale AND s.per_buyer_limit IS NOT NULL
      CROSS JOIN LATERAL (SELECT buyer FROM orders WHERE sale = wanted.sale AND outcome = 0 LIMIT $2) AS held
      """,
      unknownSales.map(\.rawValue), Limits.loadedHolders + 1)
    try pipeline.add(
      """
      SELECT k.sale, k.sku, k.units_left, k.closed, s.starts_at, s.ends_at, s.per_buyer_limit
      FROM unnest($1::int4[], $2::text[]) AS wanted (sale, sku)
      JOIN stock k ON k.sale = wanted.sale AND k.sku = wanted.sku JOIN sales s ON s.number = k.sale
      """,
      unknownStock.map(\.sale.rawValue), unknownStock.map(\.sku.rawValue))
  }

  /// Takes the answers of those four in.
  mutating func load(_ answers: ArraySlice<Rows>) throws {
    let answers = Array(answers)
    for row in answers[0] { state.decided.insert(OrderID(try row.uuid(0))) }
    for row in answers[1] {
      let holder = LaneStock.Holder(sale: try row.saleNumber(0), buyer: try row.identifier(1))
      // A buyer without a limit can hold more than 32 bits over many items. No limit is above `stockUnits`, so that a
      // sum cut there decides the same, and leaves room for what this batch adds.
      state.held[holder] = Units(Int32(min(try row.int64(2), Int64(FlashSale.Limits.stockUnits))))
    }
    try loadHolders(answers[2])
    for row in answers[3] {
      let rules = SaleRules(
        startsAt: try row.time(4), endsAt: try row.time(5),
        perBuyerLimit: try row.optional(6, as: Int32.self).map(Units.init(_:)))
      state.stock[StockKey(sale: try row.saleNumber(0), sku: try row.identifier(1))] = LaneStock.Level(
        left: try row.units(2), isClosed: try row.bool(3), rules: rules)
    }
  }

  private mutating func loadHolders(_ rows: Rows) throws {
    var hashes: [SaleNumber: Set<Int>] = [:]
    var found: [SaleNumber: Int64] = [:]
    for row in rows {
      let sale = try row.saleNumber(0)
      hashes[sale, default: []].insert(KnownHolders.hash(try row.identifier(1)))
      found[sale, default: 0] += 1
    }
    for sale in unknownSales {
      let isWhole = found[sale, default: 0] <= Limits.loadedHolders
      loadedHolders[sale] = isWhole ? .all(hashes[sale] ?? []) : .tooMany
    }
  }
}
