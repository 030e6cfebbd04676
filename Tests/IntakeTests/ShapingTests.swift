import FlashSale
import Testing

@testable import Intake

struct ShapingTests {
  @Test func `I11 the backlog limit holds while many threads ask at once`() async {
    let standing = PartitionStanding()
    standing.raiseEnd(to: Offset(40))
    standing.raiseWatermark(to: Offset(10))
    let admitted = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<8 {
        group.addTask { (0..<5_000).count { _ in standing.admit(limit: 1_000) } }
      }
      return await group.reduce(0, +)
    }
    // 30 are in the log and undecided.
    #expect(admitted == 970)
    #expect(standing.backlog == 1_000)
  }

  @Test func `I11 an acknowledged record stays in the backlog until it is decided`() {
    let standing = PartitionStanding()
    for _ in 0..<3 { #expect(standing.admit(limit: 3)) }
    for offset in 0..<3 as Range<Int64> { standing.acknowledged(Offset(offset)) }
    #expect(standing.backlog == 3)
    #expect(!standing.admit(limit: 3))
    standing.raiseWatermark(to: Offset(1))
    #expect(standing.admit(limit: 3))
    #expect(!standing.admit(limit: 3))
  }

  @Test func `a refused record leaves the backlog`() {
    let standing = PartitionStanding()
    #expect(standing.admit(limit: 1))
    standing.withdraw()
    #expect(standing.admit(limit: 1))
  }

  @Test func `I11 records of unknown fate count until the log shows its end, and one at a time may find out`() {
    let standing = PartitionStanding()
    for _ in 0..<2 { #expect(standing.admit(limit: 2)) }
    for _ in 0..<2 { standing.lost() }
    #expect(standing.backlog == 2)
    #expect(standing.admit(limit: 2))
    #expect(!standing.admit(limit: 2))
    standing.acknowledged(Offset(1))
    // One of the two was in the log, at offset 0.
    #expect(standing.backlog == 2)
    standing.raiseWatermark(to: Offset(2))
    #expect(standing.backlog == 0)
  }

  @Test func `while the log takes no records one at a time may find out, until one is acknowledged`() {
    let standing = PartitionStanding()
    #expect(standing.admit(limit: 10))
    standing.isStalled = true
    // The one in flight finds out.
    #expect(!standing.admit(limit: 10))
    standing.lost()
    #expect(standing.admit(limit: 10))
    #expect(!standing.admit(limit: 10))
    standing.acknowledged(Offset(0))
    #expect(!standing.isStalled)
    for _ in 0..<3 { #expect(standing.admit(limit: 10)) }
  }

  @Test func `the end of the log and the watermark never go back`() {
    let standing = PartitionStanding()
    standing.raiseEnd(to: Offset(9))
    standing.raiseEnd(to: Offset(5))
    standing.raiseWatermark(to: Offset(4))
    standing.raiseWatermark(to: Offset(2))
    #expect(standing.undecided == 5)
    #expect(standing.position(of: Offset(3)) == 0)
    #expect(standing.position(of: Offset(6)) == 2)
  }

  @Test func `the watermark follows a store that has gone back, unless a signal has come since it was asked`() {
    let standing = PartitionStanding()
    standing.raiseEnd(to: Offset(9))
    standing.raiseWatermark(to: Offset(6))
    #expect(!standing.lowerWatermark(from: Offset(6), to: Offset(6)))
    #expect(!standing.lowerWatermark(from: Offset(5), to: Offset(2)))
    #expect(standing.undecided == 3)
    #expect(standing.lowerWatermark(from: Offset(6), to: Offset(2)))
    #expect(standing.undecided == 7)
    #expect(standing.position(of: Offset(3)) == 1)
    for _ in 0..<3 { #expect(standing.admit(limit: 10)) }
    #expect(!standing.admit(limit: 10))
  }

  @Test func `what a store that has gone back decides again has a rate, and is not stale`() {
    let begin = ContinuousClock.now
    var drain = DrainMeter(at: Offset(0), now: begin)
    var stale = StaleMeter(at: Offset(0), now: begin)
    _ = drain.observe(Offset(1_000), waiting: true, now: begin + .seconds(1))
    _ = stale.observe(Offset(1_000), waiting: true, now: begin + .seconds(1))
    _ = drain.observe(Offset(0), waiting: true, now: begin + .seconds(20))
    _ = stale.observe(Offset(0), waiting: true, now: begin + .seconds(20))
    #expect(drain.observe(Offset(500), waiting: true, now: begin + .seconds(21)) != nil)
    #expect(stale.observe(Offset(500), waiting: true, now: begin + .seconds(30)) == nil)
  }

  @Test func `a time to wait is told from the rate, and not told without one`() {
    let standing = PartitionStanding()
    #expect(standing.eta(position: 10) == nil)
    standing.drainRate = 1_000
    #expect(standing.eta(position: 0) == 1)
    #expect(standing.eta(position: 999) == 1_000)
    standing.drainRate = nil
    #expect(standing.eta(position: 10) == nil)
  }

  @Test func `a drain rate counts only time in which records waited, and is forgotten when the lane stands still`() {
    let start = ContinuousClock.now
    func at(_ milliseconds: Int) -> ContinuousClock.Instant { start + .milliseconds(milliseconds) }
    var meter = DrainMeter(at: Offset(0), now: start)
    #expect(meter.observe(Offset(0), waiting: false, now: at(10_000)) == nil)
    #expect(meter.observe(Offset(100), waiting: true, now: at(10_050)) == nil)
    #expect(meter.observe(Offset(1_000), waiting: true, now: at(11_000)) == 1_000)
    #expect(meter.observe(Offset(4_000), waiting: true, now: at(12_000)) == 2_000)
    #expect(meter.observe(Offset(4_000), waiting: true, now: at(16_900)) == 2_000)
    #expect(meter.observe(Offset(4_000), waiting: true, now: at(17_100)) == nil)
  }
}
