/// Decides when buyers may be turned away early: only where everybody who has won by then is known (I2). A value that
/// reads and tells nothing itself: its owner does what it says.
///
/// (1) A level at which buyers are turned away is told only behind a reading of winners that began after the level was
///     learned: who won by that level had committed before it was learned, so the reading sees them.
/// (2) A reading that fails tells nothing. The level is learned again with the next look at the store; until then
///     orders go into the log, and the lane refuses them.
/// (3) A reading of a lane begins behind the last winner that an earlier one has seen whole. Winners of a lane are
///     committed in the order of the log (I5, I7), so none comes in before it.
/// (4) Progress that lies at or before that winner shows that the store has lost commits, by a failover to a standby
///     that lagged: the lane is read from its beginning again.
/// (5) A lane is settled once all that was accepted before the sale's end is decided, and its winners are read: when a
///     reading began after progress had reached the log's end, and that was asked for after the last record of before
///     had to be in the log.
/// (6) Of a sale whose winners are not kept, everything is told at once: whoever is turned away from it is looked up
///     in the store first.
/// (7) A level that is told by now does not wait again. One that only looks like it does: units can have come back and
///     been won between the two, so that there are other winners.
package struct RefusalGrounds: Sendable {
  /// One reading of winners.
  package struct Reading: Sendable {
    /// Of which lanes, and from where on.
    package let offsets: [SaleLane: Offset]
    /// What it makes known if it ends well.
    fileprivate let levels: [StockKey: StockLevel]
    fileprivate let progress: [Partition: Offset]
    fileprivate let era: Int
    /// Behind the last winner that it has seen.
    fileprivate var next: [SaleLane: Offset]

    /// Takes note of a winner that it has brought.
    package mutating func saw(_ winner: Winner) {
      next[winner.lane] = max(next[winner.lane] ?? Offset(0), winner.position.offset.next)
    }
  }

  private var kept: Set<SaleNumber> = []
  /// Levels that are told.
  private var told: [StockKey: StockLevel] = [:]
  /// Levels that wait for a reading.
  private var waiting: [StockKey: StockLevel] = [:]
  private var progress: [Partition: Offset] = [:]
  /// Behind the last winner of each lane that is known.
  package private(set) var next: [SaleLane: Offset] = [:]
  /// Everything before these is decided, and its winners are known.
  private var known: [SaleLane: Offset] = [:]
  /// Everything that was accepted before the sale's end lies before these.
  private var ends: [SaleLane: Offset] = [:]
  /// Raised whenever a lane is to be read from its beginning: a reading of before may lack what is read then.
  private var era = 0

  /// Sales with a level that waits for a reading.
  package var wanting: Set<SaleNumber> { Set(waiting.keys.map(\.sale)) }

  /// Keeps nobody's winners yet.
  package init() {}

  /// Says whose winners are kept from here on. One that is new among them is read from its beginning.
  package mutating func keep(_ sales: Set<SaleNumber>) {
    for lane in next.keys where !sales.contains(lane.sale) { next[lane] = nil }
    for lane in known.keys where !sales.contains(lane.sale) { known[lane] = nil }
    waiting = waiting.filter { sales.contains($0.key.sale) }
    kept = sales
    era += 1
  }

  // MARK: What is learned

  /// Takes note of a level.
  ///
  /// - Returns: whether it may be told at once, and counts as told; otherwise a reading that ends well returns it.
  package mutating func learned(_ level: StockLevel, of key: StockKey) -> Bool {
    // What was learned before is older.
    waiting[key] = nil
    guard level.turnsAway, kept.contains(key.sale), told[key] != level else {
      told[key] = level
      return true
    }
    waiting[key] = level
    return false
  }

  /// Takes note of how far the partitions are decided by the store's word.
  ///
  /// - Parameter before: `next`, as it was before the store was asked.
  package mutating func learned(progress: [Partition: Offset], before: [SaleLane: Offset]) {
    self.progress = progress
    for (lane, next) in before where (progress[lane.partition] ?? Offset(0)) < next {
      self.next[lane] = nil
      known[lane] = nil
      era += 1
    }
  }

  /// Takes note of where the log ended when nothing could come any more that was accepted before the sale's end.
  package mutating func learned(end offset: Offset, of lane: SaleLane) { ends[lane] = offset }

  /// A sale ends at another time: what came before its end is to be known anew.
  package mutating func forgetEnd(of sale: SaleNumber) {
    for lane in ends.keys where lane.sale == sale { ends[lane] = nil }
  }

  /// Whether it is known where the log ended when the sale was over.
  package func knowsEnd(of lane: SaleLane) -> Bool { ends[lane] != nil }

  /// Whether everything that was accepted before the sale's end is decided, and its winners are known.
  package func isSettled(_ lane: SaleLane) -> Bool {
    guard let end = ends[lane] else { return false }
    return (kept.contains(lane.sale) ? known[lane] : progress[lane.partition]) ?? Offset(0) >= end
  }

  // MARK: Readings

  /// Begins a reading of these lanes: of a sale, all or none. Several may be under way.
  package func reading(of lanes: some Sequence<SaleLane>) -> Reading {
    var offsets: [SaleLane: Offset] = [:]
    for lane in lanes where kept.contains(lane.sale) { offsets[lane] = next[lane] ?? Offset(0) }
    let sales = Set(offsets.keys.map(\.sale))
    return Reading(
      offsets: offsets, levels: waiting.filter { sales.contains($0.key.sale) }, progress: progress, era: era,
      next: offsets)
  }

  /// Takes note of a reading that has ended well, and of all winners that it brought.
  ///
  /// - Returns: levels that may be told now.
  package mutating func ended(_ reading: Reading) -> [StockKey: StockLevel] {
    guard reading.era == era else { return [:] }
    for (lane, offset) in reading.next {
      next[lane] = max(next[lane] ?? offset, offset)
      known[lane] = max(known[lane] ?? Offset(0), reading.progress[lane.partition] ?? Offset(0))
    }
    let ready = reading.levels.filter { waiting[$0.key] == $0.value }
    for (key, level) in ready { (waiting[key], told[key]) = (nil, level) }
    return ready
  }
}

extension StockLevel {
  /// Whether buyers are turned away at it.
  package var turnsAway: Bool { left == .zero || isClosed }
}
