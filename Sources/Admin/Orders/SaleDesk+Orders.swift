internal import FlashSale
internal import HTTPServing
internal import SaleStore

extension SaleDesk {
  /// Every record that touched an order. Throws a 404 if the store knows nothing of it.
  func order(_ id: OrderID) async throws -> OrderRecord {
    let history = try await asking("order") { [store] in try await store.history(of: id) }
    guard !history.isEmpty else { throw Problem.orderNotFound(id) }
    // What was won in a sale without holds has no price of its own.
    var price: Price?
    if let decision = history.decision, history.life == nil, let sale = history.sale {
      price = try await stored(sale).sale.item(decision.stock.sku)?.price
    }
    return OrderRecord(id, history, price: price)
  }

  /// A buyer's orders in a sale.
  func orders(of buyer: BuyerID, in sale: SaleID) async throws -> FoundOrders {
    let stored = try await stored(sale)
    let found = try await asking("find orders", atMost: Limits.reportPatience) { [store] in
      try await store.orders(of: buyer, in: stored.number)
    }
    return FoundOrders(orders: found.orders.map { OrderRecord($0, in: sale) }, isCut: found.isCut)
  }
}
