import FlashSale
import Testing
import Time

struct DoorSlotTests {
  private static let opening = Timestamp(microseconds: 1_800_000_000_000_000)

  private static func slot(_ microseconds: Int64) -> Int64 {
    let time = Timestamp(microseconds: opening.microseconds + microseconds)
    return DoorSlot.start(of: time, opening: opening).microseconds(since: opening)
  }

  @Test func `slots are short around the opening, and longer far from it`() {
    #expect(Self.slot(0) == 0)
    #expect(Self.slot(99_999) == 0)
    #expect(Self.slot(100_000) == 100_000)
    #expect(Self.slot(-1) == -100_000)
    #expect(Self.slot(599_999_999) == 599_900_000)
    #expect(Self.slot(600_000_000) == 600_000_000)
    #expect(Self.slot(609_999_999) == 600_000_000)
    #expect(Self.slot(90_000_000_000) == 90_000_000_000)
    #expect(Self.slot(90_000_000_001) == 90_000_000_000)
  }

  @Test func `a day around the opening has a bounded number of slots`() {
    var slots: Set<Int64> = []
    for tenth in Int64(-864_000)..<864_000 { slots.insert(Self.slot(tenth * 100_000)) }
    #expect(slots.count == 6_600 + 17_214)
  }
}
