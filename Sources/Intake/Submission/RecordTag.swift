internal import FlashSale

/// What a delivery report carries back: which connection waits, and which partition's standing changes.
///
///     | 0 | loop 6 | partition 13 | generation 24 | slot 20 |
///
/// The slot's generation makes a late report harmless: it names a wait that is over. A generation comes round after
/// 2^24 uses of one slot, which takes far longer than the producer's message timeout.
struct RecordTag: Equatable {
  let rawValue: UInt64

  static let slotBits: UInt64 = 20
  static let generationBits: UInt64 = 24
  static let partitionBits: UInt64 = 13

  init(rawValue: UInt64) { self.rawValue = rawValue }

  init(loop: Int, partition: Partition, slot: SlotID) {
    var bits = UInt64(loop)
    bits = bits << Self.partitionBits | UInt64(partition.rawValue)
    bits = bits << Self.generationBits | UInt64(slot.generation)
    rawValue = bits << Self.slotBits | UInt64(slot.index)
  }

  var slot: SlotID {
    SlotID(index: Int32(field(Self.slotBits)), generation: UInt32(field(Self.generationBits, above: Self.slotBits)))
  }

  var partition: Int { Int(field(Self.partitionBits, above: Self.slotBits + Self.generationBits)) }

  var loop: Int { Int(rawValue >> (Self.slotBits + Self.generationBits + Self.partitionBits)) }

  private func field(_ width: UInt64, above start: UInt64 = 0) -> UInt64 { rawValue >> start & (1 << width - 1) }
}
