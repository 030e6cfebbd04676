public import FlashSale
import Postgres
public import Time

/// A row of `orders` as it is, valid or not: an audit must see what a reader would refuse.
public struct AuditedOrder: Sendable, Hashable {
  public let order: OrderID
  public let position: LogPosition
  public let sale: SaleNumber
  public let sku: String
  public let buyer: String
  public let quantity: Int32

  /// `nil`: a number that no outcome has.
  public let outcome: Outcome?
  public let acceptedAt: Timestamp

  /// All lines of a basket; empty for an order of one line, and where they cannot be read.
  public let lines: [OrderLine]

  /// Which of them a basket is refused for.
  public let refusedLine: Int16?

  /// Creates a row.
  public init(
    order: OrderID, position: LogPosition, sale: SaleNumber, sku: String, buyer: String, quantity: Int32,
    outcome: Outcome?, acceptedAt: Timestamp, lines: [OrderLine] = [], refusedLine: Int16? = nil
  ) {
    self.order = order
    self.position = position
    self.sale = sale
    self.sku = sku
    self.buyer = buyer
    self.quantity = quantity
    self.outcome = outcome
    self.acceptedAt = acceptedAt
    self.lines = lines
    self.refusedLine = refusedLine
  }
}

/// A row of `quarantined_records`; its bytes by their SHA-256, because they can be as large as the broker takes.
public struct AuditedQuarantine: Sendable, Hashable {
  public let offset: Offset

  /// `nil`: the record has no key.
  public let keyHash: [UInt8]?

  /// `nil`: the record has no value.
  public let valueHash: [UInt8]?
  public let sale: SaleNumber?
  public let order: OrderID?
}

/// A row of `stock` with the rules of its sale.
public struct AuditedStock: Sendable, Hashable {
  public let key: StockKey
  public let sale: SaleID

  /// The record key under which the log has everything about it.
  public let recordKey: RecordKey

  /// The sale's rules, and those that hold for this stock by now.
  public let rules: SaleRules
  public let rulesNow: SaleRules

  /// The price at first, as far as it is known, and by now. The store does not keep what a command changed; then it is
  /// that of the first order with a life.
  public let price: Price
  public let priceNow: Price

  /// What was put up at first, by the history, and by now.
  public let putUpAtFirst: Units
  public let putUp: Units
  public let left: Units
  public let reserved: Units
  public let isClosed: Bool
}

/// A row of `tallies`.
public struct AuditedTally: Sendable, Hashable {
  /// What a tally counts: the records of one sale in one partition.
  public struct Key: Sendable, Hashable {
    public let partition: Partition
    public let sale: SaleNumber

    /// Creates a key.
    public init(partition: Partition, sale: SaleNumber) {
      self.partition = partition
      self.sale = sale
    }
  }

  public let key: Key
  public let requests: Int64
  public let repeats: Int64
}

/// Where an order has its row, and what it is.
public struct AuditedPlace: Sendable, Hashable {
  public let position: LogPosition
  public let buyer: String
  public let sku: String

  /// `nil`: a number that no outcome has.
  public let outcome: Outcome?
}

/// What an audit compares the log with, all of one instant. The rows of `orders` follow in pages.
public struct AuditSnapshot: Sendable {
  /// The partition count that was recorded; `nil` if nothing has ever run on the topic.
  public let partitions: Int32?

  /// Of every partition that was ever claimed.
  public let progress: [PartitionProgress]
  public let stock: [AuditedStock]
  public let tallies: [AuditedTally]

  /// Sales with rules for holds, and those of which more than first decisions is stored; empty if it is a snapshot
  /// without lives.
  public internal(set) var living: Set<SaleNumber> = []

  /// Order ids that have more than one row, and one of them.
  public let doubled: (count: Int64, example: OrderID?)

  /// Quarantined records at or past their partition's next offset, and the first of them.
  public let quarantinedAhead: (count: Int64, first: LogPosition?)
}

extension AuditedOrder {
  init(row: Row) throws {
    order = OrderID(try row.uuid(0))
    position = LogPosition(partition: try row.partition(1), offset: try row.offset(2))
    sale = try row.saleNumber(3)
    sku = try row.string(4)
    buyer = try row.string(5)
    quantity = try row.int32(6)
    outcome = try? Outcome(stored: row.int16(7))
    acceptedAt = try row.timestamp(8)
    lines = (try? row.orderLines(9)) ?? []
    refusedLine = try row.optional(10)
  }
}

extension AuditedQuarantine {
  init(row: Row) throws {
    offset = try row.offset("log_offset")
    keyHash = try row.optional("key_hash", as: [UInt8].self)
    valueHash = try row.optional("value_hash", as: [UInt8].self)
    sale = try row.optional("sale", as: Int32.self).map(SaleNumber.init(rawValue:))
    order = try row.optional("order_id", as: UUIDBytes.self).map(OrderID.init)
  }
}

extension AuditedStock {
  init(row: Row) throws {
    let sku: SKU = try row.identifier("sku")
    // The sale as if it had this item only: that changes nothing about the item's record key.
    let sale = try Sale(
      id: row.identifier("id"), name: row.string("name"),
      startsAt: row.timestamp("starts_at"), endsAt: row.timestamp("ends_at"),
      perBuyerLimit: row.optional("per_buyer_limit", as: Int32.self).map(Units.init(_:)),
      ordering: Ordering(rawValue: row.string("ordering")),
      holds: row.optional("holds", as: String.self).map(HoldRules.init(stored:)),
      items: [
        SaleItem(
          sku: sku, putUp: row.units("put_up"),
          price: Price(minor: row.int64("price_minor"), currency: row.string("currency")))
      ])
    key = StockKey(sale: try row.saleNumber("sale"), sku: sku)
    self.sale = sale.id
    recordKey = RecordKey(sale: sale, sku: sku)
    rules = SaleRules(
      startsAt: sale.startsAt, endsAt: sale.endsAt, perBuyerLimit: sale.perBuyerLimit,
      takesBaskets: sale.ordering == .sale, holds: sale.holds)
    rulesNow = SaleRules(
      startsAt: try row.timestamp("starts_now"), endsAt: try row.timestamp("ends_now"),
      perBuyerLimit: try row.optional("limit_now", as: Int32.self).map(Units.init(_:)),
      takesBaskets: sale.ordering == .sale, holds: sale.holds)
    priceNow = sale.items[0].price
    price =
      try row.optional("first_price", as: Int64.self).map { first in
        try Price(minor: first, currency: sale.items[0].price.currency)
      } ?? sale.items[0].price
    putUp = sale.items[0].stock
    putUpAtFirst = Units(Int32(clamping: Int64(putUp.rawValue) - (try row.int64("added"))))
    left = try row.units("units_left")
    reserved = try row.units("reserved")
    isClosed = try row.bool("closed")
  }
}
