import FlashSale
import Testing

struct RefusalGroundsTests {
  private let sale = SaleNumber(rawValue: 1)
  private let gone = StockLevel(left: .zero, isClosed: false, asOf: Offset(1))
  private var phone: StockKey { StockKey(sale: sale, sku: SKU(unchecked: "phone")) }
  private func lane(_ partition: Int32) -> SaleLane { SaleLane(sale: sale, partition: Partition(partition)) }

  private func winner(_ partition: Int32, _ offset: Int64) -> Winner {
    Winner(
      order: OrderID(randomFor: sale),
      position: LogPosition(partition: Partition(partition), offset: Offset(offset)))
  }

  private var grounds: RefusalGrounds {
    var grounds = RefusalGrounds()
    grounds.keep([sale])
    return grounds
  }

  @Test func `I2 a level of nothing is told only behind a reading that began after it was learned`() {
    var grounds = grounds
    let some = grounds.learned(StockLevel(left: Units(1), isClosed: false, asOf: Offset(1)), of: phone)
    #expect(some)
    let early = grounds.reading(of: [lane(0)])
    let none = grounds.learned(gone, of: phone)
    #expect(!none)
    #expect(grounds.wanting == [sale])
    let byEarly = grounds.ended(early)
    #expect(byEarly.isEmpty)
    let late = grounds.reading(of: [lane(0)])
    let byLate = grounds.ended(late)
    #expect(byLate == [phone: gone])
    #expect(grounds.wanting.isEmpty)
  }

  @Test func `a reading that fails tells nothing, and the next one all`() {
    var grounds = grounds
    let atOnce = grounds.learned(gone, of: phone)
    #expect(!atOnce)
    _ = grounds.reading(of: [lane(0)])
    #expect(grounds.wanting == [sale])
    let second = grounds.reading(of: [lane(0)])
    let bySecond = grounds.ended(second)
    #expect(bySecond == [phone: gone])
  }

  @Test func `I2 what is learned while a reading is under way waits for one of its own`() {
    var grounds = grounds
    let atOnce = grounds.learned(gone, of: phone)
    #expect(!atOnce)
    let reading = grounds.reading(of: [lane(0)])
    let closed = StockLevel(left: .zero, isClosed: true, asOf: Offset(1))
    let closedAtOnce = grounds.learned(closed, of: phone)
    #expect(!closedAtOnce)
    let byFirst = grounds.ended(reading)
    #expect(byFirst.isEmpty)
    let byNext = grounds.ended(grounds.reading(of: [lane(0)]))
    #expect(byNext == [phone: closed])
  }

  @Test func `I2 what only looks like the level that is told waits for a reading of its own`() {
    var grounds = grounds
    _ = grounds.learned(gone, of: phone)
    let told = grounds.ended(grounds.reading(of: [lane(0)]))
    #expect(told == [phone: gone])
    let isKnown = grounds.learned(gone, of: phone)
    #expect(isKnown)
    #expect(grounds.wanting.isEmpty)
    // A unit came back and was won again.
    let atOnce = grounds.learned(StockLevel(left: .zero, isClosed: false, asOf: Offset(4)), of: phone)
    #expect(!atOnce)
  }

  @Test func `I2 units that came back while winners are read are not called gone by that reading`() {
    var grounds = grounds
    let some = StockLevel(left: Units(1), isClosed: false, asOf: Offset(0))
    _ = grounds.learned(some, of: phone)
    _ = grounds.learned(gone, of: phone)
    let reading = grounds.reading(of: [lane(0)])
    let atOnce = grounds.learned(StockLevel(left: Units(1), isClosed: false, asOf: Offset(2)), of: phone)
    #expect(atOnce)
    let byReading = grounds.ended(reading)
    #expect(byReading.isEmpty)
  }

  @Test func `a reading begins behind the last winner of each lane, and of a failed one nothing counts`() {
    var grounds = grounds
    var failed = grounds.reading(of: [lane(0), lane(1)])
    failed.saw(winner(0, 9))
    var reading = grounds.reading(of: [lane(0), lane(1)])
    #expect(reading.offsets == [lane(0): Offset(0), lane(1): Offset(0)])
    reading.saw(winner(1, 5))
    reading.saw(winner(1, 4))
    _ = grounds.ended(reading)
    #expect(grounds.reading(of: [lane(0), lane(1)]).offsets == [lane(0): Offset(0), lane(1): Offset(6)])
  }

  @Test func `a lane whose commits the store has lost is read anew`() {
    var grounds = grounds
    var reading = grounds.reading(of: [lane(0), lane(1)])
    reading.saw(winner(0, 9))
    reading.saw(winner(1, 9))
    _ = grounds.ended(reading)
    var stale = grounds.reading(of: [lane(0)])
    stale.saw(winner(0, 12))
    let atOnce = grounds.learned(gone, of: phone)
    #expect(!atOnce)
    // What was read meanwhile says nothing about the store as it was before.
    grounds.learned(progress: [Partition(0): Offset(4), Partition(1): Offset(20)], before: grounds.next)
    let byStale = grounds.ended(stale)
    #expect(byStale.isEmpty)
    #expect(grounds.reading(of: [lane(0), lane(1)]).offsets == [lane(0): Offset(0), lane(1): Offset(10)])
  }

  @Test func `I2 a sale is settled once all of before its end is decided and read`() {
    var grounds = grounds
    grounds.learned(progress: [Partition(0): Offset(99)], before: [:])
    #expect(!grounds.isSettled(lane(0)))
    grounds.learned(end: Offset(100), of: lane(0))
    _ = grounds.ended(grounds.reading(of: [lane(0)]))
    #expect(!grounds.isSettled(lane(0)))
    let reading = grounds.reading(of: [lane(0)])
    grounds.learned(progress: [Partition(0): Offset(100)], before: [:])
    let byReading = grounds.ended(reading)
    #expect(byReading.isEmpty)
    #expect(!grounds.isSettled(lane(0)))
    _ = grounds.ended(grounds.reading(of: [lane(0)]))
    #expect(grounds.isSettled(lane(0)))
  }

  @Test func `of a sale whose winners are not kept everything is told at once, and nothing is read`() {
    var grounds = grounds
    let whileKept = grounds.learned(gone, of: phone)
    #expect(!whileKept)
    grounds.keep([])
    #expect(grounds.wanting.isEmpty)
    let whenNotKept = grounds.learned(gone, of: phone)
    #expect(whenNotKept)
    #expect(grounds.reading(of: [lane(0)]).offsets.isEmpty)
    grounds.learned(end: Offset(3), of: lane(0))
    #expect(!grounds.isSettled(lane(0)))
    grounds.learned(progress: [Partition(0): Offset(3)], before: [:])
    #expect(grounds.isSettled(lane(0)))
  }
}
