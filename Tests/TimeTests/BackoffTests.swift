import Testing
import Time

struct BackoffTests {
  private let range: ClosedRange<Duration> = .milliseconds(100)...(.seconds(1))

  @Test func `a pause doubles from attempt to attempt, within its range`() {
    let backoff = Backoff(within: range)
    let pauses = [0, 1, 2, 3, 4, 5, 6, .max].map { backoff.pause(beforeAttempt: $0) }
    #expect(pauses == [100, 100, 200, 400, 800, 1_000, 1_000, 1_000].map { .milliseconds($0) })
  }

  @Test func `whoever fails waits half the pause to the whole of it, and after a success the shortest again`() {
    var backoff = Backoff(within: range)
    for _ in 1...2 {
      for longest in [100, 200, 400, 800, 1_000, 1_000] {
        #expect((.milliseconds(longest / 2)...(.milliseconds(longest))).contains(backoff.next()))
      }
      backoff.reset()
    }
  }
}
