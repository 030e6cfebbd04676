/// The marks of an axis of counts: 0, and steps of 1, 2 or 5 times a power of ten up to the first at or above the
/// highest value.
struct CountTicks: Equatable {
  let values: [Int64]

  /// The last mark; at least 1.
  var top: Int64 { values[values.count - 1] }

  /// - Parameters:
  ///   - highest: of the values that are drawn. 0 and less are drawn as if it were 1.
  ///   - steps: at most so many; at least 1.
  init(upTo highest: Int64, atMost steps: Int64 = 5) {
    // Beyond it, the next round number would not fit.
    let highest = min(max(highest, 1), Int64.max / 20)
    var (power, factor) = (Int64(1), 0)
    while Self.above(highest, power * Self.factors[factor]) > steps {
      factor += 1
      if factor == Self.factors.count { (power, factor) = (power * 10, 0) }
    }
    let step = power * Self.factors[factor]
    values = (0...Self.above(highest, step)).map { $0 * step }
  }

  private static let factors: [Int64] = [1, 2, 5]

  private static func above(_ highest: Int64, _ step: Int64) -> Int64 { (highest + step - 1) / step }
}
