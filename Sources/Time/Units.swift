extension Duration {
  /// Whole milliseconds, rounded towards zero, and at most what 64 bits hold, as are all of these.
  public var wholeMilliseconds: Int64 { whole(1_000) }

  /// Whole microseconds, rounded towards zero.
  public var wholeMicroseconds: Int64 { whole(1_000_000) }

  /// Whole nanoseconds, rounded towards zero. 64 bits hold 292 years of them.
  public var wholeNanoseconds: Int64 { whole(1_000_000_000) }

  /// Whole milliseconds, rounded up: a wait of that many is never too short, and never a spin.
  public var millisecondsRoundedUp: Int64 {
    let whole = wholeMilliseconds
    return whole < .max && self > .milliseconds(whole) ? whole + 1 : whole
  }

  /// In seconds, with a fraction.
  public var inSeconds: Double { self / .seconds(1) }

  /// In milliseconds, with a fraction.
  public var inMilliseconds: Double { self / .milliseconds(1) }

  private func whole(_ perSecond: Int64) -> Int64 {
    let (seconds, attoseconds) = components
    let (whole, isTooLong) = seconds.multipliedReportingOverflow(by: perSecond)
    let rest = attoseconds / (1_000_000_000_000_000_000 / perSecond)
    let (sum, isJustTooLong) = whole.addingReportingOverflow(rest)
    guard !isTooLong, !isJustTooLong else { return seconds < 0 ? .min : .max }
    return sum
  }
}
