public import Time

/// One SKU of a sale: how many units are put up, and at what price.
public struct SaleItem: Hashable, Sendable {
  public var sku: SKU

  /// Units put on sale: 1 to `Limits.stockUnits`; 0 if a command took all of them back.
  public var stock: Units

  public var price: Price

  /// Creates an item, or says that its stock is out of range.
  public init(sku: SKU, stock: Units, price: Price) throws(ValidationError) {
    guard (1...Limits.stockUnits).contains(stock.rawValue) else {
      throw ValidationError("stock", "must be 1 to \(Limits.stockUnits) units")
    }
    self.init(sku: sku, putUp: stock, price: price)
  }

  /// Creates an item as its sale has it now, whatever commands have made of its units.
  public init(sku: SKU, putUp: Units, price: Price) {
    self.sku = sku
    stock = putUp
    self.price = price
  }
}

/// What is decided together, in one lane and so in one order.
public enum Ordering: String, Hashable, Sendable, Codable, CaseIterable {
  /// All SKUs of the sale in one lane. Needed where a rule spans SKUs, as the per-buyer limit does.
  case sale

  /// Each SKU in a lane of its own, so that a sale of many SKUs uses many partitions.
  case sku
}

/// A flash sale as its shop describes it. Valid by construction.
public struct Sale: Hashable, Sendable {
  public let id: SaleID

  /// For people: 1 to `Limits.saleNameBytes` bytes of UTF-8, without control characters.
  public let name: String

  /// The first instant at which a request is accepted.
  public let startsAt: Timestamp

  /// The first instant at which no request is accepted any more.
  public let endsAt: Timestamp

  /// The most units that one buyer gets in this sale, over all SKUs (I9); `nil`: no limit.
  public let perBuyerLimit: Units?

  public let ordering: Ordering

  /// How it meets its crowd before anything is decided.
  public let shaping: SaleShaping

  /// How what is won is held until it is paid; `nil`: what is won is confirmed.
  public let holds: HoldRules?

  /// 1 to `Limits.saleItems` items, each SKU once.
  public let items: [SaleItem]

  /// Creates a sale, or names the first field that is wrong.
  ///
  /// Without an `ordering`, a sale whose limit spans several SKUs is decided in one lane; any other by SKU. Asking for
  /// lanes by SKU together with such a limit is refused: two lanes could each give the buyer, or a card, the last unit.
  public init(
    id: SaleID, name: String, startsAt: Timestamp, endsAt: Timestamp, perBuyerLimit: Units?,
    ordering: Ordering? = nil, shaping: SaleShaping = SaleShaping(), holds: HoldRules? = nil, items: [SaleItem]
  ) throws(ValidationError) {
    guard (1...Limits.saleNameBytes).contains(name.utf8.count), !name.unicodeScalars.contains(where: \.isControl)
    else { throw ValidationError("name", "must be 1 to \(Limits.saleNameBytes) bytes without control characters") }
    guard startsAt < endsAt else { throw ValidationError("ends_at", "must be after starts_at") }
    if let perBuyerLimit, !(1...Limits.stockUnits).contains(perBuyerLimit.rawValue) {
      throw ValidationError("per_buyer_limit", "must be 1 to \(Limits.stockUnits) units, or left out for no limit")
    }
    guard (1...Limits.saleItems).contains(items.count) else {
      throw ValidationError("items", Self.itemsRule)
    }
    var seen: Set<SKU> = []
    for (index, item) in items.enumerated() where !seen.insert(item.sku).inserted {
      throw ValidationError("items[\(index)].sku", "\(item.sku) stands in the sale twice")
    }
    if holds != nil, let index = items.firstIndex(where: { $0.price.minor == 0 }) {
      throw ValidationError("items[\(index)].price_minor", "must be above 0 in a sale with holds: nobody can pay 0")
    }
    let spans = perBuyerLimit != nil || shaping.limitsBeyondBuyers || holds?.lapses != nil
    let limitSpansItems = spans && items.count > 1
    if limitSpansItems && ordering == .sku {
      let limit =
        perBuyerLimit != nil
        ? "a per_buyer_limit" : shaping.limitsBeyondBuyers ? "a limit by subject or access code" : "holds.lapses"
      throw ValidationError("ordering", "must be \"sale\" where \(limit) spans several SKUs")
    }
    self.id = id
    self.name = name
    self.startsAt = startsAt
    self.endsAt = endsAt
    self.perBuyerLimit = perBuyerLimit
    self.ordering = ordering ?? (limitSpansItems ? .sale : .sku)
    self.shaping = shaping
    self.holds = holds
    self.items = items
  }

  /// Refuses what a sale that is put up today may not have. Sales of before may, and are read all the same.
  ///
  /// A late payment does not see what else the order's subjects count for by then, so it never takes units for them.
  public func checkNew() throws(ValidationError) {
    guard holds?.latePayment == .ifFree, shaping.limitsBeyondBuyers else { return }
    throw ValidationError(
      "holds.late_payment", "must be \"refund\" in a sale with limits by subject or with access codes")
  }

  static let itemsRule = "must be 1 to \(Limits.saleItems) items"

  /// Whether a request accepted at `time` falls into the sale's window.
  public func isOpen(at time: Timestamp) -> Bool { startsAt <= time && time < endsAt }

  /// The item of a SKU, or `nil` if it is not on sale here.
  public func item(_ sku: SKU) -> SaleItem? { items.first { $0.sku == sku } }
}

extension Unicode.Scalar {
  /// C0, DEL and C1: what a terminal, a log or a page may act upon.
  var isControl: Bool { properties.generalCategory == .control }
}
