import FlashSale
import Testing

@Suite struct OffsetVectorTests {
  @Test func `a vector reads back from its text, and what was changed is none`() throws {
    let vectors: [[Partition: Offset]] = [
      [:], [0: 1], [3: Offset(.max)], [0: 5, 7: 1_234_567, 9_999: 1],
      Dictionary(uniqueKeysWithValues: (0..<200).map { (Partition($0), Offset(Int64($0) * 1_000_003 + 1)) }),
    ]
    for offsets in vectors {
      let vector = OffsetVector(offsets)
      let text = "\(vector)"
      #expect(OffsetVector(text) == vector)
      #expect(text.utf8.allSatisfy { isLetter($0) })
      var bytes = Array(text.utf8)
      for index in bytes.indices {
        let old = bytes[index]
        bytes[index] = old == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        #expect(OffsetVector(String(decoding: bytes, as: UTF8.self)) == nil)
        bytes[index] = old
      }
      #expect(OffsetVector(String(text.dropLast())) == nil)
    }
    for text in ["", "A", "AAAA", "AAAAAAAA", "ä", String(repeating: "A", count: 100_000)] {
      #expect(OffsetVector(text) == nil)
    }
  }

  @Test func `a vector covers what is before its offsets`() {
    let vector = OffsetVector([1: 10, 2: 0])
    #expect(vector.covers(LogPosition(partition: 1, offset: 9)))
    #expect(!vector.covers(LogPosition(partition: 1, offset: 10)))
    #expect(!vector.covers(LogPosition(partition: 2, offset: 0)))
    #expect(!vector.covers(LogPosition(partition: 3, offset: 0)))
    #expect(vector.dense == [0, 10])
    #expect(OffsetVector([1: 9]).isCovered(by: vector) && !OffsetVector([3: 1]).isCovered(by: vector))
    #expect(vector.isCovered(by: vector) && OffsetVector([:]).isCovered(by: OffsetVector([:])))
  }

  private func isLetter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
