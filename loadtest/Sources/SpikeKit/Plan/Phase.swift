#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// One stretch of the rate curve: how many requests are due after so many seconds, and the other way round.
///
/// (1) `requests(after:)` never falls, is 0 at 0 and `area` at the end.
/// (2) `seconds(toReach:)` is its inverse.
struct Phase: Equatable, Sendable {
  enum Shape: Equatable, Sendable {
    /// The rate goes in a straight line from one value to another. Equal values hold it.
    case ramp(from: Double, to: Double)
    /// The rate goes from one value to another by the same *factor* each second, as a crowd leaves. Both are above
    /// zero.
    case decay(from: Double, to: Double)
    /// So many requests at one instant.
    case burst(requests: Int)
  }

  let shape: Shape
  /// How long it lasts, in seconds. A burst lasts 0.
  let seconds: Double

  static func hold(rate: Double, seconds: Double) -> Phase {
    Phase(shape: .ramp(from: rate, to: rate), seconds: seconds)
  }

  /// Requests in the whole phase, with the fraction that the curve leaves.
  var area: Double { requests(after: seconds) }

  /// How many whole requests it sends.
  var requests: Int { Int(area.rounded()) }

  func requests(after elapsed: Double) -> Double {
    let time = min(max(elapsed, 0), seconds)
    switch shape {
    case .burst(let requests):
      return Double(requests)
    case .ramp(let from, let to):
      guard seconds > 0 else { return 0 }
      return from * time + (to - from) * time * time / (2 * seconds)
    case .decay(let from, let to):
      guard seconds > 0 else { return 0 }
      let speed = log(from / to) / seconds
      guard abs(speed) > 1e-12 else { return from * time }
      return from / speed * (1 - exp(-speed * time))
    }
  }

  func seconds(toReach count: Double) -> Double {
    guard count > 0 else { return 0 }
    switch shape {
    case .burst:
      return 0
    case .ramp(let from, let to):
      guard seconds > 0 else { return 0 }
      // The root of k·t² + from·t = count in the form that stays exact when k goes to zero.
      let k = (to - from) / (2 * seconds)
      let root = max(from * from + 4 * k * count, 0).squareRoot()
      return min(2 * count / (from + root), seconds)
    case .decay(let from, let to):
      guard seconds > 0 else { return 0 }
      let speed = log(from / to) / seconds
      guard abs(speed) > 1e-12 else { return min(count / from, seconds) }
      let rest = 1 - count * speed / from
      return rest > 0 ? min(-log(rest) / speed, seconds) : seconds
    }
  }
}
