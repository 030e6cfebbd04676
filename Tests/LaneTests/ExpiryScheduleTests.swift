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
    schedule.tell(order, due: start, in: 0, at: Offset(9), now: start)
    schedule.have([0: Offset(9)], now: start.after(.seconds(60)))
    #expect(!schedule.isNew(order))
    schedule.have([0: Offset(10)], now: start.after(.seconds(61)))
    #expect(schedule.isNew(order))
  }

  @Test("one whose record may be lost is told again after a second")
  func unknown() {
    var schedule = ExpirySchedule()
    schedule.have([0: Offset(5)], now: start)
    schedule.tell(order, due: start, in: 0, at: nil, now: start)
    schedule.have([0: Offset(100)], now: start.after(.milliseconds(999)))
    #expect(!schedule.isNew(order))
    schedule.have([0: Offset(100)], now: start.after(.seconds(1)))
    #expect(schedule.isNew(order))
  }

  @Test("a partition that is lost is forgotten")
  func lost() {
    var schedule = ExpirySchedule()
    schedule.have([0: Offset(5), 1: Offset(0)], now: start)
    schedule.tell(order, due: start, in: 0, at: Offset(9), now: start)
    schedule.have([1: Offset(0)], now: start)
    #expect(schedule.isNew(order))
    #expect(schedule.wanted == [1: Limits.expiryBatch])
  }

  @Test("I11 it asks for a batch more than are under way, and once too many are, only where it has not asked for one")
  func bounded() {
    var schedule = ExpirySchedule()
    schedule.have([0: Offset(0)], now: start)
    for index in 0..<UInt64(Limits.expiriesUnderWay - 10) {
      schedule.tell(OrderID(high: 1 << 32, low: index), due: start, in: 0, at: Offset(Int64(index)), now: start)
    }
    schedule.have([0: Offset(0)], now: start)
    #expect(schedule.wanted == [0: Limits.expiriesUnderWay])
    for index in 0..<UInt64(10) {
      schedule.tell(OrderID(high: 2 << 32, low: index), due: start, in: 0, at: Offset(90_000), now: start)
    }
    schedule.have([0: Offset(0)], now: start)
    #expect(schedule.wanted.isEmpty)
    // The other partition's lane does not stand still.
    schedule.have([0: Offset(0), 1: Offset(0)], now: start)
    #expect(schedule.wanted == [1: Limits.expiryBatch])
    schedule.tell(order, due: start, in: 1, at: Offset(3), now: start)
    schedule.have([0: Offset(0), 1: Offset(0)], now: start)
    #expect(schedule.wanted == [1: Limits.expiryBatch])
  }

  @Test("a look goes on behind the last one while records are under way, and starts anew after a second")
  func goesOn() {
    var schedule = ExpirySchedule()
    schedule.have([0: Offset(5), 1: Offset(5)], now: start)
    let all = ExpirySchedule.Ask(most: Limits.expiryBatch, after: nil)
    #expect(schedule.asks == [0: all, 1: all])
    let last = ExpirySchedule.Place(due: start.after(.milliseconds(-1)), order: order)
    schedule.saw(last, in: 0, now: start)
    schedule.tell(order, due: last.due, in: 0, at: Offset(9), now: start)
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

  @Test("a partition is not asked for while records of it are being written, however long that takes")
  func oneWrite() {
    var schedule = ExpirySchedule()
    let last = ExpirySchedule.Place(due: start, order: order)
    schedule.have([0: Offset(5), 1: Offset(5)], now: start)
    schedule.saw(last, in: 0, now: start)
    schedule.begin([(order, start)], in: 0, now: start)
    #expect(schedule.wanted.keys.sorted() == [1] && schedule.firstDue == start)
    schedule.have([0: Offset(100), 1: Offset(5)], now: start.after(.seconds(9)))
    #expect(schedule.asks.keys.sorted() == [1] && !schedule.isNew(order) && schedule.firstDue == start)
    schedule.end([(order, nil)], in: 0, now: start.after(.seconds(10)))
    #expect(schedule.wanted.keys.sorted() == [0, 1] && !schedule.isNew(order))
    schedule.have([0: Offset(100), 1: Offset(5)], now: start.after(.seconds(11)))
    #expect(schedule.asks[0] == ExpirySchedule.Ask(most: Limits.expiryBatch, after: nil) && schedule.isNew(order))
  }

  @Test("a write that ends behind the loss of its partition leaves nothing behind")
  func lostMeanwhile() {
    var schedule = ExpirySchedule()
    schedule.have([0: Offset(5)], now: start)
    schedule.begin([(order, start)], in: 0, now: start)
    schedule.have([:], now: start)
    schedule.have([0: Offset(5)], now: start)
    #expect(schedule.wanted.isEmpty)
    schedule.end([(order, Offset(9))], in: 0, now: start)
    #expect(schedule.isNew(order) && schedule.wanted == [0: Limits.expiryBatch] && schedule.firstDue == nil)
  }

  @Test("a look that found all that it asked for goes on at once, as soon as nothing of the partition is written")
  func full() {
    var schedule = ExpirySchedule()
    schedule.have([0: Offset(5), 1: Offset(5)], now: start)
    schedule.looked(for: .holds, most: [0: 2, 1: 2], found: [0: 2, 1: 1])
    #expect(schedule.pause(nextDue: nil, now: start) == .zero)
    schedule.begin([(order, start)], in: 0, now: start)
    #expect(schedule.pause(nextDue: nil, now: start) == Limits.expiryIdle)
    // What others find does not count.
    schedule.looked(for: .holds, most: [1: 2], found: [1: 1])
    schedule.end([(order, Offset(9))], in: 0, now: start)
    #expect(schedule.pauseAfterWrite == .zero)
    schedule.looked(for: .holds, most: [0: 2, 1: 2], found: [0: 1])
    #expect(schedule.pauseAfterWrite == Limits.expiryPause)
    // A partition that is lost is no reason to look.
    schedule.looked(for: .holds, most: [0: 2], found: [0: 2])
    schedule.have([1: Offset(5)], now: start)
    #expect(schedule.pauseAfterWrite == Limits.expiryPause)
  }

  @Test("a look for those who wait that was cut short goes on for every partition that it asked for")
  func cut() {
    var schedule = ExpirySchedule()
    schedule.have([0: Offset(5), 1: Offset(5)], now: start)
    schedule.looked(for: .waits, most: [0: 2, 1: 2], found: [0: 4])
    schedule.looked(for: .holds, most: [0: 2, 1: 2], found: [:])
    #expect(schedule.hasMore(.waits) && !schedule.hasMore(.holds))
    #expect(schedule.pause(nextDue: nil, now: start) == .zero)
    schedule.begin([(order, start)], in: 0, now: start)
    #expect(schedule.hasMore(.waits) && schedule.pauseAfterWrite == .zero)
    schedule.looked(for: .waits, most: [1: 2], found: [:])
    #expect(!schedule.hasMore(.waits))
  }

  @Test("the next look is when the next hold is due, soon enough for new ones")
  func pauses() {
    let schedule = ExpirySchedule()
    #expect(schedule.pause(nextDue: nil, now: start) == Limits.expiryIdle)
    #expect(schedule.pause(nextDue: start.after(.seconds(60)), now: start) == Limits.expiryIdle)
    #expect(schedule.pause(nextDue: start.after(.milliseconds(40)), now: start) == .milliseconds(40))
    #expect(schedule.pause(nextDue: start, now: start) == Limits.expiryPause)
  }
}

extension ExpirySchedule {
  /// Writes one record.
  fileprivate mutating func tell(
    _ order: OrderID, due: Timestamp, in partition: Partition, at offset: Offset?, now: Timestamp
  ) {
    begin([(order, due)], in: partition, now: now)
    end([(order, offset)], in: partition, now: now)
  }
}
