/// Draws faults and orders from a seed (SplitMix64; Steele, Lea, Flood: Fast splittable pseudorandom number
/// generators, OOPSLA 2014).
struct Dice: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
    _ = next()
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }

  /// A number of the range.
  mutating func number(in range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

  /// A pause of so many milliseconds.
  mutating func milliseconds(_ range: ClosedRange<Int>) -> Duration { .milliseconds(number(in: range)) }

  /// Whether something happens that happens this often among a thousand.
  mutating func happens(perMille rate: Int) -> Bool { number(in: 0...999) < rate }
}
