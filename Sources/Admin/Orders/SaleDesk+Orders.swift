internal import FlashSale
internal import HTTPServing
internal import SaleStore
internal import Time

extension SaleDesk {
  /// Every record that touched an order. Throws a 404 if the store knows nothing of it.
  func order(_ id: OrderID) async throws -> OrderRecord {
    OrderRecord(id, try await history(of: id))
  }

  /// The same with what one has to know to do something with it.
  ///
  /// - Parameter looksForDeadLetters: whether the webhooks that were given up are looked for.
  func standing(of id: OrderID, looksForDeadLetters: Bool) async throws -> OrderStanding {
    let history = try await history(of: id)
    var stored: StoredSale?
    if let id = history.sale { stored = try await self.stored(id) }
    var letters: [DeadLetter] = []
    if looksForDeadLetters {
      letters = try await asking("list dead letters") { [store] in try await store.deadLetters(of: id) }
    }
    return OrderStanding(history, OrderRecord(id, history), in: stored, at: .now, letters)
  }

  /// Who waits for units of these SKUs, for each that somebody waits for.
  func firstWaiting(for skus: [SKU], of sale: StoredSale) async throws -> [SKU: [WaitingOrder]] {
    var found: [SKU: [WaitingOrder]] = [:]
    for sku in skus {
      let key = StockKey(sale: sale.number, sku: sku)
      let waiting = try await asking("list who waits") { [store] in try await store.firstWaiting(for: key) }
      if !waiting.isEmpty { found[sku] = waiting }
    }
    return found
  }

  private func history(of id: OrderID) async throws -> OrderHistory {
    let history = try await asking("order") { [store] in try await store.history(of: id) }
    guard !history.isEmpty else { throw Problem.orderNotFound(id) }
    return history
  }

  /// A page of a sale's orders.
  func orders(in sale: SaleID, _ search: OrderQuery) async throws -> FoundOrders {
    let stored = try await stored(sale)
    if let cursor = search.cursor, !cursor.belongs(to: stored.number, search.filter) {
      throw Problem.invalidParameter("cursor", "is of another sale or another search")
    }
    let asOf = try await reached(search.cursor?.asOf ?? search.asOf)
    let page = try await asking("find orders") { [store] in
      try await store.orders(of: stored, search.filter, asOf: asOf, after: search.cursor, limit: search.limit)
    }
    return FoundOrders(
      orders: page.orders.map { OrderRecord($0, in: sale) }, next: page.next.map { "\($0)" }, asOf: "\(asOf)",
      searched: page.searched)
  }

  /// The orders that a capture's id names, each with every record that touched it.
  func orders(paidBy payment: PaymentID) async throws -> [OrderRecord] {
    let ids = try await asking("payment") { [store] in try await store.orders(paidBy: payment) }
    var found: [OrderRecord] = []
    for id in ids { found.append(try await order(id)) }
    return found
  }

  /// Refuses a refund of a payment that nobody has told of yet: written, it would do nothing under its key for good.
  /// And one that names another currency than its payment's, which never changes.
  func check(_ refund: CommandRequest.Money, of order: OrderID) async throws {
    let key = Payment.Key(sale: order.sale, id: refund.payment)
    let currency = try await asking("payment") { [store] in try await store.currency(of: key) }
    guard let currency else {
      _ = try await self.order(order)
      throw Problem.refusal(.paymentNotFound, of: order, nil)
    }
    guard !refund.currency.isEmpty else { return }
    do throws(BodyError) { try refund.check(against: currency) } catch { throw Problem.body(error) }
  }

  /// The order of a place in the log, as a ticket names it. Throws a 404 if no order is placed there.
  func order(at position: LogPosition) async throws -> OrderRecord {
    guard let id = try await asking("place", { [hooks] in try await hooks.orderAt(position) }) else {
      throw Problem(.orderNotFound, detail: "No order is placed at \(position).")
    }
    return try await order(id)
  }
}
