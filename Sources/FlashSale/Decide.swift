public import Time

/// What a lane must know to decide a batch: loaded from the store, owned by the lane alone (I7).
///
/// (1) `stock` has the level of each stock key of the batch that exists in the store.
/// (2) `held` has the units of each (sale, buyer) of the batch that holds any, where the sale has a limit.
/// (3) `heldBySubject` has the count of each limit subject of the batch that anything counts for.
/// (4) `decided` has each order id of the batch that the store has an outcome for.
public struct LaneStock: Sendable {
  /// One stock row, as this lane leaves it.
  public struct Level: Hashable, Sendable {
    /// Units not yet sold: 0 or above (I1).
    public var left: Units

    /// Whether the shop closed it.
    public var isClosed: Bool

    /// As `StockLevel.asOf`.
    public var asOf: Offset

    /// The rules of the sale that it belongs to.
    public let rules: SaleRules

    /// Creates a level as the store has it.
    public init(_ level: StockLevel, rules: SaleRules) {
      left = level.left
      isClosed = level.isClosed
      asOf = level.asOf
      self.rules = rules
    }

    /// The level without the rules.
    public var level: StockLevel { StockLevel(left: left, isClosed: isClosed, asOf: asOf) }
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
  public var heldBySubject: [Subject: Units] = [:]
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

/// Decides one record of the log: changes the state, and adds what it changes to the effects.
///
/// No clock, no I/O, no randomness. Records come in the order of the log. The same state and records always give the
/// same effects, however they are split into batches (I10).
///
/// Each request meets, in this order: repeated id → the sale's window at `acceptedAt` → closed → per-buyer limit →
/// limits by subject → stock. The id comes first: a repeat that took a unit and was then dropped would leave that unit
/// unsold (I2).
public func decide(_ state: inout LaneStock, _ record: LogRecord, at offset: Offset, into effects: inout Effects) {
  switch record {
  case .place(let request): decide(&state, request, at: offset, into: &effects)
  case .close(let key, _): close(&state, key, at: offset, into: &effects)
  }
}

private func decide(
  _ state: inout LaneStock, _ request: PurchaseRequest, at offset: Offset, into effects: inout Effects
) {
  guard let place = state.stock.index(forKey: request.stock) else {
    if state.decided.contains(request.order) { return effects.repeated(request.stock.sale) }
    return effects.quarantine(offset, error: unknown(request.stock))
  }
  guard state.decided.insert(request.order).inserted else { return effects.repeated(request.stock.sale) }

  let level = state.stock.values[place]
  let rules = level.rules
  func reject(_ refusal: Refusal) { effects.decide(request, at: offset, .rejected(refusal)) }
  if request.acceptedAt < rules.startsAt { return reject(.notStarted) }
  if request.acceptedAt >= rules.endsAt { return reject(.ended) }
  if level.isClosed { return reject(.closed) }

  let holder = LaneStock.Holder(sale: request.stock.sale, buyer: request.buyer)
  // Without a limit nothing is counted: what one buyer holds of many SKUs need not fit `Units`.
  let holds = rules.perBuyerLimit.map { _ in (state.held[holder] ?? .zero) + request.quantity }
  let hasTerms = !request.terms.isEmpty
  if let limit = rules.perBuyerLimit, let holds, holds > (hasTerms ? request.terms.buyerLimit ?? limit : limit) {
    return reject(.limitReached)
  }
  if hasTerms, let refusal = state.refusal(bySubjectsOf: request) { return reject(refusal) }
  guard level.left >= request.quantity else { return reject(level.left == .zero ? .soldOut : .insufficientStock) }
  state.stock.values[place].left = level.left - request.quantity
  state.stock.values[place].asOf = offset.next
  if let holds { state.held[holder] = holds }
  if hasTerms { state.count(request, at: offset, into: &effects) }
  effects.change(request.stock)
  effects.decide(request, at: offset, .confirmed)
}

private func close(_ state: inout LaneStock, _ key: StockKey, at offset: Offset, into effects: inout Effects) {
  guard let place = state.stock.index(forKey: key) else { return effects.quarantine(offset, error: unknown(key)) }
  guard !state.stock.values[place].isClosed else { return }
  state.stock.values[place].isClosed = true
  state.stock.values[place].asOf = offset.next
  effects.change(key)
}

private func unknown(_ key: StockKey) -> String {
  "the store has no stock of SKU \(key.sku) in sale number \(key.sale)"
}
