internal import FlashSale
internal import Time

/// What an intake does with a request: the checks of `OrderGate`, in their order, and then the log.
extension World {
  mutating func accept(_ client: Int, at intake: Int) {
    let purchase = shop.purchases[clients[client].purchase]
    let now = shop.clock(at: scheduler.now + intakes[intake].skew)
    // Before the winners are looked at.
    guard let (moment, line) = moment(of: purchase, at: intake, now) else { return }
    let order = order(of: client, purchase)
    let key = StockKey(sale: purchase.sale, sku: purchase.lines[line].sku)
    let (hasWon, isComplete) = (
      intakes[intake].winners.has(order), intakes[intake].winners.isComplete(of: purchase.sale)
    )
    switch moment.meeting(hasWon: hasWon, isComplete: isComplete) {
    case .take: take(order, of: client, at: intake, now)
    case .refuse(let refusal): refuse(order, of: client, at: intake, refusal, key)
    case .lookUp(let otherwise):
      guard store.isReachable else {
        met(.lookedUpInVain)
        return answer(client, .unknown)
      }
      if let row = store.row(of: order) {
        met(row.outcome == .confirmed ? .winnerToldSo : .loserToldSo)
        answer(client, .decided(order, row.outcome))
      } else if let otherwise {
        refuse(order, of: client, at: intake, otherwise, key)
      } else {
        take(order, of: client, at: intake, now)
      }
    }
  }

  /// When orders of a sale are taken, as the store tells it: the widest of its SKUs.
  func window(of number: SaleNumber) -> (startsAt: Timestamp, endsAt: Timestamp)? {
    let rules = shop[number].sale.items.compactMap { store.stock[StockKey(sale: number, sku: $0.sku)]?.level.rules }
    guard let startsAt = rules.map(\.startsAt).min(), let endsAt = rules.map(\.endsAt).max() else { return nil }
    return (startsAt, endsAt)
  }

  /// Whether a purchase may wait for units that come back, and does.
  func waits(_ purchase: Shop.Purchase) -> Bool {
    purchase.waits && shop[purchase.sale].sale.holds?.waitlist != nil
  }

  /// What a purchase meets, and for which of its lines.
  private mutating func moment(
    of purchase: Shop.Purchase, at intake: Int, _ now: Timestamp
  ) -> (moment: OrderMoment, line: Int)? {
    guard let (startsAt, endsAt) = window(of: purchase.sale) else { return nil }
    noteEnd(of: purchase.sale, endsAt, at: intake)
    let keys = purchase.lines.map { StockKey(sale: purchase.sale, sku: $0.sku) }
    let levels = keys.compactMap { intakes[intake].levels[$0] }
    guard levels.count == keys.count else { return nil }
    let waits = waits(purchase)
    let moments = zip(keys, levels).map { key, level in
      let item = OrderMoment.Item(
        left: level.left, isClosed: level.isClosed, isHeld: level.reserved > .zero && bug != .heldCountsAsSold,
        isSettled: intakes[intake].winners.grounds.isSettled(shop.lane(of: key)), earliestRelease: nil)
      return OrderMoment(of: item, from: startsAt, to: endsAt, isClosed: false, waits: waits, at: now)
    }
    return OrderMoment.ofBasket(moments)
  }

  private func order(of client: Int, _ purchase: Shop.Purchase) -> OrderID {
    guard bug == .randomOrderIDs else { return OrderID(sale: purchase.sale, buyer: purchase.buyer, key: purchase.key) }
    let other = IdempotencyKey(unchecked: "\(purchase.key).\(client).\(clients[client].attempts)")
    return OrderID(sale: purchase.sale, buyer: purchase.buyer, key: other)
  }

  private mutating func refuse(
    _ order: OrderID, of client: Int, at intake: Int, _ refusal: OrderMoment.Refusal, _ key: StockKey
  ) {
    switch refusal {
    case .notStarted: answer(client, .tooEarly)
    case .unaccounted: answer(client, .unknown)
    case .over(let why):
      checkOver(order, client, at: intake, key)
      switch why {
      case .ended: met(intakes[intake].levels[key]?.turnsAway == true ? .refusedAsEnded : .refusedAsSettled)
      case .allHeld: met(.refusedAsAllHeld)
      case .soldOut:
        met(.refusedAsSoldOut)
        checkSoldOut(key, at: intake)
      }
      answer(client, .refused("\(why)"))
    }
  }

  private mutating func take(_ order: OrderID, of client: Int, at intake: Int, _ now: Timestamp) {
    let purchase = shop.purchases[clients[client].purchase]
    guard isWithinRate(purchase, at: intake, now), isBacklogOpen(order, at: intake) else {
      return answer(client, .failed)
    }
    for line in purchase.lines {
      guard isLineOpen(StockKey(sale: purchase.sale, sku: line.sku), at: intake) else { return answer(client, .failed) }
    }
    do {
      let request = try PurchaseRequest(
        order: order, sale: purchase.sale, lines: purchase.lines, buyer: purchase.buyer, acceptedAt: now,
        terms: try shop.terms(of: purchase))
      send(request, of: client, from: intake, under: RecordKey(sale: shop[purchase.sale].sale, sku: purchase.sku))
    } catch {
      answer(client, .refused("\(error)"))
    }
  }
}
