import FlashSale
import SaleStore
import Time

/// The records of one sale of one SKU: an order of one unit for each of its units and more, and what follows them. The
/// first orders win.
struct LifeRecords {
  private let orders: [OrderID]
  private let stock: StockKey
  private let price: Price
  private let key: [UInt8]
  private let partition: Partition
  private let accepted = Timestamp.now
  private let dueAfter: Duration

  /// - Parameter count: how many orders.
  init(_ count: Int, of sale: StoredSale, partitions: Int) {
    let item = sale.sale.items[0]
    let key = RecordKey(sale: sale.sale, sku: item.sku)
    orders = (0..<count).map { _ in OrderID(randomFor: sale.number) }
    stock = StockKey(sale: sale.number, sku: item.sku)
    price = item.price
    self.key = Array(key.text.utf8)
    partition = key.partition(of: Int32(partitions))
    dueAfter = .seconds(Int(sale.sale.holds?.seconds ?? 0))
  }

  /// All orders.
  func places() throws -> [Feed.Entry] { try orders.indices.map(place) }

  /// A payment of each of the first orders.
  func payments(_ count: Int) throws -> [Feed.Entry] { try (0..<count).map(payment) }

  /// For each of the first orders, that its time is over. The records are of a time after it, so the lane ends the
  /// holds, though the worker's scheduler does not see them due.
  func ends(_ count: Int) throws -> [Feed.Entry] {
    let at = accepted.after(dueAfter)
    return try (0..<count).map { index in
      try entry(OrderCommand(order: orders[index], stock: stock, at: at, action: .expire, by: .scheduler))
    }
  }

  /// All orders, and among them a payment of each of the first `paid` ones: evenly, from the order on that is `delay`
  /// places behind the first.
  func paid(_ paid: Int, after delay: Int) throws -> [Feed.Entry] {
    var entries: [Feed.Entry] = []
    entries.reserveCapacity(orders.count + paid)
    let room = max(1, orders.count - delay)
    var next = 0
    for index in orders.indices {
      entries.append(try place(index))
      while next < paid, index >= delay, next * room <= (index - delay) * paid {
        entries.append(try payment(next))
        next += 1
      }
    }
    return try entries + (next..<paid).map(payment)
  }

  private func place(_ index: Int) throws -> Feed.Entry {
    let request = try PurchaseRequest(
      order: orders[index], stock: stock, buyer: BuyerID(validating: "buyer-\(index)"), quantity: Units(1),
      acceptedAt: accepted)
    return Feed.Entry(partition: partition, key: key, value: LogRecord.place(request).encoded())
  }

  private func payment(_ index: Int) throws -> Feed.Entry {
    let id = try PaymentID(validating: "payment-\(index)")
    return try entry(
      OrderCommand(
        order: orders[index], stock: stock, at: accepted,
        action: .pay(Capture(payment: id, minor: price.minor, currency: price.currency)),
        id: CommandID(capturing: id), by: .provider))
  }

  private func entry(_ command: OrderCommand) throws -> Feed.Entry {
    Feed.Entry(partition: partition, key: key, value: LogRecord.order(command).encoded())
  }
}
