import Testing

@testable import Intake

struct ProcessorShareTests {
  @Test func `the share is of the last second or more, and of nothing after a silence`() {
    var share = ProcessorShare()
    let start = ContinuousClock.now
    func observe(_ used: Int, after: Int, threads: Int = 2) -> Double {
      share.observe(used: .milliseconds(used), threads: threads, at: start + .milliseconds(after))
    }
    #expect(observe(5_000, after: 0) == 0)
    #expect(observe(5_500, after: 500) == 0)
    #expect(observe(6_000, after: 1_000) == 0.5)
    #expect(observe(6_900, after: 1_500) == 0.5)
    #expect(observe(8_000, after: 2_000) == 1)
    // More than the threads have: others of the process work too.
    #expect(observe(18_000, after: 3_000) == 1)
    #expect(observe(30_000, after: 60_000) == 0)
    #expect(observe(30_500, after: 61_000) == 0.25)
  }

  @Test func `a process that works is seen to`() async throws {
    let load = ProcessorLoad(threads: 1)
    _ = load.current
    let end = ContinuousClock.now + .milliseconds(1_200)
    var sum = 0
    while ContinuousClock.now < end { sum &+= 1 }
    #expect(load.current > 0, "\(sum)")
  }
}
