internal import FlashSale
internal import Time

// First decisions.

extension LifeChecks {
  /// The rules of one order by themselves: I1, I2, I5, I9.
  mutating func judge(_ order: SimulatedStore.Order) -> Violation? {
    let request = order.request
    switch order.outcome {
    case .confirmed:
      let rules = shelves[request.stock]?.rules.holds
      for (key, line) in zip(request.keys, request.lines) {
        guard let shelf = shelves[key] else { return nil }
        let units = line.quantity.rawValue
        guard shelf.left >= units else {
          return Violation(invariant: "I1", what: "\(order.position) got \(units) units of \(shelf.left)")
        }
        if let violation = order.late(of: shelf) ?? passed(over: key, at: request.acceptedAt) { return violation }
        shelves[key]?.left -= units
        if rules != nil { shelves[key]?.reserved += units }
      }
      begin(
        order, rules == nil ? .confirmed : .reserved, due: rules.map { request.acceptedAt.after(seconds: $0.seconds) })
      return judgeLimits(of: request)
    case .waitlisted:
      if let violation = shelves[request.stock].flatMap({ order.late(of: $0) }) { return violation }
      begin(order, .waiting, due: nil)
      noteChance(at: request.acceptedAt, of: request.stock)
      return judgeLimits(of: request)
    case .rejected(let refusal): return judge(refusal, order)
    }
  }

  /// A refusal is of one line; the ones before it could have been had.
  private mutating func judge(_ refusal: Refusal, _ order: SimulatedStore.Order) -> Violation? {
    let (keys, index) = (order.request.keys, Int(order.refusedLine))
    guard index < keys.count else {
      return Violation(invariant: "I2", what: "\(order.position) was refused for a line that it does not have")
    }
    guard let shelf = shelves[keys[index]] else { return nil }
    refused[order.request.order] = order.request.stock
    for (key, line) in zip(keys, order.request.lines).prefix(index) {
      if let earlier = shelves[key], earlier.left < line.quantity.rawValue {
        return Violation(
          invariant: "I2", what: "\(order.position) was refused for line \(index), and \(key.sku) was short before it")
      }
    }
    let units = order.request.lines[index].quantity.rawValue
    let time = order.request.acceptedAt
    let isRight =
      switch refusal {
      case .notStarted: time < shelf.rules.startsAt
      case .ended: time >= shelf.rules.endsAt
      case .closed: shelf.isClosed
      case .soldOut: shelf.left == 0 && shelf.reserved == 0
      case .allHeld: shelf.left == 0 && shelf.reserved > 0
      // A later request in this partition can't win what this one was refused: it was not there (I5). Units can be kept
      // for one who waits, as long as she could be offered them.
      case .insufficientStock: shelf.left > 0 && (shelf.left < units || isKept(keys[index], at: time))
      case .holdAbuse: hasLapsed(order.request)
      case .limitReached: isBeyondLimit(order.request, upTo: index, holding: bought[order.request.holder] ?? 0)
      case .subjectLimitReached, .codeUsedUp:
        isBeyondSubjects(order.request, upTo: index, ofCode: refusal == .codeUsedUp)
      }
    // Nothing else is looked at where nothing is for sale.
    let isForSale = shelf.isOpen(at: time) && (refusal == .closed || !shelf.isClosed)
    guard !isRight || !isForSale && refusal != .notStarted && refusal != .ended else { return nil }
    return Violation(
      invariant: "I2",
      what: "\(order.position) was refused \(units) units as \(refusal.code) while \(shelf.left) were left and "
        + "\(shelf.reserved) held")
  }

  /// Whether the buyer, or a subject, has let as many holds lapse as the sale allows.
  private func hasLapsed(_ request: PurchaseRequest) -> Bool {
    guard let most = shelves[request.stock]?.rules.holds?.lapses else { return false }
    return lapses[request.holder] ?? 0 >= most
      || request.terms.subjects.contains { lapsesBySubject[request.counted($0)] ?? 0 >= most }
  }

  private mutating func begin(_ order: SimulatedStore.Order, _ state: Hold.State, due: Timestamp?) {
    lives[order.request.order] = Life(
      request: order.request, offset: order.position.offset,
      prices: order.request.keys.map { shelves[$0]?.priceMinor ?? 0 }, state: state,
      lines: order.request.lines.map(\.quantity.rawValue), due: due)
    bought[order.request.holder, default: 0] += order.request.quantity.rawValue
  }

  private mutating func judgeLimits(of request: PurchaseRequest) -> Violation? {
    let held = (bought[request.holder] ?? 0) - request.quantity.rawValue
    for index in request.keys.indices where isBeyondLimit(request, upTo: index, holding: held) {
      return Violation(
        invariant: "I9",
        what: "\(request.buyer) of sale \(request.stock.sale) held \(held) units, and got more than the limit")
    }
    for subject in request.terms.subjects {
      let key = request.counted(subject)
      counted[key, default: 0] += subject.count(of: request.quantity).rawValue
      guard let count = counted[key], count > subject.limit.rawValue else { continue }
      return Violation(
        invariant: "I9", what: "\(subject.kind) \(subject.id) of sale \(key.sale) counts \(count) of \(subject.limit)")
    }
    return nil
  }

  /// Whether the lines up to this one are too many for a buyer who holds so many units. The limit is the one of the
  /// time: what was won under a higher one stays.
  private func isBeyondLimit(_ request: PurchaseRequest, upTo index: Int, holding held: Int32) -> Bool {
    guard let limit = shelves[request.keys[index]]?.rules.perBuyerLimit else { return false }
    let units = request.lines.prefix(index + 1).reduce(held) { $0 + $1.quantity.rawValue }
    return units > (request.terms.buyerLimit ?? limit).rawValue
  }

  /// Whether the lines up to this one are too many for one of the request's subjects, or its access code is used up.
  private func isBeyondSubjects(_ request: PurchaseRequest, upTo index: Int, ofCode: Bool) -> Bool {
    let units = Units(request.lines.prefix(index + 1).reduce(0) { $0 + $1.quantity.rawValue })
    return request.terms.subjects.contains { subject in
      let count = (counted[request.counted(subject)] ?? 0) + subject.count(of: units).rawValue
      return (subject.kind == .code) == ofCode && count > subject.limit.rawValue
    }
  }
}

extension SimulatedStore.Order {
  /// What is wrong if it was let in by a stock that was not for sale when it asked.
  fileprivate func late(of shelf: LifeChecks.Shelf) -> Violation? {
    guard !shelf.isOpen(at: request.acceptedAt) || shelf.isClosed else { return nil }
    return Violation(
      invariant: "window",
      what: "\(position) was let in " + (shelf.isClosed ? "by a stock that is closed" : "outside of its sale's window"))
  }
}
