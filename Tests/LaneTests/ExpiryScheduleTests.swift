import FlashSale
import Testing
import Time

@testable import Lane

/// Which orders are told that their time is over, and when to look again.
@Suite("the expiry schedule")
struct ExpiryScheduleTests {
  private let order = OrderID(high: 1 << 32, low: 1)
  private let start = Timestamp(microseconds: 1_000_000_000)

  @Test("an order is not told again before its record is decided")
  func once() {
    var schedule = ExpirySchedule()
    schedule.have([0: Offset(5)], now: start)
    #expect(schedule.isNew(order))
    schedule.told(order, due: start, in: 0, at: Offset(9), now: start)
    schedule.have([0: Offset(9)], now: start.after(.seconds(60)))
    #expect(!schedule.isNew(order))
    schedule.have([0: Offset(10)], now: start.after(.seconds(61)))
    #expect(schedule.isNew(order))
  }

  @Test("one whose record may be lost is told again after a second")
  func unknown() {
    var schedule = ExpirySchedule()
    schedule.have([0: Offset(5)], now: start)
    schedule.told(order, due: start, in: 0, at: nil, now: start)
    schedule.have([0: Offset(100)], now: start.after(.milliseconds(999)))
    #expect(!schedule.isNew(order))
    schedule.have([0: Offset(100)], now: start.after(.seconds(1)))
    #expect(schedule.isNew(order))
  }

  @Test("a partition that is lost is forgotten")
  func lost() {
    var schedule = ExpirySchedule()
    schedule.have([0: Offset(5), 1: Offset(0)], now: start)
    schedule.told(order, due: start, in: 0, at: Offset(9), now: start)
    schedule.have([1: Offset(0)], now: start)
    #expect(schedule.isNew(order))
    #expect(schedule.wanted == [1: Limits.expiryBatch])
  }

  @Test("I11 it asks for a batch more than are under way, and for none once too many are")
  func bounded() {
    var schedule = ExpirySchedule()
    schedule.have([0: Offset(0)], now: start)
    for index in 0..<UInt64(Limits.expiriesUnderWay - 10) {
      schedule.told(OrderID(high: 1 << 32, low: index), due: start, in: 0, at: Offset(Int64(index)), now: start)
    }
    schedule.have([0: Offset(0)], now: start)
    #expect(schedule.wanted == [0: Limits.expiriesUnderWay])
    for index in 0..<UInt64(10) {
      schedule.told(OrderID(high: 2 << 32, low: index), due: start, in: 0, at: Offset(90_000), now: start)
    }
    schedule.have([0: Offset(0)], now: start)
    #expect(schedule.wanted.isEmpty)
  }

  @Test("a look goes on behind the last one while records are under way, and starts anew after a second")
  func goesOn() {
    var schedule = ExpirySchedule()
    schedule.have([0: Offset(5), 1: Offset(5)], now: start)
    let all = ExpirySchedule.Ask(most: Limits.expiryBatch, after: nil)
    #expect(schedule.asks == [0: all, 1: all])
    let last = ExpirySchedule.Place(due: start.after(.milliseconds(-1)), order: order)
    schedule.saw(last, in: 0, now: start)
    schedule.told(order, due: last.due, in: 0, at: Offset(9), now: start)
    #expect(schedule.firstDue == last.due)
    schedule.have([0: Offset(5), 1: Offset(5)], now: start.after(.milliseconds(500)))
    #expect(schedule.asks == [0: ExpirySchedule.Ask(most: Limits.expiryBatch, after: last), 1: all])
    // A later look does not put off the next whole one.
    schedule.saw(last, in: 0, now: start.after(.milliseconds(500)))
    schedule.have([0: Offset(5), 1: Offset(5)], now: start.after(.milliseconds(999)))
    #expect(schedule.asks[0]?.after == last)
    schedule.have([0: Offset(5), 1: Offset(5)], now: start.after(.seconds(1)))
    #expect(schedule.asks == [0: ExpirySchedule.Ask(most: Limits.expiryBatch + 1, after: nil), 1: all])
    // Once all are decided, what is due is new.
    schedule.saw(last, in: 0, now: start.after(.seconds(1)))
    schedule.have([0: Offset(10), 1: Offset(5)], now: start.after(.milliseconds(1_001)))
    #expect(schedule.asks == [0: all, 1: all] && schedule.firstDue == nil)
  }

  @Test("the next look is when the next hold is due, soon enough for new ones")
  func pauses() {
    let schedule = ExpirySchedule()
    #expect(schedule.pause(hasMore: true, nextDue: nil, now: start) == .zero)
    #expect(schedule.pause(hasMore: false, nextDue: nil, now: start) == Limits.expiryIdle)
    #expect(schedule.pause(hasMore: false, nextDue: start.after(.seconds(60)), now: start) == Limits.expiryIdle)
    #expect(schedule.pause(hasMore: false, nextDue: start.after(.milliseconds(40)), now: start) == .milliseconds(40))
    #expect(schedule.pause(hasMore: false, nextDue: start, now: start) == Limits.expiryPause)
  }
}
