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
    var lines: [Hold.Line] = []
    if let decision = history.decision, history.life == nil, let id = history.sale {
      let sale = try await stored(id).sale
      price = sale.item(decision.stock.sku)?.price
      lines = decision.lines.map { line in
        Hold.Line(sku: line.sku, units: line.quantity, priceMinor: sale.item(line.sku)?.price.minor ?? 0)
      }
    }
    return OrderRecord(id, history, price: price, lines: lines)
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
