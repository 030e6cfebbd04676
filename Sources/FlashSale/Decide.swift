public import Time

/// What a lane must know to decide a batch: loaded from the store, owned by the lane alone (I7).
///
/// (1) `stock` has the level of each stock key of the batch that exists in the store.
/// (2) `held` has the units of each (sale, buyer) of the batch that holds any, where the sale has a limit.
/// (3) `heldBySubject` has the count of each limit subject of the batch that anything counts for.
/// (4) `decided` has each order id of the batch that the store has an outcome for.
/// (5) `awaited` has the order of each command of the batch, `lives` what the store knows of it, and `done` and
///     `doneToStock` those of the commands that the store has a history of.
/// (6) `payments` has those payments of the batch's commands that the store has, and of each life the one that its
///     units are paid with.
/// (7) `waitlists` has those who wait for each stock of the batch whose sale has a waitlist.
/// (8) `lapses` and `lapsesBySubject` have how many holds each (sale, buyer) and each subject of the batch has let
///     lapse, where the sale counts them.
public struct LaneStock: Sendable {
  /// One stock row, as this lane leaves it.
  public struct Level: Hashable, Sendable {
    /// Units that nobody has: 0 or above (I1).
    public var left: Units

    /// As `StockLevel.reserved`.
    public var reserved: Units

    /// Units put on sale so far, restocks included.
    public var putUp: Units

    /// Whether the shop closed it.
    public var isClosed: Bool

    /// As `StockLevel.asOf`.
    public var asOf: Offset

    /// The price of one unit.
    public var price: Price

    /// The rules of the sale that it belongs to.
    public var rules: SaleRules

    /// Creates a level as the store has it.
    public init(_ level: StockLevel, putUp: Units, price: Price, rules: SaleRules) {
      left = level.left
      reserved = level.reserved
      isClosed = level.isClosed
      asOf = level.asOf
      self.putUp = putUp
      self.price = price
      self.rules = rules
    }

    /// Creates the level of a stock as it is put up.
    public init(opening units: Units, price: Price, rules: SaleRules) {
      self.init(
        StockLevel(left: units, isClosed: false, asOf: Offset(0)), putUp: units, price: price, rules: rules)
    }

    /// The level without what does not change with each sale.
    public var level: StockLevel { StockLevel(left: left, reserved: reserved, isClosed: isClosed, asOf: asOf) }

