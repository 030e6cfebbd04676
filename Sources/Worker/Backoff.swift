internal import Lane

/// How long to wait before an attempt.
enum Backoff {
  /// Twice as long from one attempt to the next, within the range, and spread by half.
  ///
  /// - Parameter attempt: from 1.
  static func pause(attempt: Int, within range: ClosedRange<Duration>) -> Duration {
    range.pause(beforeAttempt: attempt) * Double.random(in: 0.5...1)
  }

  /// Waits like that; returns early when the task is cancelled.
  static func wait(attempt: Int, within range: ClosedRange<Duration> = Limits.retryPause) async {
    try? await Task.sleep(for: pause(attempt: attempt, within: range))
  }
}
