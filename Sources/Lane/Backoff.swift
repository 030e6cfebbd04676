extension ClosedRange<Duration> {
  /// How long to wait before an attempt: twice as long from one attempt to the next, within the range.
  ///
  /// - Parameter attempt: from 1, which waits for the lower bound.
  package func pause(beforeAttempt attempt: Int) -> Duration {
    let doublings = Swift.min(Swift.max(attempt - 1, 0), 20)
    return Swift.min(lowerBound * (1 << doublings), upperBound)
  }
}
