import FlashSale

/// What a batch's records come to, sorted by where it is written.
struct Verdicts {
  /// A first decision.
  struct Order {
    let offset: Offset
    let request: PurchaseRequest
    let outcome: Outcome
  }

  /// A record that can't be decided.
  struct Undecided {
    let entry: LogEntry
    let error: String
  }

  private(set) var results: [EntryResult] = []
  private(set) var orders: [Order] = []
  private(set) var undecided: [Undecided] = []

  /// Joins the entries with the decisions, of which there is one for each entry that has a record to decide.
  init(_ entries: ArraySlice<LogEntry>, _ decisions: [Decision]) {
    results.reserveCapacity(entries.count)
    orders.reserveCapacity(decisions.count)
    var decided = decisions.makeIterator()
    for entry in entries {
      switch entry.content {
      case .unreadable(let error): quarantine(entry, error.description)
      case .poisonous(_, let error): quarantine(entry, error)
      case .record(let record):
        if let decision = decided.next() { add(entry, record, decision) }
      }
    }
  }

  /// Who got units of stock that `isLimited` says a buyer gets only so much of.
  func winners(where isLimited: (StockKey) -> Bool) -> [LaneStock.Holder] {
    orders.compactMap { order in
      guard order.outcome == .confirmed, isLimited(order.request.stock) else { return nil }
      return LaneStock.Holder(sale: order.request.stock.sale, buyer: order.request.buyer)
    }
  }

  private mutating func add(_ entry: LogEntry, _ record: LogRecord, _ decision: Decision) {
    switch (decision, record) {
    case (.decided(let outcome), .place(let request)):
      orders.append(Order(offset: entry.offset, request: request, outcome: outcome))
      results.append(.decided(outcome, acceptedAt: request.acceptedAt))
    case (.unknown(let stock), _):
      quarantine(entry, "the store has no stock of SKU \(stock.sku) in sale number \(stock.sale)")
    case (.repeated, _): results.append(.repeated)
    case (.closed, _), (.decided, .close): results.append(.closed)
    }
  }

  private mutating func quarantine(_ entry: LogEntry, _ error: String) {
    undecided.append(Undecided(entry: entry, error: error))
    results.append(.quarantined)
  }
}
