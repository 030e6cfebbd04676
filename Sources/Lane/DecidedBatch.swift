package import FlashSale

/// The decisions of a batch, and all that is to be written of it.
package struct DecidedBatch: Sendable {
  /// A stock row that the batch changes.
  package struct Change: Sendable {
    package let key: StockKey
    package let old: LaneStock.Level
    package let new: LaneStock.Level

    /// Whether more changes than what is left, held and closed.
    package var changesTerms: Bool { old.putUp != new.putUp || old.price != new.price || old.rules != new.rules }
  }

  let effects: Effects
  let changes: [Change]
  let orders: OrderRows
  let written: WrittenBatch

  /// The generations that were known before.
  let open: [SaleNumber: Generation]

  /// Decides the records upon what `needs` remembers and `facts` has loaded for it.
  init(_ entries: ArraySlice<LogEntry>, upon needs: BatchNeeds, _ facts: LoadedFacts = LoadedFacts()) {
    var before = needs.state
    before.decided = Set(facts.decided)
    before.held = facts.held
    before.heldBySubject = facts.heldBySubject
    (before.lapses, before.lapsesBySubject) = (facts.lapses, facts.lapsesBySubject)
    before.stock.merge(facts.levels) { _, loaded in loaded }
    before.waitlists.merge(facts.waitlists) { _, loaded in loaded }
    before.awaited = needs.awaited
    before.lives.merge(facts.lives) { _, loaded in loaded }
    (before.done, before.doneToStock, before.payments) = (facts.done, facts.doneToStock, facts.payments)
    var after = before
    effects = Effects(of: entries, &after, by: needs.tuning.decide)
    changes = effects.stock.sorted().compactMap { key in
      guard let old = before.stock[key], let new = after.stock[key] else { return nil }
      return Change(key: key, old: old, new: new)
    }
    open = needs.open
    orders = OrderRows(effects.orders, into: open.merging(facts.generations.mapValues(\.number)) { known, _ in known })
    written = WrittenBatch(
      records: entries.count, effects: effects, levels: after.stock, waitlists: after.waitlists,
      holders: facts.holders(for: needs),
      subjects: facts.subjects(for: needs), generations: facts.generations, rows: orders.counts)
  }
}

extension Effects {
  fileprivate init(
    of entries: ArraySlice<LogEntry>, _ state: inout LaneStock,
    by decide: (inout LaneStock, LogRecord, Offset, inout Effects) -> Void
  ) {
    self.init()
    reserveCapacity(entries.count)
    state.reserveCapacity(entries.count)
    // By index, because a loop over the entries copies each.
    for index in entries.indices {
      let offset = entries[index].offset
      switch entries[index].content {
      case .record(let record): decide(&state, record, offset, &self)
      case .unreadable(let error): quarantine(offset, error: error.description)
      case .poisonous(_, let error): quarantine(offset, error: error)
      }
    }
  }
}
