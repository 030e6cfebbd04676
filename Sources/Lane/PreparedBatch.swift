import FlashSale

/// Records of a partition, decided by `LaneMemory.prepare` as far as the lane's memory reaches.
///
/// It depends on what the memory knew. So the batches that the memory knew must be committed before it is written.
package struct PreparedBatch: Sendable {
  /// In a box: who hands a batch on copies no more than its place.
  indirect enum Stage: Sendable {
    case decided(DecidedBatch)
    /// Something has to be loaded first, under the fence.
    case needs(BatchNeeds)
  }

  /// At least one record; their offsets are contiguous, and the first one is the partition's next offset.
  package let entries: ArraySlice<LogEntry>

  let stage: Stage

  /// The version of the memory.
  let memory: Int

  /// The generations that its orders are written into, as far as they are known before the fence.
  var open: [SaleGeneration] {
    let open =
      switch stage {
      case .decided(let decided): decided.open
      case .needs(let needs): needs.open
      }
    return open.map { SaleGeneration($0.key, $0.value) }.sorted()
  }

  /// Whether the memory has neither taken in nor forgotten anything since.
  package func stands(upon memory: LaneMemory) -> Bool { self.memory == memory.version }

  /// Its result once it is committed; `nil` if it is decided only inside its transaction.
  package var foreseen: WrittenBatch? {
    if case .decided(let decided) = stage { decided.written } else { nil }
  }
}
