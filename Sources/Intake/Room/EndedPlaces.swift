internal import FlashSale
internal import Time

/// Places whose tokens count no more before their time, as one event loop knows them: their buyers were revoked, are
/// done, or were put out. So a token is checked without asking anyone, and one that has ended counts nowhere from the
/// record on. A place is forgotten when its token is over by its own time, whatever the clocks.
struct EndedPlaces {
  private var rooms: [SaleNumber: FadingTable<Offset, Void>] = [:]

  /// Takes note of places that a record has ended.
  ///
  /// - Parameters:
  ///   - time: the record's, by the clock of whoever wrote it.
  ///   - stay: for so long a token of the sale counts.
  mutating func end(_ places: [Offset], of sale: SaleNumber, at time: Timestamp, stay: Duration, now: Timestamp) {
    // A token counts for the leeway past its time, and the record's time may be another clock's.
    let life = stay + FlashSale.Limits.tokenLeeway * 2
    guard now.microseconds(since: time) <= life.wholeMicroseconds else { return }
    for place in places { rooms[sale, default: FadingTable(life: life, now: now)].insert((), for: place) }
    for sale in rooms.keys where rooms[sale]?.turn(now: now) == false { rooms[sale] = nil }
  }

  func contains(_ place: Offset, of sale: SaleNumber) -> Bool { rooms[sale]?[place] != nil }

  /// How many are kept.
  var count: Int { rooms.values.reduce(0) { $0 + $1.count } }
}
