/// When whoever finds a line full is asked to come back: when there is room by the rate at which the line is decided,
/// and spread over the time that all of it takes, so that the crowd does not come back as one.
enum ReturnTime {
  /// The range of milliseconds to pick from at random, within `Limits.lineReturnMilliseconds`.
  ///
  /// - Parameters:
  ///   - excess: by how much the line has to get shorter, 0 or more.
  ///   - line: how long it is.
  ///   - rate: how much of it is decided in a second; `nil` if that is not known.
  static func milliseconds(excess: Int64, line: Int64, rate: Double?) -> ClosedRange<Int> {
    guard let rate, rate > 0 else { return Limits.retryAfterMilliseconds }
    let bounds = Limits.lineReturnMilliseconds
    func time(_ units: Int64) -> Int {
      let milliseconds = Double(units) / rate * 1_000
      return min(bounds.upperBound, max(bounds.lowerBound, Int(min(milliseconds, Double(bounds.upperBound)))))
    }
    // Never a single instant: at least as wide as the narrowest that all refusals have.
    let first = min(time(excess), bounds.upperBound - Limits.returnSpread)
    return first...max(time(excess + line), first + Limits.returnSpread)
  }
}
