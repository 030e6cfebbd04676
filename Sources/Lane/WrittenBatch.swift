package import FlashSale
package import Time

/// The result of one record of a committed batch.
package enum EntryResult: Sendable, Hashable {
  case decided(Outcome, acceptedAt: Timestamp)
  case repeated
  case closed
  case quarantined
}

/// What a batch leaves behind once it is committed.
package struct WrittenBatch: Sendable {
  /// In the order of the entries.
  package let results: [EntryResult]

  /// The level of each stock that the batch names: the lane may remember it from here on.
  package let levels: [StockKey: LaneStock.Level]

  /// The stocks whose level changed.
  package let changed: Set<StockKey>

  /// The buyers who got units, if the sale has a limit.
  package let winners: [LaneStock.Holder]

  /// The buyers who hold units of the sales that this batch is the first to name.
  package let holders: [SaleNumber: KnownHolders.Holders]
}
