internal import FlashSale
internal import Time

/// Signs of life of those who wait, gathered so that the topic need not have one for each request.
struct LifeSigns {
  private var told: [SaleNumber: [Offset: Timestamp]] = [:]
  private var due: [SaleNumber: Set<Offset>] = [:]

  /// Takes note of a buyer who asked where she stands.
  ///
  /// - Parameter interval: how often the topic needs to hear of her. Who was passed over is told of at once.
  mutating func saw(_ place: Offset, of sale: SaleNumber, isAway: Bool, every interval: Duration, now: Timestamp) {
    if !isAway, let last = told[sale]?[place], now.microseconds(since: last) < interval.wholeMicroseconds { return }
    told[sale, default: [:]][place] = now
    due[sale, default: []].insert(place)
  }

  /// What is to be told now; it counts as told.
  mutating func take() -> [SaleNumber: [Offset]] {
    defer { due = [:] }
    return due.mapValues { $0.sorted() }
  }

  /// Forgets the rooms that are over.
  mutating func keep(_ sales: Set<SaleNumber>) {
    told = told.filter { sales.contains($0.key) }
  }
}
