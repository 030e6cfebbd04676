public import FlashSale

/// What a lane remembers from batch to batch, so that a batch reads only what is new to it.
///
/// (1) `levels` are as the lane committed, decided or loaded them under its claim. Nobody else writes them while it
///     holds (I7), and those of a batch that was not committed are forgotten.
/// (2) For a sale in `holders`, each buyer who holds units is in there; the others hold nothing and are not looked up.
///     A buyer in there without units, such as a winner of a batch that was not committed, only costs a look-up.
/// (3) An order id that has its outcome is found by the look-up, or else by the unique violation that its row causes
///     (decision 0002). So the look-up only matters for speed: it is omitted while nothing repeats.
public struct LaneMemory: Sendable {
  /// Stock that a batch need not load.
  public private(set) var levels: [StockKey: LaneStock.Level]

  /// Who may hold units.
  private(set) var holders = KnownHolders()

  /// Changes with each change of the memory, so that a batch knows whether it was prepared upon the present one.
  private(set) var version = 0

  /// Batches whose order ids are still looked up because one repeated.
  private var batchesToCheck = 0

  /// A memory of these levels only.
  public init(levels: [StockKey: LaneStock.Level] = [:]) {
    self.levels = levels
  }

  /// Whether the order ids of the next batch are looked up before it is written.
  var looksUpOrders: Bool { batchesToCheck > 0 }

  /// Decides records that follow everything that is remembered, or finds out what must be loaded first.
  ///
  /// - Parameter entries: at least one; their offsets are contiguous.
  public func prepare(_ entries: ArraySlice<LogEntry>) -> PreparedBatch {
    let needs = BatchNeeds(entries, self)
    return PreparedBatch(
      entries: entries, stage: needs.isEmpty ? .decided(DecidedBatch(entries, upon: needs)) : .needs(needs),
      memory: version)
  }

  /// Takes in the result of a batch: after its commit, or before it, so that the next one can be decided meanwhile. In
  /// the latter case, call `forget` unless it is committed.
  public mutating func remember(_ written: WrittenBatch) {
    version += 1
    levels.merge(written.levels) { _, new in new }
    if levels.count > Limits.rememberedLevels { levels = written.levels }
    holders.add(written.holders)
    for holder in written.winners { holders.add(holder) }
    batchesToCheck = written.results.contains(.repeated) ? Limits.batchesToCheck : max(0, batchesToCheck - 1)
  }

  /// Forgets what a batch that was not committed leaves in doubt.
  public mutating func forget(after answer: WriteAnswer) {
    version += 1
    levels = [:]
    switch answer {
    case .committed, .fenced, .poisoned, .unavailable: break
    case .conflict: batchesToCheck = Limits.batchesToCheck
    // It may be committed, and then this memory does not know its winners.
    case .connectionLost: holders = KnownHolders()
    }
  }
}

/// Who may hold units of which sale: every buyer who does, and hardly any other.
///
/// A hash of 64 bits stands for a buyer. Two buyers with one hash only cost a look-up. Each process has a seed of its
/// own, so nobody can make names that collide.
struct KnownHolders: Sendable {
  /// What is known of one sale.
  enum Holders: Sendable {
    case all(Set<Int>)
    /// More than may be remembered: each buyer is looked up.
    case tooMany
  }

  private var sales: [SaleNumber: Holders] = [:]
  private var count = 0

  /// Whether anything is known of the sale.
  func knows(_ sale: SaleNumber) -> Bool { sales[sale] != nil }

  /// `false` only if the buyer certainly holds nothing.
  func mayHold(_ holder: LaneStock.Holder) -> Bool {
    guard case .all(let hashes) = sales[holder.sale] else { return true }
    return hashes.contains(Self.hash(holder.buyer))
  }

  /// Takes in what was loaded.
  mutating func add(_ loaded: [SaleNumber: Holders]) {
    guard !loaded.isEmpty else { return }
    if sales.count + loaded.count > Limits.rememberedLevels { self = KnownHolders() }
    for (sale, holders) in loaded {
      sales[sale] = holders
      if case .all(let hashes) = holders { count += hashes.count }
    }
  }

  /// Takes in a buyer who got units. Nothing happens if the sale is not known.
  mutating func add(_ holder: LaneStock.Holder) {
    guard case .all(var hashes) = sales[holder.sale] else { return }
    // Taken out while it changes: with two owners, the set would be copied for every winner.
    sales[holder.sale] = .tooMany
    guard count < Limits.rememberedHolders else { return count -= hashes.count }
    if hashes.insert(Self.hash(holder.buyer)).inserted { count += 1 }
    sales[holder.sale] = .all(hashes)
  }

  static func hash(_ buyer: BuyerID) -> Int { buyer.hashValue }
}
