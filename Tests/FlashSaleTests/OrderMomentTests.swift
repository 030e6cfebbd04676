import FlashSale
import Testing
import Time

/// The table of decision 0021.
struct OrderMomentTests {
  private static let start = Timestamp(microseconds: 1_000)
  private static let end = Timestamp(microseconds: 2_000)
  private static let release = Timestamp(microseconds: 1_900)

  private func moment(
    at now: Int64 = 1_500, left: Int32 = 1, isClosed: Bool = false, isHeld: Bool = false, isSettled: Bool = false,
    byShop: Bool = false, waits: Bool = false
  ) -> OrderMoment {
    let item = OrderMoment.Item(
      left: Units(left), isClosed: isClosed, isHeld: isHeld, isSettled: isSettled,
      earliestRelease: isHeld ? Self.release : nil)
    return OrderMoment(
      of: item, from: Self.start, to: Self.end, isClosed: byShop, waits: waits,
      at: Timestamp(microseconds: now))
  }

  @Test func `I2 only nothing, a closed stock or a decided end is an end`() {
    #expect(moment(at: 999) == .notStarted(Self.start))
    #expect(moment(at: 1_000) == .open)
    #expect(moment(at: 1_999) == .open)
    #expect(moment(at: 2_000) == .ending)
    #expect(moment(at: 2_000, isSettled: true) == .over(.ended))
    #expect(moment(at: 2_000, left: 0, isHeld: true) == .over(.ended))
    #expect(moment(left: 0) == .over(.soldOut))
    #expect(moment(left: 0, isHeld: true) == .over(.allHeld(Self.release)))
    #expect(moment(isClosed: true) == .over(.ended))
    #expect(moment(byShop: true) == .closing)
    #expect(moment(left: 0, byShop: true) == .over(.ended))
    #expect(moment(at: 999, byShop: true) == .over(.ended))
    #expect(moment(at: 999, isClosed: true) == .over(.ended))
  }

  @Test func `who waits for units that come back takes nothing left for no end`() {
    #expect(moment(left: 0, waits: true) == .open)
    #expect(moment(left: 0, isHeld: true, waits: true) == .open)
    #expect(moment(isClosed: true, waits: true) == .over(.ended))
    // Until all of before the end is decided, she can be offered units by it.
    #expect(moment(at: 2_000, left: 0, isHeld: true, waits: true) == .ending)
    #expect(moment(at: 2_000, left: 0, isSettled: true, waits: true) == .over(.ended))
    #expect(moment(left: 0, byShop: true, waits: true) == .closing)
  }

  @Test func `a basket meets what its worst line meets`() {
    let (gone, some, ending) = (moment(left: 0), moment(), moment(at: 2_000))
    let basket = { (lines: [OrderMoment]) in OrderMoment.ofBasket(lines) }
    #expect(basket([some, some]) == (.open, 0))
    #expect(basket([some, gone]) == (.over(.soldOut), 1))
    #expect(basket([ending, gone]) == (.over(.soldOut), 1))
    #expect(basket([some, ending]) == (.ending, 1))
  }

  @Test func `I2 a winner is looked up before anything else, and whoever may be one before a refusal`() {
    let (notStarted, ended) = (moment(at: 999), moment(isClosed: true))
    for hasWon in [false, true] {
      let take: OrderMoment.Meeting = hasWon ? .lookUp(otherwise: nil) : .take
      #expect(moment().meeting(hasWon: hasWon, isComplete: true) == take)
      #expect(moment(at: 2_000).meeting(hasWon: hasWon, isComplete: true) == take)
      #expect(moment(byShop: true).meeting(hasWon: hasWon, isComplete: true) == .lookUp(otherwise: .unaccounted))
    }
    #expect(notStarted.meeting(hasWon: false, isComplete: true) == .refuse(.notStarted(Self.start)))
    #expect(notStarted.meeting(hasWon: true, isComplete: true) == .lookUp(otherwise: .notStarted(Self.start)))
    #expect(ended.meeting(hasWon: false, isComplete: true) == .refuse(.over(.ended)))
    #expect(ended.meeting(hasWon: true, isComplete: true) == .lookUp(otherwise: .over(.ended)))
    #expect(ended.meeting(hasWon: false, isComplete: false) == .lookUp(otherwise: .over(.ended)))
  }

  @Test func `an order without a key is taken where units are left and the sale is open, and nowhere else`() {
    #expect(moment().refusal == nil)
    #expect(moment(at: 999).refusal == .notStarted(Self.start))
    #expect(moment(left: 0).refusal == .over(.soldOut))
    #expect(moment(at: 2_000).refusal == .over(.ended))
    #expect(moment(byShop: true).refusal == .over(.ended))
  }
}