    /// Why nobody gets any of it who asks at this instant, whatever is left; `nil`: it is for sale.
    public func whyNotSold(at time: Timestamp) -> Refusal? {
      if time < rules.startsAt { return .notStarted }
      if time >= rules.endsAt { return .ended }
      return isClosed ? .closed : nil
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

  /// What is known of an order that a command names.
  public enum Life: Hashable, Sendable {
    case hold(Hold)
    /// It was refused.
    case refused(StockKey)
  }

  /// A command about an order that can be known again. The stock says which lane decides it: what another lane made of
  /// the same command, sent under another key, does not count here.
  public struct CommandKey: Hashable, Sendable {
    public let order: OrderID
    public let stock: StockKey
    public let id: CommandID

    /// Creates a key.
    public init(order: OrderID, stock: StockKey, id: CommandID) {
      self.order = order
      self.stock = stock
      self.id = id
    }
  }

  /// A command about a stock that can be known again.
  public struct StockCommandKey: Hashable, Sendable, Comparable {
    public let stock: StockKey
    public let id: CommandID

    /// Creates a key.
    public init(stock: StockKey, id: CommandID) {
      self.stock = stock
      self.id = id
    }

    public static func < (a: Self, b: Self) -> Bool { (a.stock, a.id.rawValue) < (b.stock, b.id.rawValue) }
  }

  public var stock: [StockKey: Level] = [:]
  public var held: [Holder: Units] = [:]
  public var heldBySubject: [Subject: Units] = [:]
  public var decided: Set<OrderID> = []
  public var awaited: Set<OrderID> = []
  public var lives: [OrderID: Life] = [:]

  /// What the first command with each id asked for.
  public var done: [CommandKey: CommandDigest] = [:]
  public var doneToStock: [StockCommandKey: CommandDigest] = [:]
  public var payments: [Payment.Key: Payment] = [:]
  public var waitlists: [StockKey: Waitlist] = [:]
  public var lapses: [Holder: Int64] = [:]
  public var lapsesBySubject: [Subject: Int64] = [:]

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

  /// Whether one lane decides the whole sale, so that an order can have lines of several SKUs.
  public var takesBaskets: Bool

  /// `nil`: what is won is confirmed.
  public var holds: HoldRules?

  /// Creates the rules.
  public init(
    startsAt: Timestamp, endsAt: Timestamp, perBuyerLimit: Units?, takesBaskets: Bool = false, holds: HoldRules? = nil
  ) {
    self.startsAt = startsAt
    self.endsAt = endsAt
    self.perBuyerLimit = perBuyerLimit
    self.takesBaskets = takesBaskets
    self.holds = holds
  }

  /// Whether what a buyer holds, or has let lapse, decides anything.
  public var countsBuyers: Bool { perBuyerLimit != nil || holds?.lapses != nil }
}

/// Decides one record of the log: changes the state, and adds what it changes to the effects.
///
/// No clock, no I/O, no randomness. Records come in the order of the log. The same state and records always give the
/// same effects, however they are split into batches (I10).
///
/// Each request meets, in this order: repeated id → the sale's window at `acceptedAt` → closed → lapsed holds →
/// per-buyer limit → limits by subject → stock. The id comes first: a repeat that took a unit and was then dropped
/// would leave that unit unsold (I2). The lines of a basket meet the rest one after another (`decideBasket`).
public func decide(_ state: inout LaneStock, _ record: LogRecord, at offset: Offset, into effects: inout Effects) {
  switch record {
  case .place(let request): decide(&state, request, at: offset, into: &effects)
  case .close(let key, _): close(&state, key, at: offset, into: &effects)
  case .order(let command): state.decide(command, at: offset, into: &effects)
  case .stock(let command): state.decide(command, at: offset, into: &effects)
  }
}

private func decide(
  _ state: inout LaneStock, _ request: PurchaseRequest, at offset: Offset, into effects: inout Effects
) {
  let hasTerms = !request.terms.isEmpty
  if hasTerms, request.isBasket { return state.decideBasket(request, at: offset, into: &effects) }
  guard let place = state.stock.index(forKey: request.stock) else {
    if state.decided.contains(request.order) { return effects.repeated(request.stock.sale) }
    return effects.quarantine(offset, error: unknown(request.stock))
  }
  guard state.decided.insert(request.order).inserted else { return effects.repeated(request.stock.sale) }

  let level = state.stock.values[place]
  let rules = level.rules
  func reject(_ refusal: Refusal) {
    effects.decide(request, at: offset, .rejected(refusal))
    if !state.awaited.isEmpty { state.refused(request) }
  }
  if let refusal = level.whyNotSold(at: request.acceptedAt) { return reject(refusal) }

  let holder = LaneStock.Holder(sale: request.stock.sale, buyer: request.buyer)
  if let most = rules.holds?.lapses, state.hasLapsed(request, most) { return reject(.holdAbuse) }
  // Without a limit nothing is counted: what one buyer holds of many SKUs need not fit `Units`.
  let holds = rules.perBuyerLimit.map { _ in (state.held[holder] ?? .zero) + request.quantity }
  if let limit = rules.perBuyerLimit, let holds, holds > (hasTerms ? request.terms.buyerLimit ?? limit : limit) {
    return reject(.limitReached)
  }
  if hasTerms, let refusal = state.refusal(bySubjectsOf: request, counting: request.quantity) { return reject(refusal) }
  guard level.left >= request.quantity,
    rules.holds?.waitlist == nil || state.gives(request.stock, at: request.acceptedAt)
  else {
    if hasTerms, request.terms.waits, state.waits(request, holding: holds, at: offset, into: &effects) { return }
    return reject(level.refusal)
  }
  state.stock.values[place].left = level.left - request.quantity
  state.stock.values[place].asOf = offset.next
  if let holds { state.held[holder] = holds }
  if hasTerms { state.count(request, at: offset, into: &effects) }
  effects.change(request.stock)
  effects.decide(request, at: offset, .confirmed)
  if rules.holds != nil || !state.awaited.isEmpty { state.begin(request, at: offset, into: &effects) }
}

private func close(_ state: inout LaneStock, _ key: StockKey, at offset: Offset, into effects: inout Effects) {
  guard let place = state.stock.index(forKey: key) else { return effects.quarantine(offset, error: unknown(key)) }
  guard !state.stock.values[place].isClosed else { return }
  state.stock.values[place].isClosed = true
  state.stock.values[place].asOf = offset.next
  effects.change(key)
}

/// Why a record is kept for a person whose stock the store does not have.
func unknown(_ key: StockKey) -> String {
  "the store has no stock of SKU \(key.sku) in sale number \(key.sale)"
}

extension LaneStock.Level {
  /// Why a request for units is refused that this level does not have. Nobody hears *sold out* while units can come
  /// back (I2).
  var refusal: Refusal {
    if left > .zero { return .insufficientStock }
    return reserved > .zero ? .allHeld : .soldOut
  }
}
