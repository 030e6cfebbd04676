/// Numbers that depend on the seed, the question and the request's number, and on nothing else.
///
/// So any event loop can answer any question about any request, in any order, without keeping it.
struct Dice: Sendable {
  /// What is asked. Each has numbers of its own.
  enum Question: UInt64 { case isRepeat = 1, howFarBack, buyer, sku, group, conduct, waits }

  let seed: UInt64

  /// 64 even bits: SplitMix64's output function over a counter (Steele, Lea, Flood: "Fast splittable pseudorandom
  /// number generators").
  func bits(_ question: Question, _ index: Int) -> UInt64 {
    var z = seed &+ (UInt64(bitPattern: Int64(index)) &* 8 &+ question.rawValue) &* 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// From 0 up to, but not, `bound`. The bias of multiply-and-shift is below `bound` / 2⁶⁴.
  func below(_ bound: Int, _ question: Question, _ index: Int) -> Int {
    Int(bits(question, index).multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// From 0 up to, but not, 1.
  func unit(_ question: Question, _ index: Int) -> Double {
    Double(bits(question, index) >> 11) * 0x1p-53
  }
}
