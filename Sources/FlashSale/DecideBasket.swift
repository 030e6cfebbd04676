internal import Time

// Baskets: orders of several lines, in a sale that one lane decides.

extension LaneStock {
  /// Decides a basket.
  ///
  /// (1) Its lines meet the rules one after another, each upon what the ones before it would leave: of its limits, and
  ///     of the stock.
  /// (2) All of them win, or none. The first that would be refused refuses the basket, with its reason, and is named.
  /// (3) A basket does not wait: its SKUs come back one by one, and what it kept until the last of them would lie
  ///     unsold (decision 0035).
  mutating func decideBasket(_ request: PurchaseRequest, at offset: Offset, into effects: inout Effects) {
    let sale = request.stock.sale
    if decided.contains(request.order) { return effects.repeated(sale) }
    if let error = whyUndecided(request) { return effects.quarantine(offset, error: error) }
    decided.insert(request.order)
    if let (line, refusal) = refusal(ofBasket: request) {
      effects.decide(basket: request, at: offset, .rejected(refusal), refusedLine: line)
      if !awaited.isEmpty { refused(request) }
      return
    }
    for line in request.terms.lines { take(line, of: sale, at: offset, into: &effects) }
    let rules = stock[request.stock]?.rules
    if rules?.perBuyerLimit != nil {
      held[request.holder] = (held[request.holder] ?? .zero) + request.quantity
    }
    count(request, at: offset, into: &effects)
    effects.decide(basket: request, at: offset, .confirmed)
    if rules?.holds != nil || !awaited.isEmpty { begin(request, at: offset, into: &effects) }
  }

  /// Why a person has to look at a basket that no intake of ours has written; `nil`: it can be decided.
  private func whyUndecided(_ request: PurchaseRequest) -> String? {
    var currency: String?
    for line in request.terms.lines {
      let key = StockKey(sale: request.stock.sale, sku: line.sku)
      guard let level = stock[key] else { return unknown(key) }
      // Other lanes may have the other lines (I7).
      guard level.rules.takesBaskets else {
        return "the order has several lines, and sale number \(key.sale) takes one"
      }
      guard currency == nil || currency == level.price.currency else {
        return "the order's lines are priced in \(level.price.currency) and in \(currency ?? "")"
      }
      currency = level.price.currency
    }
    return nil
  }

  /// The first line that is refused, and why.
  private func refusal(ofBasket request: PurchaseRequest) -> (line: Int, Refusal)? {
    var units = Units.zero
    for (index, line) in request.terms.lines.enumerated() {
      units = units + line.quantity
      if let refusal = refusal(of: line, upTo: units, of: request) { return (index, refusal) }
    }
    return nil
  }

  /// Why a line is refused.
  ///
  /// - Parameter units: of this line and the ones before it: they count for the same limits.
  private func refusal(of line: OrderLine, upTo units: Units, of request: PurchaseRequest) -> Refusal? {
    let key = StockKey(sale: request.stock.sale, sku: line.sku)
    guard let level = stock[key] else { return .soldOut }
    let rules = level.rules
    if let refusal = level.whyNotSold(at: request.acceptedAt) { return refusal }
    if let most = rules.holds?.lapses, hasLapsed(request, most) { return .holdAbuse }
    if let limit = rules.perBuyerLimit, (held[request.holder] ?? .zero) + units > request.terms.buyerLimit ?? limit {
      return .limitReached
    }
    if let refusal = refusal(bySubjectsOf: request, counting: units) { return refusal }
    guard level.left >= line.quantity, rules.holds?.waitlist == nil || gives(key, at: request.acceptedAt) else {
      return level.refusal
    }
    return nil
  }

  private mutating func take(_ line: OrderLine, of sale: SaleNumber, at offset: Offset, into effects: inout Effects) {
    let key = StockKey(sale: sale, sku: line.sku)
    guard let place = stock.index(forKey: key) else { return }
    stock.values[place].left = stock.values[place].left - line.quantity
    stock.values[place].asOf = offset.next
    effects.change(key)
  }
}

extension PurchaseRequest {
  /// Whom its units are counted for.
  var holder: LaneStock.Holder { LaneStock.Holder(sale: stock.sale, buyer: buyer) }
}
