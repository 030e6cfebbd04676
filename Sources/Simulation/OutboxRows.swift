internal import FlashSale

/// What a batch left for relays to publish: rows of two tables, as `RelayStore` reads them.
struct OutboxRows {
  let partition: Partition
  /// The first offset that is not decided by it.
  let next: Offset
  let first: [EventPage.Row]
  let later: [EventPage.Row]
}

extension World {
  /// Lives a world with holds and payments, and returns what its batches left, in the order of their commits.
  static func outbox(seed: UInt64) throws -> (partitions: Int32, batches: [OutboxRows]) {
    var number = seed &* 16
    var world = try World(seed: number, bug: nil, keepsHistory: false)
    // Where orders have no lives, each has one event.
    while !world.shop.hasHolds {
      number += 1
      world = try World(seed: number, bug: nil, keepsHistory: false)
    }
    _ = world.run()
    return (world.shop.partitions, world.store.outbox(of: world.shop))
  }
}

extension SimulatedStore {
  fileprivate func outbox(of shop: Shop) -> [OutboxRows] {
    var buyers: [OrderID: BuyerID] = [:]
    for order in orders.values { buyers[order.request.order] = order.request.buyer }
    func subject(_ order: OrderID, _ key: StockKey) -> EventSubject? {
      guard let price = stock[key]?.firstPrice else { return nil }
      return EventSubject(order: order, sale: shop[key.sale].sale.id, sku: key.sku, buyer: buyers[order], price: price)
    }
    return journal.compactMap { batch in
      guard let next = batch.newNext else { return nil }
      let first = batch.orders.filter(\.outcome.hasLife).compactMap { order in
        subject(order.request.order, order.request.stock).map { subject in
          let event = OrderEvent(
            firstAt: order.position, of: subject, isWaiting: order.outcome == .waitlisted,
            holdSeconds: shop[order.request.stock.sale].sale.holds?.seconds, units: order.request.quantity,
            at: order.request.acceptedAt)
          return EventPage.Row(offset: order.position.offset, place: -1, event: event)
        }
      }
      let later = batch.lives.history.map { entry in
        let event = entry.order.flatMap { subject($0, entry.stock) }.flatMap {
          OrderEvent(entry, in: batch.partition, of: $0, currency: "CNY", payment: entry.payment)
        }
        return EventPage.Row(offset: entry.offset, place: entry.place, event: event)
      }
      return OutboxRows(partition: batch.partition, next: next, first: first.inOrder, later: later.inOrder)
    }
  }
}

extension Outcome {
  fileprivate var hasLife: Bool { self == .confirmed || self == .waitlisted }
}

extension [EventPage.Row] {
  fileprivate var inOrder: Self { sorted { ($0.offset, $0.place) < ($1.offset, $1.place) } }
}
