public import LogPositions
public import Time

/// A change of one order, as others hear of it.
///
/// A refusal is none: events are bounded by the stock, refusals only by the crowd.
public struct OrderEvent: Hashable, Sendable {
  /// What happened. The raw value is the one of the wire and of the store; it is never reused for another meaning.
  public enum Kind: Int16, Hashable, Sendable, CaseIterable {
    case reserved = 1
    case confirmed = 2
    case waitlisted = 3
    case offered = 4
    case paid = 5
    case extended = 6
    case released = 7
    case expired = 8
    case cancelled = 9
    case lapsed = 10
    case refundDue = 11
    case refunded = 12
    case fulfilled = 13

    /// The stable name, in webhooks and in the admin API.
    public var code: String { self == .refundDue ? "refund_due" : "\(self)" }

    /// The kind of this name.
    public init?(code: String) {
      guard let kind = Self.allCases.first(where: { $0.code == code }) else { return nil }
      self = kind
    }
  }

  /// Money that an event moved, in minor units.
  public struct Money: Hashable, Sendable {
    /// Taken by a payment, become due to be paid back, and paid back.
    public let captured: Int64
    public let refundDue: Int64
    public let refunded: Int64

    /// `nil`: it is not known which of several payments it is.
    public let currency: String?
    public let payment: PaymentID?

    /// Nothing moved.
    static let none = Money(captured: 0, refundDue: 0, refunded: 0, currency: nil, payment: nil)
  }

  public let id: EventID
  public let kind: Kind
  public let order: OrderID

  /// Its number among the order's events; the first decision is 1. 0: money for what is no such order.
  public let sequence: Int32

  public let sale: SaleID

  /// Of a basket, that of its first line, as is `price`.
  public let sku: SKU

  /// `nil`: there is no such order.
  public let buyer: BuyerID?

  /// Where the order stands behind it; `nil` where there is none.
  public let state: Hold.State?

  /// By how much the units have changed that the order has, or waits for.
  public let units: Int32

  /// What changed of one line of a basket.
  public struct Line: Hashable, Sendable {
    public let sku: SKU

    /// By how much its units have changed.
    public let units: Int32

    /// The price of one unit at which it was won, in minor units of the order's currency.
    public let priceMinor: Int64
  }

  /// Every line of a basket, in the buyer's order; empty for an order of one line.
  public let lines: [Line]

  /// The price of one unit at which it was won.
  public let price: Price
  public let money: Money

  /// When what caused it was accepted.
  public let at: Timestamp

  /// Until when units are held from then on; `nil`: the event does not set that.
  public let due: Timestamp?
  public let by: Actor

  /// Whether an endpoint that chose `kind` wants it. One that chose `refundDue` also hears of cancellations that make
  /// money due.
  public func isOf(_ kind: Kind) -> Bool { self.kind == kind || kind == .refundDue && money.refundDue > 0 }
}

/// What an event is about, as the store has it.
public struct EventSubject: Sendable {
  public let order: OrderID
  public let sale: SaleID
  public let sku: SKU
  public let buyer: BuyerID?
  public let price: Price

  /// All lines of a basket; empty for an order of one line.
  public let lines: [Hold.Line]

  /// Collects it.
  public init(order: OrderID, sale: SaleID, sku: SKU, buyer: BuyerID?, price: Price, lines: [Hold.Line] = []) {
    self.order = order
    self.sale = sale
    self.sku = sku
    self.buyer = buyer
    self.price = price
    self.lines = lines
  }

  /// The lines of an event that changed their units by so much; empty: by nothing.
  fileprivate func lines(changed units: [Int32]) -> [OrderEvent.Line] {
    lines.enumerated().map { index, line in
      OrderEvent.Line(
        sku: line.sku, units: units.indices.contains(index) ? units[index] : 0, priceMinor: line.priceMinor)
    }
  }
}

extension OrderEvent {
  /// A first decision that gave the order units, or a place among those who wait.
  ///
  /// - Parameter holdSeconds: how long the sale holds what is won; `nil`: it has no payment.
  public init(
    firstAt position: LogPosition, of subject: EventSubject, isWaiting: Bool, holdSeconds: Int32?, units: Units,
    lineUnits: [Int32] = [], at time: Timestamp
  ) {
    let state: Hold.State = isWaiting ? .waiting : holdSeconds == nil ? .confirmed : .reserved
    let kind: Kind = isWaiting ? .waitlisted : holdSeconds == nil ? .confirmed : .reserved
    self.init(
      id: EventID(position: position), kind: kind, of: subject, sequence: 1, state: state, units: units.rawValue,
      lineUnits: lineUnits, money: .none, at: time,
      due: kind == .reserved ? holdSeconds.map { time.adding(seconds: $0) } : nil, by: .buyer)
  }

  /// What a record did to an order; `nil` if it changed neither the order nor any money.
  ///
  /// - Parameters:
  ///   - currency: of the money that it moved, where that is known; and the payment.
  public init?(
    _ entry: HistoryEntry, in partition: Partition, of subject: EventSubject, currency: String?, payment: PaymentID?
  ) {
    guard entry.order != nil, entry.sequence > 0 || entry.minor > 0, let kind = Kind(entry) else { return nil }
    let isDue = entry.result == .refundDue || kind == .refundDue
    let money = Money(
      captured: entry.action == .pay ? entry.minor : 0, refundDue: isDue ? entry.minor : 0,
      refunded: entry.action == .refund ? entry.minor : 0, currency: entry.minor > 0 ? currency : nil,
      payment: entry.minor > 0 ? payment : nil)
    self.init(
      id: EventID(position: LogPosition(partition: partition, offset: entry.offset), place: entry.place), kind: kind,
      of: subject, sequence: entry.sequence, state: entry.state, units: entry.units,
      lineUnits: entry.lineUnits, money: money, at: entry.at,
      due: entry.due, by: entry.by)
  }

  private init(
    id: EventID, kind: Kind, of subject: EventSubject, sequence: Int32, state: Hold.State?, units: Int32,
    lineUnits: [Int32], money: Money, at time: Timestamp, due: Timestamp?, by: Actor
  ) {
    self.id = id
    self.kind = kind
    (order, sale, sku, buyer, price) = (subject.order, subject.sale, subject.sku, subject.buyer, subject.price)
    self.sequence = sequence
    self.state = state
    self.units = units
    lines = subject.lines(changed: lineUnits)
    self.money = money
    at = time
    self.due = due
    self.by = by
  }
}

extension OrderEvent.Kind {
  /// What an entry of an order's history tells others; `nil`: nothing.
  fileprivate init?(_ entry: HistoryEntry) {
    switch entry.action {
    case .pay: self = entry.result == .applied ? .paid : .refundDue
    case .refund: self = .refunded
    case .cancel: self = .cancelled
    case .release: self = .released
    case .extend: self = .extended
    case .expire: self = entry.state == .lapsed ? .lapsed : .expired
    case .fulfil: self = .fulfilled
    case .offer: self = .offered
    case .restock, .reduce, .reopen, .change, .close: return nil
    }
  }
}
