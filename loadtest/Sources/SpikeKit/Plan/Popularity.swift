#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// How the crowd spreads over the SKUs, in the order in which the sale lists them: the first is the most wanted.
struct Popularity: Equatable, Sendable {
  /// The share of the crowd that wants a SKU or one before it. The last is 1.
  private let cumulative: [Double]

  /// The k-th SKU is wanted 1 / k^exponent as much as the first. 0 is even.
  static func zipf(exponent: Double, skus: Int) -> Popularity {
    Popularity(weights: (1...max(skus, 1)).map { pow(Double($0), -exponent) })
  }

  /// The first SKU takes `share` of the crowd, the others share the rest evenly.
  static func hot(share: Double, skus: Int) -> Popularity {
    guard skus > 1 else { return Popularity(weights: [1]) }
    return Popularity(weights: [share] + Array(repeating: (1 - share) / Double(skus - 1), count: skus - 1))
  }

  private init(weights: [Double]) {
    let all = weights.reduce(0, +)
    var sum = 0.0
    var cumulative = weights.map { weight in
      sum += weight / all
      return sum
    }
    cumulative[cumulative.count - 1] = 1
    self.cumulative = cumulative
  }

  /// The SKU that the buyer at `place` (0 up to 1) wants when the crowd lines up by SKU.
  func sku(at place: Double) -> Int {
    var low = 0
    var high = cumulative.count - 1
    while low < high {
      let middle = (low + high) / 2
      if cumulative[middle] > place { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
