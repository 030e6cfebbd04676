/// A run's findings, as the checks need them.
struct Evidence: Sendable {
  /// One answer that named an order, and that order's outcome.
  struct Order: Sendable {
    let id: OrderID
    let request: Mix.Request
    /// Whether it was a 202.
    let isPromise: Bool
    let fate: Fate
    /// Why it was rejected: an index into `reasons`. 0 is none.
    let reason: Int
    /// What it is for, if the server said so; else what was asked for.
    var units: Int?

    /// Whether the server said how it ended.
    var isDecided: Bool {
      switch fate {
      case .confirmed, .rejected, .quarantined, .waiting, .ended: true
      case .open, .absent: false
      }
    }
  }

  /// The sale as it was before the first request.
  var before: Sale
  /// Units of each request.
  var quantity = 1
  var orders: [Order] = []
  var reasons = [""]
  /// Requests that may have made an order whose id nobody told.
  var withoutId: [Mix.Request] = []
  /// 202s without a usable order id or ticket.
  var unusable = 0
  /// Answers about another order than the one asked for.
  var mismatched = 0
  /// Whether orders have lives: units can come back then.
  var hasLives: Bool { orders.contains { $0.fate == .waiting || $0.fate == .ended || $0.units != nil } }
  /// SKUs of which the intake said, to anybody, that they are sold out.
  var refusedSoldOut: [Bool] = []
}

extension Evidence {
  /// - Parameter receipts: Each event loop's, followed to their ends.
  init(before: Sale, mix: Mix, load: LoadResult, follow: FollowResult, receipts: [Receipts]) {
    self.init(before: before, quantity: mix.quantity)
    orders.reserveCapacity(receipts.reduce(0) { $0 + $1.all.count })
    for part in receipts {
      // Each event loop numbered the reasons as it met them.
      let numbers = part.reasons.map { reason in
        reasons.firstIndex(of: reason)
          ?? {
            reasons.append(reason); return reasons.count - 1
          }()
      }
      for receipt in part.all {
        orders.append(
          Order(
            id: receipt.id, request: mix.request(Int(receipt.request), attempt: Int(receipt.attempt)),
            isPromise: receipt.isPromise,
            fate: receipt.fate, reason: numbers[Int(receipt.reason)], units: receipt.units.map { Int($0) }))
      }
    }
    withoutId = load.withoutId.map { mix.request($0.number, attempt: $0.attempt) }
    unusable = load.unusable
    mismatched = follow.mismatched
    refusedSoldOut = load.refusedSoldOut
  }
}
