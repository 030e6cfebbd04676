public import Time

/// What a lane must know to decide a batch: loaded from the store, owned by the lane alone (I7).
///
/// (1) `stock` has the level of each stock key of the batch that exists in the store.
/// (2) `held` has the units of each (sale, buyer) of the batch that holds any, where the sale has a limit.
/// (3) `decided` has each order id of the batch that the store has an outcome for.
public struct LaneStock: Sendable {
  /// One stock row, as this lane leaves it.
  public struct Level: Hashable, Sendable {
    /// Units not yet sold: 0 or above (I1).
    public var left: Units

    /// Whether the shop closed it.
    public var isClosed: Bool

    /// The rules of the sale that it belongs to.
    public let rules: SaleRules

    /// Creates a level as the store has it.
    public init(left: Units, isClosed: Bool, rules: SaleRules) {
      self.left = left
      self.isClosed = isClosed
      self.rules = rules
    }
  }

  /// Who holds units in which sale.
  public struct Holder: Hashable, Sendable {
    public var sale: SaleNumber
    public var buyer: BuyerID

    /// Creates a holder.
    public init(sale: SaleNumber, buyer: BuyerID) {
      self.sale = sale
      self.buyer = buyer
    }
  }

  public var stock: [StockKey: Level] = [:]
  public var held: [Holder: Units] = [:]
  public var decided: Set<OrderID> = []

  /// Creates a state that knows nothing.
  public init() {}

  /// Makes room for what so many requests more will add.
  public mutating func reserveCapacity(_ requests: Int) {
    decided.reserveCapacity(decided.count + requests)
  }
}

/// The part of a sale that decisions look at.
public struct SaleRules: Hashable, Sendable {
  public var startsAt: Timestamp
  public var endsAt: Timestamp
  public var perBuyerLimit: Units?

  /// Creates the rules.
  public init(startsAt: Timestamp, endsAt: Timestamp, perBuyerLimit: Units?) {
    self.startsAt = startsAt
    self.endsAt = endsAt
    self.perBuyerLimit = perBuyerLimit
  }
}

/// Decides records in the order of the log. No clock, no I/O, no randomness: the same state and records always give the
/// same decisions (I10).
///
/// Each request meets, in this order: repeated id → the sale's window at `acceptedAt` → closed → per-buyer limit →
/// stock. The id comes first: a repeat that took a unit and was then dropped would leave that unit unsold (I2).
/// - Returns: a decision for each record, in their order; `state` is the state after the last of them.
public func decide(_ state: inout LaneStock, _ records: [LogRecord]) -> [Decision] {
  state.reserveCapacity(records.count)
  return records.map { decide(&state, $0) }
}

/// Decides one record, as `decide` does with many.
public func decide(_ state: inout LaneStock, _ record: LogRecord) -> Decision {
  switch record {
  case .place(let request): decide(&state, request)
  case .close(let key, _): close(&state, key)
  }
}

private func decide(_ state: inout LaneStock, _ request: PurchaseRequest) -> Decision {
  guard let level = state.stock[request.stock] else {
    return state.decided.contains(request.order) ? .repeated : .unknown(request.stock)
  }
  guard state.decided.insert(request.order).inserted else { return .repeated }

  let rules = level.rules
  if request.acceptedAt < rules.startsAt { return .decided(.rejected(.notStarted)) }
  if request.acceptedAt >= rules.endsAt { return .decided(.rejected(.ended)) }
  if level.isClosed { return .decided(.rejected(.closed)) }

  let holder = LaneStock.Holder(sale: request.stock.sale, buyer: request.buyer)
  // Without a limit nothing is counted: what one buyer holds of many SKUs need not fit `Units`.
  let holds = rules.perBuyerLimit.map { _ in (state.held[holder] ?? .zero) + request.quantity }
  if let limit = rules.perBuyerLimit, let holds, holds > limit { return .decided(.rejected(.limitReached)) }
  guard level.left >= request.quantity else {
    return .decided(.rejected(level.left == .zero ? .soldOut : .insufficientStock))
  }
  state.stock[request.stock]?.left = level.left - request.quantity
  if let holds { state.held[holder] = holds }
  return .decided(.confirmed)
}

private func close(_ state: inout LaneStock, _ key: StockKey) -> Decision {
  guard state.stock[key] != nil else { return .unknown(key) }
  state.stock[key]?.isClosed = true
  return .closed
}
