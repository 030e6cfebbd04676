package import FlashSale

/// What a lane remembers from batch to batch, so that a batch reads only what is new to it.
///
/// (1) `levels` and `waitlists` are as the lane committed, decided or loaded them under its claim. Nobody else writes
///     them while it holds (I7), and those of a batch that was not committed are forgotten.
/// (2) For a sale in `holders`, each buyer who holds units is in there; the others hold nothing and are not looked up.
///     A buyer in there without units, such as a winner of a batch that was not committed, only costs a look-up.
/// (3) An order id that has its outcome in the open generation is found by the look-up, or else by the unique violation
///     that its row causes (decision 0002). So the look-up there only matters for speed: it is omitted while nothing
///     repeats.
/// (4) An order in `lives` is held and not paid, as in (1). Whether a payment was told before is not looked up for it:
///     a second row of the payment would be a unique violation, after which payments are looked up for a while, as in
///     (3).
/// (5) One that has its outcome in a closed generation is found by the look-up only (`KnownGenerations`). That one is
///     never omitted.
package struct LaneMemory: Sendable {
  /// Stock that a batch need not load.
  package private(set) var levels: [StockKey: LaneStock.Level]

  /// Who waits for the stock of `levels`, where the sale has a waitlist.
  private(set) var waitlists: [StockKey: Waitlist] = [:]

  /// Who may hold units.
  private(set) var holders: KnownHolders

  /// What limit subjects something may be counted for: as `holders`, of subjects in the place of buyers.
  private(set) var subjects: KnownHolders

  /// Orders of which a command is to come.
  private(set) var lives: KnownLives

  /// Where orders are stored.
  private(set) var generations: KnownGenerations

  /// Changes with each change of the memory, so that a batch knows whether it was prepared upon the present one.
  private(set) var version = 0

  let tuning: LaneTuning

  /// Batches whose order ids and payments are still looked up because one repeated.
  private var batchesToCheck = 0

  /// A memory of these levels only.
  package init(levels: [StockKey: LaneStock.Level] = [:], tuning: LaneTuning = LaneTuning()) {
    self.levels = levels
    self.tuning = tuning
    holders = KnownHolders(most: tuning.rememberedHolders)
    subjects = KnownHolders(most: tuning.rememberedHolders)
    lives = KnownLives(most: tuning.rememberedLives)
    generations = KnownGenerations(tuning: tuning)
  }

  /// Closed generations whose orders are all looked up, because there is no filter of them.
  package var missingFilters: [SaleGeneration] { generations.missing }

  /// Sales of which not all holders, or not all limit subjects, are remembered: theirs are looked up one by one.
  package var crowdedSales: Set<SaleNumber> { holders.crowdedSales.union(subjects.crowdedSales) }

  /// Takes in filters of closed generations: from here on few of their orders are looked up. A batch that was prepared
  /// before stands.
  package mutating func learn(_ filters: [SaleGeneration: IDFilter]) { generations.learn(filters) }

  /// A generation that this lane should ask the store to close; once.
  mutating func takeDueGeneration() -> SaleGeneration? { generations.takeDue() }

  /// The store has told which generation is open.
  mutating func opened(_ sale: SaleNumber, _ generation: OpenGeneration) {
    version += 1
    generations.opened(sale, generation)
  }

  /// Whether the order ids and the payments of the next batch are looked up before it is written.
  var looksUpOrders: Bool { batchesToCheck > 0 }

  /// Decides records that follow everything that is remembered, or finds out what must be loaded first.
  ///
  /// - Parameter entries: at least one; their offsets are contiguous.
  package func prepare(_ entries: ArraySlice<LogEntry>) -> PreparedBatch {
    let needs = BatchNeeds(entries, self)
    return PreparedBatch(
      entries: entries, stage: needs.isEmpty ? .decided(DecidedBatch(entries, upon: needs)) : .needs(needs),
      memory: version)
  }

  /// Takes in the result of a batch: after its commit, or before it, so that the next one can be decided meanwhile. In
  /// the latter case, call `forget` unless it is committed.
  package mutating func remember(_ written: WrittenBatch) {
    version += 1
    levels.merge(written.levels) { _, new in new }
    waitlists.merge(written.waitlists) { _, new in new }
    if levels.count > Limits.rememberedLevels { (levels, waitlists) = (written.levels, written.waitlists) }
    holders.add(written.holders)
    for holder in written.winners { holders.add(holder.buyer.holderHash, of: holder.sale) }
    subjects.add(written.subjects)
    for count in written.effects.subjects { subjects.add(count.subject.holderHash, of: count.subject.sale) }
    lives.add(written.effects.holds)
    generations.add(written.generations, written.rows)
    batchesToCheck = written.effects.repeats.isEmpty ? max(0, batchesToCheck - 1) : tuning.batchesToCheck
  }

  /// Forgets what a batch that was not committed leaves in doubt.
  package mutating func forget(after answer: WriteAnswer) {
    version += 1
    (levels, waitlists) = ([:], [:])
    if tuning.forgetsLives { lives.removeAll() }
    generations.doubt()
    switch answer {
    case .committed, .fenced, .generationClosed, .poisoned, .unavailable: break
    case .conflict: batchesToCheck = tuning.batchesToCheck
    // It may be committed, and then this memory does not know its winners.
    case .connectionLost:
      holders = KnownHolders(most: tuning.rememberedHolders)
      subjects = KnownHolders(most: tuning.rememberedHolders)
    }
  }
}
