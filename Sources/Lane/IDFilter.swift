package import FlashSale

/// The order ids of a closed generation, approximately: an id that it lacks is surely not there, and about one in some
/// millions of the others is taken for one that is.
///
/// A Bloom filter (Bloom 1970) in blocks of 512 bits, with one bit in each sixteenth of a block: a look touches one
/// cache line. An id is hash already, so that its own bits choose the block and the bits.
package struct IDFilter: Sendable {
  fileprivate typealias Block = SIMD16<UInt32>

  /// What an id is known by, in a filter of any size. Made once for all filters that are asked.
  struct Mark {
    fileprivate let hash: UInt64
    fileprivate let bits: Block

    /// The mark of an id.
    init(_ order: OrderID) {
      // The low half of an id has 62 bits of hash, from bit 0 on.
      hash = order.low & 0xFFFF_FFFF
      let other = UInt32(truncatingIfNeeded: order.low >> 30)
      bits = Block(repeating: 1) &<< ((Block(repeating: other) &* IDFilter.spread) &>> 27)
    }
  }

  private var blocks: [Block]

  /// Odd numbers without a pattern, one for each sixteenth. Each spreads the same 32 bits otherwise.
  fileprivate static let spread = Block(
    0x9E6C_63D1, 0x7A35_B1C7, 0xC2E1_0D69, 0x5B98_F3A5, 0xE4D7_29BF, 0x3F0B_C58D, 0xA81F_4E33, 0x66C3_97FB,
    0x8D2F_71E9, 0x4C57_A30B, 0xD713_5EC1, 0x29A9_84F7, 0xF16B_D243, 0x135E_9D3F, 0xB7C4_06D5, 0x6F81_3AAD)

  /// The memory of a filter for so many ids, in bytes.
  package static func bytes(for count: Int) -> Int { blocks(for: count) * Limits.filterBlockBits / 8 }

  private static func blocks(for count: Int) -> Int {
    max(1, (max(0, count) * Limits.filterBitsPerOrder + Limits.filterBlockBits - 1) / Limits.filterBlockBits)
  }

  /// Its memory, in bytes.
  package var bytes: Int { blocks.count * Limits.filterBlockBits / 8 }

  /// A filter with room for so many ids. With more it stays right, and takes more ids for its own.
  package init(for count: Int) { blocks = Array(repeating: .zero, count: Self.blocks(for: count)) }

  /// Takes an id in.
  package mutating func insert(_ order: OrderID) {
    let mark = Mark(order)
    blocks[place(of: mark)] |= mark.bits
  }

  /// `false` only if the id was certainly not taken in.
  package func mayHave(_ order: OrderID) -> Bool {
    let mark = Mark(order)
    return Self.isEmpty(mark.bits & ~blocks[place(of: mark)])
  }

  /// Calls `body` with the place of each id that was perhaps taken in. Many are asked at once, without a branch that
  /// depends on what is found, so that the waits for memory overlap: 19 ns for each, and 95 one after another.
  @inline(__always)
  func forEach(of marks: [Mark], _ body: (_ place: Int) -> Void) {
    blocks.withUnsafeBufferPointer { blocks in
      for place in marks.indices {
        if Self.isEmpty(marks[place].bits & ~blocks[self.place(of: marks[place])]) { body(place) }
      }
    }
  }

  /// Whether no bit is set. The comparison of the standard library looks at one number after another.
  @inline(__always)
  private static func isEmpty(_ block: Block) -> Bool {
    let eight = block.lowHalf | block.highHalf
    let four = eight.lowHalf | eight.highHalf
    let two = four.lowHalf | four.highHalf
    return two.x | two.y == 0
  }

  private func place(of mark: Mark) -> Int { Int((mark.hash &* UInt64(blocks.count)) >> 32) }
}
