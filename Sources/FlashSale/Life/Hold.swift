public import Time

/// What became of an order that won units, or waits for some, after its first decision.
public struct Hold: Hashable, Sendable {
  /// Where the order stands. The raw value is stored; it is never reused for another meaning.
  public enum State: Int16, Hashable, Sendable, CaseIterable {
    /// It waits for units that come back.
    case waiting = 1
    /// Its units are held until they are paid, or until `due`.
    case reserved = 2
    /// They are sold, in a sale without payment.
    case confirmed = 3
    /// They are paid.
    case paid = 4
    /// The shop has sent them.
    case fulfilled = 5
    /// The buyer gave them back before she paid.
    case released = 6
    /// They were not paid in time.
    case expired = 7
    /// The buyer or the shop has cancelled all of them.
    case cancelled = 8
    /// The sale ended while it waited.
    case lapsed = 9
    /// It has no units, and money of its buyer is to be paid back.
    case refundDue = 10
    /// It has no units, and all money is paid back.
    case refunded = 11

    /// The stable name, in the API and in reports.
    public var code: String {
      switch self {
      case .waiting: "waiting"
      case .reserved: "reserved"
      case .confirmed: "confirmed"
      case .paid: "paid"
      case .fulfilled: "fulfilled"
      case .released: "released"
      case .expired: "expired"
      case .cancelled: "cancelled"
      case .lapsed: "lapsed"
      case .refundDue: "refund_due"
      case .refunded: "refunded"
      }
    }

    /// Whether the order's units are counted for its buyer. A waiting order's are too, so that an offer can't go beyond
    /// the buyer's limit.
    public var isLive: Bool {
      switch self {
      case .waiting, .reserved, .confirmed, .paid, .fulfilled: true
      case .released, .expired, .cancelled, .lapsed, .refundDue, .refunded: false
      }
    }

    /// Whether the order's units are taken from the stock.
    public var hasUnits: Bool { isLive && self != .waiting }

    /// The states that may follow this one. docs/order-states.md draws them. An order that has no units any more is
    /// paid only if its hold ran out.
    public var next: Set<State> {
      switch self {
      case .waiting: [.reserved, .released, .cancelled, .lapsed, .refundDue]
      case .reserved: [.paid, .released, .expired, .cancelled, .refundDue]
      case .confirmed: [.fulfilled, .cancelled, .refundDue]
      case .paid: [.fulfilled, .refundDue, .refunded]
      case .fulfilled: []
      case .expired: [.paid, .refundDue]
      case .released, .cancelled, .lapsed: [.refundDue]
      case .refundDue: [.paid, .refunded]
      case .refunded: [.paid, .refundDue]
      }
    }
  }

  /// What it counts for one limit subject.
  public struct Counted: Hashable, Sendable {
    public let kind: SubjectKind
    public let id: SubjectID
    public internal(set) var count: Units

    /// Creates a count.
    public init(kind: SubjectKind, id: SubjectID, count: Units) {
      self.kind = kind
      self.id = id
      self.count = count
    }
  }

  /// What becomes of one line of a basket.
  public struct Line: Hashable, Sendable {
    public let sku: SKU

    /// What was won of the SKU, less what was cancelled; 0 if all was.
    public internal(set) var units: Units

    /// The price of one unit at which it was won, in minor units of the order's currency.
    public let priceMinor: Int64

    /// Creates a line.
    public init(sku: SKU, units: Units, priceMinor: Int64) {
      self.sku = sku
      self.units = units
      self.priceMinor = priceMinor
    }
  }

  public let order: OrderID

  /// What it is for; of a basket, its first line. It says which lane decides.
  public let stock: StockKey
  public let buyer: BuyerID

  /// The price of one unit when it was won, or when it began to wait; of a basket, that of its first line.
  public let price: Price

  /// The record of the first decision: its place among those who wait.
  public let offset: Offset

  public internal(set) var state: State

  /// Units that the order is for: what was won, or is waited for, less what was cancelled. Above 0 unless all is. Of a
  /// basket, those of all lines.
  public internal(set) var units: Units

  /// All lines of a basket, in the buyer's order; empty for an order of one line.
  public internal(set) var lines: [Line]

  /// Until when unpaid units are held; `nil` in any other state.
  public internal(set) var due: Timestamp?

