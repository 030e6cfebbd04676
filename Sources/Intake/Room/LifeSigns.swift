internal import FlashSale
internal import Time

/// Signs of life of those who wait, gathered so that the topic need not have one for each request.
struct LifeSigns {
  private var told: [SaleNumber: FadingTable<Offset, Timestamp>] = [:]
  private var due: [SaleNumber: Set<Offset>] = [:]

  /// Takes note of a buyer who asked where she stands.
  ///
  /// - Parameter interval: how often the topic needs to hear of her. Who was passed over is told of at once.
  mutating func saw(_ place: Offset, of sale: SaleNumber, isAway: Bool, every interval: Duration, now: Timestamp) {
    if !isAway, let last = told[sale]?[place], now.microseconds(since: last) < interval.wholeMicroseconds { return }
    told[sale, default: FadingTable(life: interval, now: now)].insert(now, for: place)
    due[sale, default: []].insert(place)
  }

  /// What is to be told now; it counts as told. To be called now and then.
  mutating func take(now: Timestamp) -> [SaleNumber: [Offset]] {
    defer { due = [:] }
    for sale in told.keys where told[sale]?.turn(now: now) == false { told[sale] = nil }
    return due.mapValues { $0.sorted() }
  }

  /// Places that are remembered.
  var count: Int { told.values.reduce(0) { $0 + $1.count } }
}
