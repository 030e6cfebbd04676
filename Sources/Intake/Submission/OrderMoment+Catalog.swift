internal import FlashSale
internal import HTTPServing
internal import Time

extension OrderMoment {
  /// Reads the gauge first: a caller that looks at the sale's winners after this sees all who had won by then.
  init(_ sale: CatalogSale, _ item: CatalogItem, waits: Bool = false, at now: Timestamp) {
    self.init(
      of: item.gauge.known, from: sale.sale.startsAt, to: sale.sale.endsAt, isClosed: sale.closedAt != nil,
      waits: waits && sale.hasWaitlist, at: now)
  }
}

extension OrderMoment.Refusal {
  /// - Parameter order: the id that the request's key names.
  func problem(_ order: OrderID?, in sale: CatalogSale) -> Problem {
    switch self {
    case .notStarted(let start): .notStarted(start)
    case .over(.ended): .ended(order)
    case .over(.soldOut): .soldOut(order, hasWaitlist: sale.hasWaitlist)
    case .over(.allHeld(let release)): .allHeld(order, until: release, hasWaitlist: sale.hasWaitlist)
    case .unaccounted: .unaccounted(order)
    }
  }
}
