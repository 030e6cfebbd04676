internal import FlashSale

/// Places whose tokens count no more before their time, as one event loop knows them: their buyers were revoked, or are
/// done. So a token is checked without asking anyone, and a revoked one counts nowhere from the record on.
struct EndedPlaces {
  private var places: [SaleNumber: Set<Offset>] = [:]

  mutating func end(_ place: Offset, of sale: SaleNumber) { places[sale, default: []].insert(place) }

  func contains(_ place: Offset, of sale: SaleNumber) -> Bool { places[sale]?.contains(place) ?? false }
}
