import FlashSale
import Testing
import Time

@testable import Intake

/// What an intake keeps of waiting rooms does not grow with the time that it runs (I11).
struct FadingTableTests {
  private static func time(_ seconds: Int64) -> Timestamp { Timestamp(microseconds: seconds * 1_000_000) }
  private static let sale = SaleNumber(rawValue: 1)

  @Test func `an ended place is known for as long as its token could count, and then forgotten`() {
    var ended = EndedPlaces()
    for second in Int64(0)..<10_000 {
      ended.end([Offset(second)], of: Self.sale, at: Self.time(second), stay: .seconds(600), now: Self.time(second))
      // Past its time, a token counts for the leeway; the record's time may be off by as much.
      let oldest = max(0, second - 660)
      #expect(ended.contains(Offset(oldest), of: Self.sale) && ended.contains(Offset(second), of: Self.sale))
      #expect(ended.count < 1_400)
    }
    #expect(!ended.contains(Offset(5), of: Self.sale))
    #expect(!ended.contains(Offset(9_999), of: SaleNumber(rawValue: 2)))
    // What is read again from long ago needs not be known.
    ended.end([Offset(7)], of: Self.sale, at: Self.time(7), stay: .seconds(600), now: Self.time(10_000))
    #expect(!ended.contains(Offset(7), of: Self.sale))
    // A sale that is over goes with what another one ends.
    for second in [Int64(20_000), 21_000, 22_000] {
      let other = SaleNumber(rawValue: 2)
      ended.end([Offset(second)], of: other, at: Self.time(second), stay: .seconds(600), now: Self.time(second))
    }
    #expect(ended.count <= 3)
  }

  @Test func `signs of life are told once in their interval, and forgotten when nobody asks any more`() {
    var signs = LifeSigns()
    var told = 0
    for second in Int64(0)..<1_000 {
      signs.saw(Offset(1), of: Self.sale, isAway: false, every: .seconds(10), now: Self.time(second))
      signs.saw(Offset(100 + second), of: Self.sale, isAway: false, every: .seconds(10), now: Self.time(second))
      told += signs.take(now: Self.time(second))[Self.sale]?.count { $0 == Offset(1) } ?? 0
      #expect(signs.count < 40)
    }
    #expect(told == 100)
    for second in [Int64(1_011), 1_022, 1_033] { _ = signs.take(now: Self.time(second)) }
    #expect(signs.count == 0)
  }
}
