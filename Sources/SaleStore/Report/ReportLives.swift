public import FlashSale

extension SaleReport {
  /// One SKU, by the stock row and by the lives of its orders: two sources, so that they can be compared.
  public struct Item: Sendable, Hashable, Codable {
    public let sku: SKU

    /// Units put up so far, by the stock row.
    public let stock: Units

    /// What was put up at first: `stock` without what commands added and took, by the history.
    public let putUpAtFirst: Int64
    public let restocked: Int64
    public let reduced: Int64

    /// Units left, by the stock row.
    public let left: Units

    /// Units that are held and not paid, by the orders.
    public let reserved: Int64

    /// Units that are sold without payment, paid, and sent, by the orders; `sold` is all of them.
    public let confirmed: Int64
    public let paid: Int64
    public let fulfilled: Int64
    public let sold: Int64

    /// Whether put up at first + restocked − reduced = left + reserved + sold.
    var holds: Bool { putUpAtFirst + restocked - reduced == Int64(left.rawValue) + reserved + sold }

    var isOversold: Bool { reserved + sold > Int64(stock.rawValue) }

    private enum CodingKeys: String, CodingKey {
      case sku, stock, restocked, reduced, left, reserved, confirmed, paid, fulfilled, sold
      case putUpAtFirst = "put_up_at_first"
    }

    init(_ row: ReportFacts.Stock, _ units: ReportFacts.LiveUnits) {
      sku = row.sku
      stock = row.putUp
      left = row.left
      (restocked, reduced) = (row.restocked, row.reduced)
      putUpAtFirst = Int64(row.putUp.rawValue) - row.restocked + row.reduced
      (reserved, confirmed, paid, fulfilled) = (units.reserved, units.confirmed, units.paid, units.fulfilled)
      sold = units.confirmed + units.paid + units.fulfilled
    }
  }

  /// What became of orders after their first decision.
  public struct Lives: Sendable, Hashable, Codable {
    /// Orders that have a life of their own, by `Hold.State.code`; states without an order are omitted. What was won
    /// in a sale without holds has none until something happens to it.
    public internal(set) var states: [String: Int64] = [:]

    /// Those that wait for units that come back or did, who wait now, and who were offered some.
    public internal(set) var joined: Int64 = 0
    public internal(set) var waiting: Int64 = 0
    public internal(set) var offered: Int64 = 0

    /// Offers that were not paid in time, and not afterwards either; and all holds of which that is true.
    public internal(set) var lapsedOffers: Int64 = 0
    public internal(set) var lapsed: Int64 = 0

    /// What commands came to, by action and result.
    public internal(set) var history: [HistoryCount] = []

    private enum CodingKeys: String, CodingKey {
      case states, joined, waiting, offered, lapsed, history
      case lapsedOffers = "lapsed_offers"
    }
  }

  /// How often commands of one kind had one result.
  public struct HistoryCount: Sendable, Hashable, Codable {
    /// As `HistoryEntry.Action.code` and `HistoryEntry.Result.code`.
    public let action: String
    public let result: String
    public let count: Int64
  }

  /// The captures of one currency, in its minor units: `Int64.max` for that and for more.
  public struct Money: Sendable, Hashable, Codable {
    public let currency: String

    /// How many digits stand behind the point.
    public let exponent: Int

    /// What providers took.
    public let captured: Int64

    /// What the orders have of it that are paid with it: by the orders, not by what is missing from `captured`.
    public let applied: Int64
    public let refundDue: Int64
    public let refunded: Int64

    /// Both, of one currency.
    static func + (a: Self, b: Self) -> Self {
      func sum(_ minor: KeyPath<Self, Int64>) -> Int64 {
        Int64(clamping: Int128(a[keyPath: minor]) + Int128(b[keyPath: minor]))
      }
      return Money(
        currency: a.currency, captured: sum(\.captured), applied: sum(\.applied), refundDue: sum(\.refundDue),
        refunded: sum(\.refunded))
    }

    /// Whether captured = applied + refund due + refunded.
    public var holds: Bool {
      captured == Int64(clamping: Int128(applied) + Int128(refundDue) + Int128(refunded))
    }

    private enum CodingKeys: String, CodingKey {
      case currency, exponent, captured, applied, refunded
      case refundDue = "refund_due"
    }

    init(currency: String, captured: Int64, applied: Int64, refundDue: Int64, refunded: Int64) {
      self.currency = currency
      exponent = Currency.exponent(of: currency)
      (self.captured, self.applied, self.refundDue, self.refunded) = (captured, applied, refundDue, refunded)
    }
  }
}
