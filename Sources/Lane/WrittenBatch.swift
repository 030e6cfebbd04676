package import FlashSale

/// What a batch leaves behind once it is committed.
package struct WrittenBatch: Sendable {
  /// How many records it had.
  package let records: Int

  package let effects: Effects

  /// The level of each stock that the batch names: the lane may remember it from here on.
  package let levels: [StockKey: LaneStock.Level]

  /// Who waits for those of them whose sale has a waitlist.
  let waitlists: [StockKey: Waitlist]

  /// The buyers who hold units of the sales that this batch is the first to name.
  package let holders: [SaleNumber: KnownHolders.Holders]

  /// The limit subjects that something is counted for, of the sales whose subjects this batch had to read.
  let subjects: [SaleNumber: KnownHolders.Holders]

  /// The open generations that this batch had to read.
  let generations: [SaleNumber: OpenGeneration]

  /// How many orders it has added to which generation.
  let rows: [(SaleGeneration, rows: Int)]

  /// The levels that changed.
  package var changed: [StockKey: LaneStock.Level] {
    Dictionary(uniqueKeysWithValues: effects.stock.compactMap { key in levels[key].map { (key, $0) } })
  }

  /// The buyers who got units, or wait for some, in sales that count what a buyer holds.
  var winners: [LaneStock.Holder] {
    guard levels.values.contains(where: \.rules.countsBuyers) else { return [] }
    return effects.orders.compactMap { order in
      let stock = order.request.stock
      guard order.outcome.isCounted, levels[stock]?.rules.countsBuyers == true else { return nil }
      return LaneStock.Holder(sale: stock.sale, buyer: order.request.buyer)
    }
  }
}
