package import FlashSale

/// The decisions of a batch, and all that is to be written of it.
package struct DecidedBatch: Sendable {
  /// A stock row that the batch changes.
  package struct Change: Sendable {
    package let key: StockKey
    package let old: LaneStock.Level
    package let new: LaneStock.Level
  }

  let verdicts: Verdicts
  let changes: [Change]
  let orders: OrderRows
  let written: WrittenBatch

  /// Decides the records upon what `needs` remembers and `facts` has loaded for it.
  init(_ entries: ArraySlice<LogEntry>, upon needs: BatchNeeds, _ facts: LoadedFacts = LoadedFacts()) {
    var before = needs.state
    before.decided = Set(facts.decided)
    before.held = facts.held
    before.stock.merge(facts.levels) { _, loaded in loaded }
    var after = before
    verdicts = Verdicts(entries, &after, by: needs.tuning.decide)
    changes = after.stock.compactMap { key, new in
      guard let old = before.stock[key], old != new else { return nil }
      return Change(key: key, old: old, new: new)
    }.sorted { $0.key < $1.key }
    orders = OrderRows(verdicts.orders)
    written = WrittenBatch(
      results: verdicts.results, levels: after.stock, changed: Set(changes.map(\.key)),
      winners: verdicts.winners { after.stock[$0]?.rules.perBuyerLimit != nil }, holders: facts.holders(for: needs))
  }
}
