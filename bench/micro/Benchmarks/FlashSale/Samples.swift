import FlashSale
import Time

/// An order as intake meets it, with everything that belongs to it.
struct SampleOrder {
  let number = SaleNumber(rawValue: 1)
  let sku: SKU
  let buyer: BuyerID
  let key: IdempotencyKey
  let sale: Sale
  let signer: TicketSigner
  let ticket = Ticket(LogPosition(partition: Partition(7), offset: Offset(123_456)))

  var id: OrderID { OrderID(sale: number, buyer: buyer, key: key) }

  var request: PurchaseRequest {
    get throws {
      try PurchaseRequest(
        order: id, stock: StockKey(sale: number, sku: sku), buyer: buyer, quantity: Units(1),
        acceptedAt: SampleBatch.opens)
    }
  }

  init() throws {
    sku = try SKU(validating: "phone")
    buyer = try BuyerID(validating: "buyer-1234567")
    key = try IdempotencyKey(validating: "5f1c9a4e-7f0b-4c1e-9d61-0f4f5f6f7f8f")
    let item = try SaleItem(sku: sku, stock: Units(10_000), price: Price(minor: 19_900, currency: "CNY"))
    sale = try Sale(
      id: SaleID(validating: "double11"), name: "Double 11", startsAt: SampleBatch.opens, endsAt: SampleBatch.ends,
      perBuyerLimit: Units(1), items: [item])
    signer = try TicketSigner(secrets: [Array(repeating: 0x5a, count: 32)])
  }
}

/// A batch of a lane: orders of one hot SKU, each of another buyer.
struct SampleBatch {
  static let records = 5_000
  static let opens = Timestamp(microseconds: 1_700_000_000_000_000)
  static let ends = Timestamp(microseconds: 1_700_003_600_000_000)

  let records: [LogRecord]
  let state: LaneStock

  /// - Parameter stockShare: of the orders, how many can win.
  init(stockShare: Double) throws {
    let sale = SaleNumber(rawValue: 1)
    let stock = StockKey(sale: sale, sku: try SKU(validating: "phone"))
    records = try (0..<Self.records).map { index in
      .place(
        try PurchaseRequest(
          order: OrderID(randomFor: sale), stock: stock, buyer: try BuyerID(validating: "buyer-\(index)"),
          quantity: Units(1), acceptedAt: Self.opens))
    }
    var state = LaneStock()
    let rules = SaleRules(startsAt: Self.opens, endsAt: Self.ends, perBuyerLimit: Units(1))
    state.stock[stock] = .init(
      opening: Units(Int32(Double(Self.records) * stockShare)), price: try Price(minor: 100, currency: "CNY"),
      rules: rules)
    self.state = state
  }
}
