public import Time

/// Which stock a record is about: one SKU of one sale.
public struct StockKey: Hashable, Sendable, Comparable {
  public var sale: SaleNumber
  public var sku: SKU

  /// Creates a key.
  public init(sale: SaleNumber, sku: SKU) {
    self.sale = sale
    self.sku = sku
  }

  public static func < (a: Self, b: Self) -> Bool { (a.sale, a.sku) < (b.sale, b.sku) }
}

/// A buyer's request as it stands in the log.
public struct PurchaseRequest: Hashable, Sendable {
  public var order: OrderID

  /// What it asks for; of a basket, its first line. It says which lane decides.
  public var stock: StockKey
  public var buyer: BuyerID

  /// 1 to `Limits.orderUnits`; of a basket, the units of all lines.
  public var quantity: Units

  /// When intake accepted it, by intake's clock: the only time that a decision looks at.
  public var acceptedAt: Timestamp

  /// What it counts for beside its buyer, and the lines of a basket.
  public var terms: OrderTerms

  /// Creates a request of one line, or says what is out of range: its quantity, or its terms.
  public init(
    order: OrderID, stock: StockKey, buyer: BuyerID, quantity: Units, acceptedAt: Timestamp, terms: OrderTerms = .none
  ) throws(ValidationError) {
    guard (1...Limits.orderUnits).contains(quantity.rawValue) else {
      throw ValidationError("quantity", "must be 1 to \(Limits.orderUnits)")
    }
    try terms.check()
    self.order = order
    self.stock = stock
    self.buyer = buyer
    self.quantity = quantity
    self.acceptedAt = acceptedAt
    self.terms = terms
  }
}

/// One record of the `orders` topic: something that changes stock, or asks to.
public enum LogRecord: Hashable, Sendable {
  case place(PurchaseRequest)

  /// From this offset on, nothing more of this stock is sold. Repeating it changes nothing. Nobody writes it any more:
  /// a stock's command says who closes it, and why. Logs have it.
  case close(StockKey, at: Timestamp)

  /// Something is to happen to an order.
  case order(OrderCommand)

  /// Something is to happen to a stock.
  case stock(StockCommand)
}

extension LogRecord {
  /// The request that it carries, if it is one.
  public var request: PurchaseRequest? {
    if case .place(let request) = self { request } else { nil }
  }

  /// The order that it is about, if it is about one.
  public var order: OrderID? {
    switch self {
    case .place(let request): request.order
    case .order(let command): command.order
    case .close, .stock: nil
    }
  }

  /// The stock that it is about.
  public var stock: StockKey {
    switch self {
    case .place(let request): request.stock
    case .close(let stock, _): stock
    case .order(let command): command.stock
    case .stock(let command): command.stock
    }
  }
}
