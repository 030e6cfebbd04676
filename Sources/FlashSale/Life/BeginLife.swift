internal import Time

// What a first decision begins: a hold, or a place among those who wait.

extension LaneStock {
  /// Whether a new request may have units that are left of a stock. Those who wait come first: they were offered
  /// whatever they can use. A sale that gathers units keeps the rest for the first in line, as long as it could still
  /// be offered to her.
  func gives(_ key: StockKey, at time: Timestamp) -> Bool {
    guard let waitlist = waitlists[key], !waitlist.isEmpty, let level = stock[key] else { return true }
    return level.rules.holds?.waitlist?.short == .skip || level.offerEnd(at: time) == nil
  }

  /// Whether the request's buyer, or one of its subjects, has let so many holds lapse.
  func hasLapsed(_ request: PurchaseRequest, _ most: Int32) -> Bool {
    if lapses[Holder(sale: request.stock.sale, buyer: request.buyer)] ?? 0 >= Int64(most) { return true }
    guard !request.terms.isEmpty else { return false }
    return request.terms.subjects.contains { lapsesBySubject[request.counted($0)] ?? 0 >= Int64(most) }
  }

  /// Lets a request wait, if its sale lets it. It counts for its limits from here on.
  ///
  /// - Parameter units: what its buyer then holds, where the sale limits that.
  mutating func waits(
    _ request: PurchaseRequest, holding units: Units?, at offset: Offset, into effects: inout Effects
  ) -> Bool {
    guard let level = stock[request.stock], level.rules.holds?.waitlist != nil,
      waitlists[request.stock, default: Waitlist()].count < Limits.waitlistPlaces
    else { return false }
    count(request, at: offset, into: &effects)
    if let units { held[Holder(sale: request.stock.sale, buyer: request.buyer)] = units }
    effects.decide(request, at: offset, .waitlisted)
    let hold = Hold(request, at: offset, price: level.price, .waiting, linePrices: [])
    waitlists[request.stock, default: Waitlist()].add(hold)
    set(hold, from: nil, into: &effects)
    // It can have what is left at once, if the sale's rule gives the first in line less than she wants.
    offer(request.stock, at: request.acceptedAt, offset, into: &effects)
    return true
  }

  /// Begins the life of an order that has just won its units. In a sale without holds it is written only when something
  /// happens to it; a command of the same batch finds it here.
  mutating func begin(_ request: PurchaseRequest, at offset: Offset, into effects: inout Effects) {
    guard let level = stock[request.stock] else { return }
    guard let rules = level.rules.holds else {
      if awaited.contains(request.order) {
        lives[request.order] = .hold(
          Hold(request, at: offset, price: level.price, .confirmed, linePrices: linePrices(of: request)))
      }
      return
    }
    if request.terms.isEmpty || !request.isBasket {
      stock[request.stock]?.reserved = level.reserved + request.quantity
    } else {
      for line in request.terms.lines { reserve(line.quantity, of: StockKey(sale: request.stock.sale, sku: line.sku)) }
    }
    let due = request.acceptedAt.adding(seconds: rules.seconds)
    let hold = Hold(request, at: offset, price: level.price, .reserved, due: due, linePrices: linePrices(of: request))
    set(hold, from: nil, into: &effects)
  }

  private mutating func reserve(_ units: Units, of key: StockKey) {
    guard let level = stock[key] else { return }
    stock[key]?.reserved = level.reserved + units
  }

  /// The price of one unit of each line of a basket.
  private func linePrices(of request: PurchaseRequest) -> [Int64] {
    guard !request.terms.isEmpty else { return [] }
    return request.terms.lines.map { stock[StockKey(sale: request.stock.sale, sku: $0.sku)]?.price.minor ?? 0 }
  }

  /// A request was refused; a command of the same batch can name it.
  mutating func refused(_ request: PurchaseRequest) {
    if awaited.contains(request.order) { lives[request.order] = .refused(request.stock) }
  }

  /// Takes over a life that changed.
  mutating func set(_ hold: Hold, from before: Hold?, into effects: inout Effects) {
    lives[hold.order] = .hold(hold)
    effects.change(hold, from: before)
  }
}
