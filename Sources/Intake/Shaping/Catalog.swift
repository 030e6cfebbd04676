internal import FlashSale
internal import HTTPServing
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
  /// `nil`: nobody's rate is limited.
  let paces: SalePaces?
  /// Of those who join its waiting room; `nil`: it has none.
  let joinPaces: SalePaces?
  /// Whether orders need a token.
  let hasRoom: Bool
  /// Whether its orders count for more than their buyers.
  let hasTerms: Bool
  /// Whether orders may wait for units that come back.
  let hasWaitlist: Bool
  private let bySKU: [SKU: CatalogItem]
  /// Whether an order of it has to show more than who sends it.
  let asksToShow: Bool

  var id: SaleID { sale.id }

  /// - Parameter limits: for what the sale leaves out.
  init(
    number: SaleNumber, sale: Sale, closedAt: Timestamp?, items: [CatalogItem], winners: Winners?,
    limits: RequestLimits = RequestLimits()
  ) {
    self.number = number
    self.sale = sale
    self.closedAt = closedAt
    self.items = items
    self.winners = winners
    let limits = (sale.shaping.limits ?? RequestLimits()).filled(by: limits)
    paces = SalePaces(limits)
    hasRoom = sale.shaping.room != nil
    joinPaces = hasRoom ? SalePaces(limits.filled(by: RequestLimits(perBuyer: Limits.roomCallsPerBuyer))) : nil
    hasTerms = sale.shaping.limitsBeyondBuyers
    hasWaitlist = sale.holds?.waitlist != nil
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
  let line: LineStanding
  /// Units that may be in line for each one left; `nil`: any number.
  let queueCap: Int32?
  /// No other item that can still sell has orders in its partition, as far as the catalog knows: the partition's line
  /// is this item's, whichever intake put it there.
  let isAlone: Bool
  /// What the sale allows to be in line, with what is; `nil`: any number.
  let backlog: SaleBacklog?

  init(
    _ item: SaleItem, key: RecordKey, partition: Partition, standing: PartitionStanding, gauge: StockGauge,
    line: LineStanding = LineStanding(), queueCap: Int32? = nil, isAlone: Bool = false, backlog: SaleBacklog? = nil
  ) {
    sku = item.sku
    price = item.price
    putUp = item.stock
    self.gauge = gauge
    self.key = Array(key.text.utf8)
    self.partition = partition
    self.standing = standing
    self.line = line
    self.queueCap = queueCap
    self.isAlone = isAlone
    self.backlog = backlog
  }

  /// What is in line besides what this intake has put there, as far as that is known: records, so units at least.
  private var othersInLine: Int64 { isAlone ? standing.undecided : 0 }

  /// Lets an order into the line, or says that it is full.
  ///
  /// - Parameter order: the id that its key names, if it has one.
  func admit(_ quantity: Units, waits: Bool, order: OrderID?, cap: Int32) throws(Problem) {
    let left = gauge.level.left
    // A cap on those who hope for what is left is none on those who wait when nothing is.
    if waits, left == .zero {
      line.board(quantity)
      return
    }
    guard !line.admit(quantity, left: left, cap: cap, others: othersInLine) else { return }
    let length = max(line.units, othersInLine)
    let excess = max(0, length - Int64(cap) * Int64(left.rawValue))
    throw .lineFull(order, excess: excess, line: length, rate: standing.drainRate)
  }

  /// Whether an order that has just entered the line finds as many units ahead of it as are left.
  ///
  /// - Parameter position: records ahead of it in its partition.
  func isLikelySoldOut(_ quantity: Units, position: Int64) -> Bool {
    let ahead = max(line.units - Int64(quantity.rawValue), isAlone ? position : 0)
    return ahead >= Int64(gauge.level.left.rawValue)
  }
}
