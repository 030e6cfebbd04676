package import FlashSale

/// The transaction of one batch as steps that somebody else performs: `SaleStore` in SQL, the simulation on a store of
/// its own. Knows what is to be done and in which order, and nothing of how.
///
/// (1) The fence comes first: nothing is read or written before it (I7).
/// (2) `commit` comes last, and makes all of it durable, or none (I6). After a step that failed, the transaction is
///     rolled back and the script is over.
/// (3) Steps that are given together need no answer in between, and may share a round trip.
package struct BatchScript: Sendable {
  /// One thing to do.
  package enum Step: Sendable {
    /// Moves the partition's progress past the batch: only if it is where the batch begins, and under the claim's
    /// epoch. Keeps the fingerprint of the last record with it.
    case fence(Claim, Range<Offset>, RecordFingerprint)

    /// Goes on only if these are the open generations of their sales.
    case generations([SaleGeneration])

    /// Looks up what the decisions need; answered by `loaded`. Perhaps a second time: orders are looked up in the
    /// generations that the first answer has named, and so is the stock of baskets that commands name.
    indirect case load(BatchNeeds)

    /// Looks up the sales that records which cannot be decided speak of; answered by `found`.
    case findSales([UndecidedRecord])

    /// Keeps records that cannot be decided.
    case quarantine([UndecidedRecord])

    /// Adds to the counts of requests.
    case count(Tallies)

    /// Changes levels: only rows that are as this lane knows them.
    case stock([DecidedBatch.Change])

    /// Adds the first decisions: only ids that are not there.
    case orders(OrderRows)

    /// Adds the lines of those of them that have several. Only if one has.
    case baskets([Effects.Order])

    /// Adds what confirmed orders count for limit subjects. Only if one of them has a subject.
    case subjects([Effects.SubjectCount])

    /// Changes what orders count for limit subjects, where they gave something back.
    case subjectChanges([Effects.SubjectChange])

    /// Begins and changes lives of orders: only rows that are as this lane knows them.
    case holds(HoldRows)

    /// Begins and changes payments: only rows that are as this lane knows them.
    case payments([Effects.PaymentChange])

    /// Adds what records did that are no first decision.
    case history([HistoryEntry])

    case commit
  }

  private indirect enum Stage {
    case needs(BatchNeeds)
    case lookUps(BatchNeeds, then: BatchNeeds, LoadedFacts)
    case undecided(DecidedBatch, [UndecidedRecord])
    case ready(DecidedBatch, [UndecidedRecord])
    case done(DecidedBatch)
  }

  /// What it is the transaction of.
  package let batch: LaneBatch

  private var stage: Stage
  private var isFenced = false

  /// The script of a batch that has at least one record.
  package init(_ batch: LaneBatch) {
    self.batch = batch
    switch batch.prepared.stage {
    case .needs(let needs): stage = .needs(needs)
    case .decided(let decided): stage = Self.stage(of: decided, batch)
    }
  }

  /// What to do next; empty once everything was given. Where one of them is answered, the answer comes before the next
  /// call.
  package mutating func next() -> [Step] {
    var steps: [Step] = []
    if !isFenced {
      steps.append(.fence(batch.claim, batch.range, batch.lastRecord))
      let open = batch.prepared.open
      if !open.isEmpty { steps.append(.generations(open)) }
      isFenced = true
    }
    switch stage {
    case .needs(let needs), .lookUps(let needs, _, _): steps.append(.load(needs))
    case .undecided(_, let records): steps.append(.findSales(records))
    case .ready(let decided, let records):
      if !records.isEmpty { steps.append(.quarantine(records)) }
      steps.append(.count(Tallies(decided.effects, records)))
      if !decided.changes.isEmpty { steps.append(.stock(decided.changes)) }
      if decided.orders.count > 0 { steps.append(.orders(decided.orders)) }
      steps += Self.lives(decided.effects)
      steps.append(.commit)
      stage = .done(decided)
    case .done: break
    }
    return steps
  }

  /// The answer to `load`.
  package mutating func loaded(_ facts: LoadedFacts) {
    let entries = batch.prepared.entries
    switch stage {
    case .needs(var needs):
      if let lookUps = needs.lookUps(entries, facts) {
        stage = .lookUps(lookUps, then: needs, facts)
      } else {
        stage = Self.stage(of: DecidedBatch(entries, upon: needs, facts), batch)
      }
    case .lookUps(_, let needs, var all):
      all.add(facts)
      stage = Self.stage(of: DecidedBatch(entries, upon: needs, all), batch)
    case .undecided, .ready, .done: break
    }
  }

  /// The answer to `findSales`: those of the numbers that exist, and of the ids with their numbers.
  package mutating func found(numbers: Set<SaleNumber>, ids: [SaleID: SaleNumber]) {
    guard case .undecided(let decided, var records) = stage else { return }
    for index in records.indices { records[index].resolve(numbers, ids) }
    stage = .ready(decided, records)
  }

  /// What the batch leaves behind, once `commit` was done; `nil` before its steps were all given.
  package var written: WrittenBatch? {
    if case .done(let decided) = stage { decided.written } else { nil }
  }

  /// What is written of baskets, limit subjects, lives and payments.
  private static func lives(_ effects: Effects) -> [Step] {
    var steps: [Step] = []
    if !effects.baskets.isEmpty { steps.append(.baskets(effects.baskets)) }
    if !effects.subjects.isEmpty { steps.append(.subjects(effects.subjects)) }
    if !effects.subjectChanges.isEmpty { steps.append(.subjectChanges(effects.lastSubjectChanges)) }
    if !effects.holds.isEmpty { steps.append(.holds(HoldRows(effects.holds))) }
    if !effects.payments.isEmpty { steps.append(.payments(effects.payments.sorted { $0.key < $1.key }.map(\.value))) }
    if !effects.history.isEmpty { steps.append(.history(effects.history)) }
    return steps
  }

  private static func stage(of decided: DecidedBatch, _ batch: LaneBatch) -> Stage {
    let quarantined = decided.effects.quarantined
    guard !quarantined.isEmpty else { return .ready(decided, []) }
    let raw = batch.raw(Set(quarantined.map(\.offset)))
    let records = quarantined.map { record in
      UndecidedRecord(
        batch.entry(at: record.offset), error: record.error, raw[record.offset] ?? RawRecord(key: nil, value: nil))
    }
    return .undecided(decided, records)
  }
}
