/// Draws all chance in a world. The same seed gives the same numbers on every machine and with every toolchain, which
/// the standard library's own `random(in:using:)` does not promise.
///
/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014).
struct SeededGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
    // Seeds that follow each other begin alike; one step parts them.
    state = next()
  }

  private mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }

  /// A number of the range. The bias of a multiplication instead of a rejection is below 2^-32 for ranges this short.
  mutating func number(in range: ClosedRange<Int64>) -> Int64 {
    let width = UInt64(bitPattern: range.upperBound &- range.lowerBound) + 1
    return range.lowerBound + Int64(next().multipliedFullWidth(by: width).high)
  }

  /// A number of the range.
  mutating func number(in range: ClosedRange<Int>) -> Int {
    Int(number(in: Int64(range.lowerBound)...Int64(range.upperBound)))
  }

  /// Whether something happens that happens this often among a thousand.
  mutating func happens(perMille rate: Int) -> Bool { number(in: 0...999) < rate }

  /// An index of something that has `count` elements, at least one.
  mutating func index(below count: Int) -> Int { number(in: 0...(count - 1)) }

  /// A few bytes without a meaning.
  mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }
}
