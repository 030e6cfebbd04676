/// Units by SKU, from the orders' outcomes: what is the buyers' or held for them when all is over. An order counts
/// once, even if many answers named it.
struct Units: Equatable, Sendable {
  /// Sold when the run began.
  private(set) var soldBefore: [Int]
  private(set) var confirmed: [Int]
  /// Units of orders that may or may not exist, or whose outcome is not known.
  private(set) var unknown: [Int]
  /// SKUs that somebody was told, at once or as an outcome, are sold out.
  private(set) var refused: [Bool]
  /// Confirmed units of each buyer who has any.
  private(set) var byBuyer: [Int: Int] = [:]

  init(_ evidence: Evidence) {
    let items = evidence.before.items
    soldBefore = items.map { item in item.left.map { max(item.stock - $0, 0) } ?? 0 }
    confirmed = Array(repeating: 0, count: items.count)
    unknown = confirmed
    refused = items.indices.map { $0 < evidence.refusedSoldOut.count && evidence.refusedSoldOut[$0] }

    var undecided: [Int: Mix.Request] = [:]
    for request in evidence.withoutId { undecided[request.original] = request }
    for order in evidence.orders where !order.isDecided { undecided[order.request.original] = order.request }

    var counted: Set<OrderID> = []
    for order in evidence.orders where order.isDecided {
      undecided[order.request.original] = nil
      let sku = order.request.sku
      switch order.fate {
      case .confirmed where counted.insert(order.id).inserted:
        confirmed[sku] += order.units ?? evidence.quantity
        byBuyer[order.request.buyer, default: 0] += order.units ?? evidence.quantity
      case .rejected where evidence.reasons[order.reason] == "sold_out":
        refused[sku] = true
      default:
        break
      }
    }
    for request in undecided.values { unknown[request.sku] += evidence.quantity }
  }

  /// What is wrong with what `after` says is left, by SKU: nothing, where it lies between what the outcomes allow.
  ///
  /// Exact when every outcome is known and the sale was untouched before: then sold = confirmed. Orders of an earlier
  /// run with the same seed are found again, and so may be among `soldBefore` and `confirmed` both.
  func mismatches(after: Sale) -> [String] {
    after.items.enumerated().compactMap { sku, item in
      guard sku < confirmed.count, let left = item.left else { return nil }
      let sold = item.stock - left
      let most = confirmed[sku] + soldBefore[sku] + unknown[sku]
      if sold < confirmed[sku] {
        return "\(item.sku): \(confirmed[sku]) confirmed, but only \(sold) gone from the stock"
      }
      if sold > most { return "\(item.sku): \(sold) gone from the stock, but only \(most) accounted for" }
      return nil
    }
  }
}
