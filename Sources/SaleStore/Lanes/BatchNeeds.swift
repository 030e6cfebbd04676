import FlashSale
import Postgres

/// What has to be loaded before a batch can be decided, and what was.
struct BatchNeeds {
  private(set) var orders: Set<OrderID> = []
  private(set) var holders: Set<LaneStock.Holder> = []
  private(set) var unknownStock: Set<StockKey> = []
  private(set) var state = LaneStock()

  /// Collects the keys of the records; what the lane knows goes into the state.
  init(_ entries: ArraySlice<LogEntry>, known: [StockKey: LaneStock.Level]) {
    orders.reserveCapacity(entries.count)
    holders.reserveCapacity(entries.count)
    for entry in entries {
      switch entry.record {
      case .place(let request):
        orders.insert(request.order)
        holders.insert(LaneStock.Holder(sale: request.stock.sale, buyer: request.buyer))
        need(request.stock, known)
      case .close(let stock, _): need(stock, known)
      case nil: break
      }
    }
  }

  private mutating func need(_ key: StockKey, _ known: [StockKey: LaneStock.Level]) {
    guard state.stock[key] == nil, !unknownStock.contains(key) else { return }
    if let level = known[key] {
      state.stock[key] = level
    } else {
      unknownStock.insert(key)
    }
  }

  /// Adds the statements that load all of it: always three, so that their answers have fixed places.
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
    try pipeline.add(
      """
      SELECT k.sale, k.sku, k.units_left, k.closed, s.starts_at, s.ends_at, s.per_buyer_limit
      FROM unnest($1::int4[], $2::text[]) AS wanted (sale, sku)
      JOIN stock k ON k.sale = wanted.sale AND k.sku = wanted.sku JOIN sales s ON s.number = k.sale
      """,
      unknownStock.map(\.sale.rawValue), unknownStock.map(\.sku.rawValue))
  }

  /// Takes the answers of those three in.
  mutating func load(_ answers: ArraySlice<Rows>) throws {
    let answers = Array(answers)
    for row in answers[0] { state.decided.insert(OrderID(try row.uuid(0))) }
    for row in answers[1] {
      let holder = LaneStock.Holder(sale: try row.saleNumber(0), buyer: try row.identifier(1))
      // A buyer without a limit can hold more than 32 bits over many items. No limit is above `stockUnits`, so that a
      // sum cut there decides the same, and leaves room for what this batch adds.
      state.held[holder] = Units(Int32(min(try row.int64(2), Int64(FlashSale.Limits.stockUnits))))
    }
    for row in answers[2] {
      let rules = SaleRules(
        startsAt: try row.time(4), endsAt: try row.time(5),
        perBuyerLimit: try row.optional(6, as: Int32.self).map(Units.init(_:)))
      state.stock[StockKey(sale: try row.saleNumber(0), sku: try row.identifier(1))] = LaneStock.Level(
        left: try row.units(2), isClosed: try row.bool(3), rules: rules)
    }
  }
}
