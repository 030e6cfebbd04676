public import FlashSale
internal import SaleStore
public import Time

/// What a record made of an order's units or of a stock, beside a first decision.
public struct FairnessChange: Sendable {
  public let position: LogPosition
  public let stock: StockKey

  /// `nil`: it is about the stock.
  public let order: OrderID?

  /// By how much the units of the order, or those put up, have changed; of a basket, those of each line too.
  public let units: Int32
  public let lineUnits: [Int32]

  /// Whether units are held for an order that waited.
  public let isOffer: Bool

  /// Whether the order waits behind it.
  public let isWaiting: Bool
  public let at: Timestamp

  /// The sale's end from here on; `nil`: it stays.
  public let endsAt: Timestamp?

  /// What an entry of the history says.
  ///
  /// - Parameter endsAt: the sale's end, if the entry is of a record that has moved it.
  public init(_ entry: HistoryEntry, in partition: Partition, endsAt: Timestamp? = nil) {
    position = LogPosition(partition: partition, offset: entry.offset)
    (stock, order, at, self.endsAt) = (entry.stock, entry.order, entry.at, endsAt)
    (units, lineUnits) = (entry.units, entry.lineUnits)
    isOffer = entry.action == .offer
    isWaiting = entry.state == .waiting
  }

  /// What a row of the history says that `record` has left; `nil`: it names no SKU.
  init?(_ row: AuditedEntry, of record: LogRecord) {
    guard let sku = SKU(rawValue: row.sku) else { return nil }
    position = row.position
    stock = StockKey(sale: row.sale, sku: sku)
    (order, at) = (row.order, row.at)
    (units, lineUnits) = (row.units, row.lineUnits)
    isOffer = row.action == HistoryEntry.Action.offer.rawValue
    isWaiting = row.state == Hold.State.waiting.rawValue
    var endsAt: Timestamp?
    if case .stock(let command) = record, case .change(let change) = command.action,
      row.result == HistoryEntry.Result.applied.rawValue
    {
      endsAt = change.endsAt
    }
    self.endsAt = endsAt
  }
}
