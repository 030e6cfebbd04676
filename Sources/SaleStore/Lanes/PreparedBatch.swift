import FlashSale

/// Records of a partition, decided by `LaneMemory.prepare` as far as the lane's memory reaches.
///
/// It depends on what the memory knew. So it may be written only after the batches that the memory knew, and only if
/// each of them was committed.
public struct PreparedBatch: Sendable {
  enum Stage: Sendable {
    case decided(DecidedBatch)
    /// Something has to be loaded first, under the fence.
    case needs(BatchNeeds)
  }

  /// At least one record; their offsets are contiguous, and the first one is the partition's next offset.
  public let entries: ArraySlice<LogEntry>

  let stage: Stage

  /// The version of the memory.
  let memory: Int

  /// Whether the memory has neither taken in nor forgotten anything since.
  public func stands(upon memory: LaneMemory) -> Bool { self.memory == memory.version }

  /// Its result once it is committed; `nil` if it is decided only inside its transaction.
  public var foreseen: WrittenBatch? {
    if case .decided(let decided) = stage { decided.written } else { nil }
  }
}

/// The decisions of a batch, and all that is to be written of it.
struct DecidedBatch: Sendable {
  /// A stock row that the batch changes.
  struct Change: Sendable {
    let key: StockKey
    let old: LaneStock.Level
    let new: LaneStock.Level
  }

  let verdicts: Verdicts
  let changes: [Change]
  let orders: OrderRows
  let written: WrittenBatch

  /// Decides the records upon `needs`, which must be loaded or empty.
  init(_ entries: ArraySlice<LogEntry>, upon needs: BatchNeeds) {
    let before = needs.state
    var after = before
    verdicts = Verdicts(entries, &after)
    changes = after.stock.compactMap { key, new in
      guard let old = before.stock[key], old != new else { return nil }
      return Change(key: key, old: old, new: new)
    }
    orders = OrderRows(verdicts.orders)
    written = WrittenBatch(
      results: verdicts.results, levels: after.stock, changed: Set(changes.map(\.key)),
      winners: verdicts.winners { after.stock[$0]?.rules.perBuyerLimit != nil }, holders: needs.loadedHolders)
  }
}
