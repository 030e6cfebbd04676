/// A payment provider's name for one capture: 1 to 128 visible ASCII characters.
public struct PaymentID: Identifier {
  public let rawValue: String
  @inlinable public init(unchecked rawValue: String) { self.rawValue = rawValue }
  public static let field = "payment_id"
  @inlinable public static var maxBytes: Int { Limits.paymentIDBytes }
  @inlinable public static func allows(_ byte: UInt8) -> Bool { isVisibleByte(byte) }
  @inlinable public static var isPathSegment: Bool { false }
}

/// Money that a provider took for an order.
public struct Capture: Hashable, Sendable {
  public let payment: PaymentID

  /// Minor units, 1 to `Limits.captureMinor`, and their currency.
  public let minor: Int64
  public let currency: String

  /// Creates a capture, or says what is out of range.
  public init(payment: PaymentID, minor: Int64, currency: String) throws(ValidationError) {
    guard (1...Limits.captureMinor).contains(minor) else {
      throw ValidationError("amount_minor", "must be 1 to \(Limits.captureMinor)")
    }
    guard Price.isCurrency(currency) else { throw ValidationError("currency", Price.currencyRule) }
    self.payment = payment
    self.minor = minor
    self.currency = currency
  }
}

/// What became of a capture (I13): all of its money is applied to its order, due to be paid back, or paid back.
public struct Payment: Hashable, Sendable {
  /// A payment of one sale. A provider's id names one capture in the whole sale.
  public struct Key: Hashable, Sendable, Comparable {
    public let sale: SaleNumber
    public let id: PaymentID

    /// Creates a key.
    public init(sale: SaleNumber, id: PaymentID) {
      self.sale = sale
      self.id = id
    }

    public static func < (a: Self, b: Self) -> Bool { (a.sale, a.id) < (b.sale, b.id) }
  }

  public let key: Key

  /// The order that the capture named, whether it exists or not, and the SKU under which it came: only the lane of that
  /// stock changes the payment.
  public let order: OrderID
  public let sku: SKU

  /// Whether the order was there for it when it came, in its currency: what is due is then counted in the order's life
  /// too.
  public let isCounted: Bool

  public let currency: String

  /// In minor units; `refundDue` and `refunded` are what is to be paid back, and what was. `applied` is the rest.
  public let captured: Int64
  public private(set) var refundDue: Int64
  public private(set) var refunded: Int64

  /// The offset behind the record that changed it last.
  public private(set) var asOf: Offset

  /// What the order has of it.
  public var applied: Int64 { captured - refundDue - refunded }

  /// A payment as the store has it.
  public init(
    key: Key, order: OrderID, sku: SKU, isCounted: Bool, currency: String, captured: Int64, refundDue: Int64,
    refunded: Int64,
    asOf: Offset
  ) {
    self.key = key
    self.order = order
    self.sku = sku
    self.isCounted = isCounted
    self.currency = currency
    self.captured = captured
    self.refundDue = refundDue
    self.refunded = refunded
    self.asOf = asOf
  }

  /// A capture whose money is applied whole.
  init(_ capture: Capture, for order: OrderID, of stock: StockKey, isCounted: Bool, at offset: Offset) {
    self.init(
      key: Key(sale: stock.sale, id: capture.payment), order: order, sku: stock.sku, isCounted: isCounted,
      currency: capture.currency, captured: capture.minor, refundDue: 0, refunded: 0, asOf: offset.next)
  }

  /// So much of what is applied is due to be paid back: at most all of it.
  mutating func owe(_ minor: Int64, at offset: Offset) {
    refundDue += min(minor, applied)
    asOf = offset.next
  }

  /// So much was paid back: first of what is due, then of what is applied. At most both.
  ///
  /// - Returns: by how much less is due.
  mutating func payBack(_ minor: Int64, at offset: Offset) -> Int64 {
    let ofDue = min(minor, refundDue)
    refundDue -= ofDue
    refunded += min(minor, ofDue + applied)
    asOf = offset.next
    return ofDue
  }
}
