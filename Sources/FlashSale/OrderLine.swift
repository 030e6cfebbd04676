public import Time

/// One line of an order: so many units of one SKU.
public struct OrderLine: Hashable, Sendable {
  public var sku: SKU

  /// 1 to `Limits.orderUnits`.
  public var quantity: Units

  /// Creates a line.
  public init(sku: SKU, quantity: Units) {
    self.sku = sku
    self.quantity = quantity
  }
}

/// The lines of a *basket*: an order of two or more, all of which win, or none.
enum Basket {
  /// Says which line is out of range.
  ///
  /// - Returns: the units of all lines.
  static func units(of lines: [OrderLine]) throws(ValidationError) -> Units {
    guard (1...Limits.basketLines).contains(lines.count) else { throw ValidationError("lines", countRule) }
    var skus: Set<SKU> = []
    var units: Int32 = 0
    for (index, line) in lines.enumerated() {
      guard (1...Limits.orderUnits).contains(line.quantity.rawValue) else {
        throw ValidationError("lines[\(index)].quantity", "must be 1 to \(Limits.orderUnits)")
      }
      guard skus.insert(line.sku).inserted else {
        throw ValidationError(
          "lines[\(index)].sku", "\(line.sku) stands in the order twice: ask for all of it in one line")
      }
      units += line.quantity.rawValue
      guard units <= Limits.orderUnits else {
        throw ValidationError("lines[\(index)].quantity", "makes more than the \(Limits.orderUnits) units of one order")
      }
    }
    return Units(units)
  }

  static let countRule = "must be an array of 1 to \(Limits.basketLines) lines"
}

extension PurchaseRequest {
  /// Whether it has several lines.
  public var isBasket: Bool { !terms.lines.isEmpty }

  /// All of its lines, in the buyer's order: 1 to `Limits.basketLines`, each of another SKU.
  public var lines: [OrderLine] {
    terms.isEmpty || terms.lines.isEmpty ? [OrderLine(sku: stock.sku, quantity: quantity)] : terms.lines
  }

  /// Creates a request of these lines, or says what is out of range: one of them, or its terms.
  public init(
    order: OrderID, sale: SaleNumber, lines: [OrderLine], buyer: BuyerID, acceptedAt: Timestamp,
    terms: OrderTerms = .none
  ) throws(ValidationError) {
    let units = try Basket.units(of: lines)
    var terms = terms
    if lines.count > 1 { terms.lines = lines }
    try self.init(
      order: order, stock: StockKey(sale: sale, sku: lines[0].sku), buyer: buyer, quantity: units,
      acceptedAt: acceptedAt, terms: terms)
  }
}
