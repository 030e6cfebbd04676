package import FlashSale

/// What a batch's records come to, sorted by where it is written.
package struct Verdicts: Sendable {
  /// A first decision.
  package struct Order: Sendable {
    package let offset: Offset
    package let request: PurchaseRequest
    package let outcome: Outcome
  }

  /// A record that can't be decided.
  package struct Undecided: Sendable {
    package let entry: LogEntry
    package let error: String
  }

  private(set) var results: [EntryResult] = []
  private(set) var orders: [Order] = []
  private(set) var undecided: [Undecided] = []
  private(set) var tallies = Tallies()

  /// Decides the entries, one after another.
  init(
    _ entries: ArraySlice<LogEntry>, _ state: inout LaneStock, by decide: (inout LaneStock, LogRecord) -> Decision
  ) {
    results.reserveCapacity(entries.count)
    orders.reserveCapacity(entries.count)
    state.reserveCapacity(entries.count)
    for entry in entries {
      switch entry.content {
      case .unreadable(let error): quarantine(entry, error.description)
      case .poisonous(_, let error): quarantine(entry, error)
      case .record(let record): add(entry, record, decide(&state, record))
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
      tallies.count(request.stock.sale)
    case (.unknown(let stock), _):
      quarantine(entry, "the store has no stock of SKU \(stock.sku) in sale number \(stock.sale)")
    case (.repeated, .place(let request)):
      results.append(.repeated)
      tallies.count(request.stock.sale, repeats: 1)
    case (.repeated, .close), (.closed, _), (.decided, .close): results.append(.closed)
    }
  }

  private mutating func quarantine(_ entry: LogEntry, _ error: String) {
    undecided.append(Undecided(entry: entry, error: error))
    results.append(.quarantined)
  }
}
