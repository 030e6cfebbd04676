/// How long to wait between attempts at something that fails: twice as long from one to the next, within a range.
///
/// `next` and `wait` spread their pauses, so that those who failed together do not come back together.
public struct Backoff: Sendable {
  private let range: ClosedRange<Duration>
  private var failures = 0

  /// Pauses from the lower bound of the range to its upper bound.
  public init(within range: ClosedRange<Duration>) { self.range = range }

  /// The pause before an attempt, not spread: the same whenever it is asked.
  ///
  /// - Parameter attempt: from 1, which waits for the lower bound.
  public func pause(beforeAttempt attempt: Int) -> Duration {
    // So many doublings lead from a microsecond to a second; more would overflow one day.
    let doublings = min(max(attempt - 1, 0), 20)
    return min(range.lowerBound * (1 << doublings), range.upperBound)
  }

  /// Waits before an attempt, from 1: half the pause to the whole one. Returns early when the task is cancelled.
  public func wait(beforeAttempt attempt: Int) async {
    try? await Task.sleep(for: spread(attempt))
  }

  /// The pause after one more failure: half of it to the whole one.
  public mutating func next() -> Duration {
    failures += 1
    return spread(failures)
  }

  /// After a success: the next pause is the shortest again.
  public mutating func reset() { failures = 0 }

  private func spread(_ attempt: Int) -> Duration { pause(beforeAttempt: attempt) * Double.random(in: 0.5...1) }
}
