internal import FlashSale
internal import SaleStore
internal import Time

/// All sales, as one immutable snapshot. It refers to what changes often: stock gauges and partition standings.
struct Catalog: Sendable {
  /// The newest first.
  let sales: [CatalogSale]
  private let byID: [SaleID: CatalogSale]
  private let byNumber: [SaleNumber: CatalogSale]

  init(_ sales: [CatalogSale] = []) {
    self.sales = sales
    byID = Dictionary(sales.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    byNumber = Dictionary(sales.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The sale of this id.
  subscript(_ id: SaleID) -> CatalogSale? { byID[id] }

  /// The sale of this number.
  func sale(numbered number: SaleNumber) -> CatalogSale? { byNumber[number] }
}

/// One sale, prepared for taking orders.
final class CatalogSale: Sendable {
  let number: SaleNumber
  let sale: Sale
  let closedAt: Timestamp?
  /// In the sale's own order.
  let items: [CatalogItem]
  /// `nil`: they are not kept, for want of room.
  let winners: Winners?
  private let bySKU: [SKU: CatalogItem]
  /// Whether an order of it has to show more than who sends it.
  let asksToShow: Bool

  var id: SaleID { sale.id }

  init(number: SaleNumber, sale: Sale, closedAt: Timestamp?, items: [CatalogItem], winners: Winners?) {
    self.number = number
    self.sale = sale
    self.closedAt = closedAt
    self.items = items
    self.winners = winners
    asksToShow = sale.shaping.claim != nil || sale.shaping.proofOfWork != nil || sale.shaping.verdict?.required == true
    bySKU = Dictionary(items.map { ($0.sku, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The item of this SKU.
  subscript(_ sku: SKU) -> CatalogItem? { bySKU[sku] }

  /// The lanes that decide its orders.
  var lanes: Set<SaleLane> { Set(items.map { SaleLane(sale: number, partition: $0.partition) }) }

  /// Where the sale stands.
  func status(at time: Timestamp) -> SaleStatus {
    StoredSale(number: number, sale: sale, closedAt: closedAt, stock: [:]).status(at: time)
  }
}

/// One SKU of a sale: where its orders go, and what is known about its stock and line.
final class CatalogItem: Sendable {
  let sku: SKU
  let price: Price
  /// Units put on sale.
  let putUp: Units
  let gauge: StockGauge
  /// The record key's bytes.
  let key: [UInt8]
  let partition: Partition
  let standing: PartitionStanding

  init(_ item: SaleItem, key: RecordKey, partition: Partition, standing: PartitionStanding, gauge: StockGauge) {
    sku = item.sku
    price = item.price
    putUp = item.stock
    self.gauge = gauge
    self.key = Array(key.text.utf8)
    self.partition = partition
    self.standing = standing
  }
}
