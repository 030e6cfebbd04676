internal import FlashSale
internal import SaleStore
internal import Time

/// A stored sale in the admin API: the shape of a sale, with its number, its status and what is left.
struct AdminSale: Encodable {
  struct Item: Encodable {
    let sku: SKU
    let stock: Units

    /// As of the last commit.
    let left: Units

    /// Units that are held and not paid, as of the last commit.
    let reserved: Units
    let priceMinor: Int64
    let currency: String

    private enum CodingKeys: String, CodingKey {
      case sku, stock, left, reserved, currency
      case priceMinor = "price_minor"
    }
  }

  let id: SaleID
  let number: Int32
  let name: String
  let status: SaleStatus
  let startsAt: Timestamp
  let endsAt: Timestamp
  @Nullable var closedAt: Timestamp?
  @Nullable var perBuyerLimit: Units?
  let ordering: Ordering
  let shaping: SaleShaping
  /// `nil`: what is won is confirmed.
  let holds: HoldRules?
  let items: [Item]

  /// The sale as it stands at `time`.
  init(_ stored: StoredSale, at time: Timestamp) {
    let sale = stored.sale
    id = sale.id
    number = stored.number.rawValue
    name = sale.name
    status = stored.status(at: time)
    startsAt = sale.startsAt
    endsAt = sale.endsAt
    closedAt = stored.closedAt
    perBuyerLimit = sale.perBuyerLimit
    ordering = sale.ordering
    shaping = sale.shaping
    holds = sale.holds
    items = sale.items.map { item in
      Item(
        sku: item.sku, stock: item.stock, left: stored.left(of: item),
        reserved: stored.stock[item.sku]?.reserved ?? .zero, priceMinor: item.price.minor,
        currency: item.price.currency)
    }
  }

  private enum CodingKeys: String, CodingKey {
    case id, number, name, status, ordering, shaping, holds, items
    case startsAt = "starts_at"
    case endsAt = "ends_at"
    case closedAt = "closed_at"
    case perBuyerLimit = "per_buyer_limit"
  }
}

extension StoredSale {
  /// What the admin log says of a SKU before it changes; `nil`: the sale has no such SKU.
  func words(for sku: SKU) -> String? {
    sale.item(sku).map { "\($0.stock) put up, \(left(of: $0)) left\(stock[sku]?.isClosed == true ? ", closed" : "")" }
  }

  /// What the admin log says of it before it is closed: `open, 934 left`.
  func standing(at now: Timestamp) -> String {
    let left = sale.items.reduce(0) { $0 + Int64(self.left(of: $1).rawValue) }
    return "\(status(at: now).rawValue), \(left) left"
  }

  /// Units left of an item. Each item has a stock row: both are written in one transaction.
  func left(of item: SaleItem) -> Units { stock[item.sku]?.left ?? item.stock }
}
