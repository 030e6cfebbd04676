internal import FlashSale
internal import HTTPServing
internal import Logging
internal import SaleStore

extension OrderStatusRoute {
  /// Refuses to look up an order that may have been sent before while the store is known to be away: what became of it
  /// is not known, so nothing else may be said (I12).
  func checkStore(toRepeat inquiry: OrderInquiry) throws(Problem) {
    guard !health.isStoreAway else { throw .unaccounted(inquiry.order) }
  }

  /// What an order that was sent before is answered: its outcome, as `GET /v1/orders/{id}` tells it; `nil` if the store
  /// does not know the order.
  ///
  /// Throws `idempotency_conflict` if another purchase has the key, and `outcome_unknown` if the store could not say: a
  /// winner is never told that nothing is left (I2).
  func answer(
    toRepeat inquiry: OrderInquiry, _ result: Result<OrderLookup.Finding, any Error>, _ catalog: Catalog
  ) throws(Problem) -> OrderAnswer? {
    switch result {
    case .success(.decided(let stored)) where stored.buyer == inquiry.buyer:
      if let request = inquiry.request, !stored.isOutcome(of: request) { throw .idempotencyConflict(inquiry.order) }
      return .decided(stored, sale: catalog.sale(numbered: stored.stock.sale))
    case .success: return nil
    case .failure(let error):
      if !(error is TooManyLookups) {
        logger.warning("a repeated order could not be looked up", metadata: ["error": "\(error)"])
      }
      throw .unaccounted(inquiry.order)
    }
  }
}

extension StoredOrder {
  /// Whether a request with the same key asks for what this order asked for.
  fileprivate func isOutcome(of request: OrderRequest) -> Bool {
    stock.sku == request.sku && quantity == request.quantity && lines == request.lines
  }
}
