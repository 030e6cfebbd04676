internal import FlashSale

extension PlantedBug {
  /// What lanes decide of a basket, with one of these mistakes.
  func decides(
    _ state: inout LaneStock, basket request: PurchaseRequest, at offset: Offset, into effects: inout Effects
  ) {
    let holder = LaneStock.Holder(sale: request.stock.sale, buyer: request.buyer)
    let (held, orders) = (state.held[holder], effects.orders.count)
    if self == .lineLimitAlone, let held, let most = request.lines.map(\.quantity).max() {
      state.held[holder] = held - (request.quantity - most)
    }
    decide(&state, .place(request), at: offset, into: &effects)
    let isDecided = effects.orders.count > orders
    guard isDecided, let decision = effects.orders.last else {
      state.held[holder] = held
      return
    }
    if self == .lineLimitAlone, let held {
      state.held[holder] = decision.outcome.isCounted ? held + request.quantity : held
    }
    guard self == .basketInPart else { return }
    for line in request.lines.prefix(Int(decision.refusedLine)) {
      let key = StockKey(sale: request.stock.sale, sku: line.sku)
      guard let level = state.stock[key], level.left >= line.quantity else { continue }
      state.stock[key]?.left = level.left - line.quantity
      effects.change(key)
    }
  }

  /// Gives the units of one line back as another SKU's.
  func givesBack(
    _ state: inout LaneStock, _ command: OrderCommand, of sku: SKU, at offset: Offset, into effects: inout Effects
  ) {
    let (own, first) = (StockKey(sale: command.stock.sale, sku: sku), command.stock)
    let before = (own: state.stock[own]?.left, first: state.stock[first])
    decide(&state, .order(command), at: offset, into: &effects)
    guard let left = before.own, let after = state.stock[own], after.left > left, let level = before.first,
      own != first, level.left + level.reserved + (after.left - left) <= level.putUp
    else { return }
    state.stock[first]?.left = level.left + (after.left - left)
    state.stock[own]?.left = left
    effects.change(first)
  }
}
