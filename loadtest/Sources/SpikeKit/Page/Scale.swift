#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Where values lie on an axis, and which of them are written beside it.
struct Scale {
  enum Kind { case linear, logarithmic }

  /// From 0 at the axis' beginning to 1 at its end.
  private let place: (Double) -> Double
  let marks: [Double]

  /// - Parameter values: What has to fit on it. Without any, it goes to 1.
  init(_ kind: Kind, _ values: [Double]) {
    switch kind {
    case .linear:
      let step = Self.roundStep((values.max() ?? 1) / 4)
      let end = max(step, ((values.max() ?? 1) / step - 1e-9).rounded(.up) * step)
      place = { min(max($0 / end, 0), 1) }
      marks = (0...Int((end / step).rounded())).map { Double($0) * step }
    case .logarithmic:
      let positive = values.filter { $0 > 0 }
      let low = floor(log10(positive.min() ?? 1))
      let high = max(ceil(log10(positive.max() ?? 10)), low + 1)
      place = { $0 > 0 ? min(max((log10($0) - low) / (high - low), 0), 1) : 0 }
      marks = (Int(low)...Int(high)).map { pow(10, Double($0)) }
    }
  }

  func callAsFunction(_ value: Double) -> Double { place(value) }

  /// The next of 1, 2 and 5, times a power of ten.
  private static func roundStep(_ value: Double) -> Double {
    guard value > 0 else { return 0.25 }
    let power = pow(10, floor(log10(value)))
    return (([1, 2, 5].first { $0 * power >= value * 0.999_999 }) ?? 10) * power
  }
}