  /// Whether its units were offered to one who waited. Such a hold never outlives the sale, as its end was when the
  /// units were offered.
  public internal(set) var isOffer: Bool

  /// Whether it was not paid in time, and not afterwards either.
  public internal(set) var isLapsed: Bool

  /// How often the buyer has extended it.
  public internal(set) var extensions: Int32

  /// The payment that its units are paid with.
  public internal(set) var payment: PaymentID?

  /// Minor units of its payments that are to be paid back, of those in its currency: up to about `Limits.owedMinor`.
  public internal(set) var refundDue: Int64

  /// What happened to the order so far, the first decision included: the number of its last event.
  public internal(set) var sequence: Int32

  /// The offset behind the record that changed it last.
  public internal(set) var asOf: Offset

  /// What it counts for limit subjects.
  public internal(set) var subjects: [Counted]

  /// A hold as the store has it.
  public init(
    order: OrderID, stock: StockKey, buyer: BuyerID, price: Price, offset: Offset, state: State, units: Units,
    due: Timestamp?, isOffer: Bool, isLapsed: Bool, extensions: Int32, payment: PaymentID?, refundDue: Int64,
    sequence: Int32,
    asOf: Offset, subjects: [Counted], lines: [Line] = []
  ) {
    self.order = order
    self.stock = stock
    self.buyer = buyer
    self.price = price
    self.offset = offset
    self.state = state
    self.units = units
    self.due = due
    self.isOffer = isOffer
    self.isLapsed = isLapsed
    self.extensions = extensions
    self.payment = payment
    self.refundDue = refundDue
    self.sequence = sequence
    self.asOf = asOf
    self.subjects = subjects
    self.lines = lines
  }

  /// An order that its first decision left in this state.
  ///
  /// - Parameter linePrices: of one unit of each line of a basket, in minor units; empty for an order of one line.
  public init(
    _ request: PurchaseRequest, at offset: Offset, price: Price, _ state: State, due: Timestamp? = nil,
    linePrices: [Int64]
  ) {
    let lines = zip(request.terms.lines, linePrices).map { line, minor in
      Line(sku: line.sku, units: line.quantity, priceMinor: minor)
    }
    self.init(
      order: request.order, stock: request.stock, buyer: request.buyer, price: price, offset: offset, state: state,
      units: request.quantity, due: due, isOffer: false, isLapsed: false, extensions: 0, payment: nil, refundDue: 0,
      sequence: 1,
      asOf: offset.next,
      subjects: request.terms.subjects.map { subject in
        Counted(kind: subject.kind, id: subject.id, count: subject.count(of: request.quantity))
      }, lines: lines)
  }

  /// The units that are counted for its buyer.
  public var liveUnits: Units { state.isLive ? units : .zero }

  /// What is to be paid for its units, in minor units.
  public var amountMinor: Int64 {
    guard !lines.isEmpty else { return Int64(units.rawValue) * price.minor }
    return lines.reduce(0) { $0 + Int64($1.units.rawValue) * $1.priceMinor }
  }

  /// The units of one SKU that the order is for; `nil`: it has no such line.
  public func units(of sku: SKU) -> Units? {
    guard !lines.isEmpty else { return sku == stock.sku ? units : nil }
    return lines.first { $0.sku == sku }?.units
  }

  /// The same with the price of one of them, in minor units.
  func line(of sku: SKU) -> Line? {
    guard !lines.isEmpty else { return sku == stock.sku ? Line(sku: sku, units: units, priceMinor: price.minor) : nil }
    return lines.first { $0.sku == sku }
  }

  /// By how much the live units of each line of a basket have changed; empty if none have.
  func lineChanges(from before: Hold) -> [Int32] {
    guard !lines.isEmpty else { return [] }
    let changes = zip(lines, before.lines).map { line, old in
      (state.isLive ? line.units.rawValue : 0) - (before.state.isLive ? old.units.rawValue : 0)
    }
    return changes.contains { $0 != 0 } ? changes : []
  }

  /// Whether the store has no row of it: what was won in a sale without holds, as long as nothing happens to it.
  public var isImplied: Bool { state == .confirmed && sequence == 1 }

  /// Goes to another state, which must be allowed.
  mutating func move(to next: State) {
    precondition(state.next.contains(next), "an order does not go from \(state.code) to \(next.code)")
    state = next
    if next != .reserved { due = nil }
  }
}
