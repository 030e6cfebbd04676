import TestSupport

/// Draws faults and orders from a seed.
struct Dice: RandomNumberGenerator {
  private var generator: SeededGenerator

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  mutating func next() -> UInt64 { generator.next() }

  /// A number of the range.
  mutating func number(in range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

  /// A pause of so many milliseconds.
  mutating func milliseconds(_ range: ClosedRange<Int>) -> Duration { .milliseconds(number(in: range)) }

  /// Whether something happens that happens this often among a thousand.
  mutating func happens(perMille rate: Int) -> Bool { number(in: 0...999) < rate }
}
