public import Metrics

/// A timer that takes observations which were counted elsewhere: for paths on which each may cost next to nothing.
public protocol CountedTimer: TimerHandler {
  /// - Parameters:
  ///   - counts: observations of each bucket of `Limits.durationBuckets`, and of one more for what lies above.
  ///   - seconds: the sum of all of them.
  func add(_ counts: [Int], seconds: Double)
}
