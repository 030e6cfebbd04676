import FlashSale
import TestSupport
import Testing

struct IntakeLineTests {
  @Test func `what entered before a mark is decided when the watermark reaches the mark's end`() {
    var line = IntakeLine()
    line.observe(entered: 10, end: Offset(10), watermark: Offset(0))
    line.observe(entered: 25, end: Offset(20), watermark: Offset(9))
    #expect(line.decided == 0)
    line.observe(entered: 30, end: Offset(30), watermark: Offset(10))
    #expect(line.decided == 10)
    line.observe(entered: 30, end: Offset(30), watermark: Offset(29))
    #expect(line.decided == 25)
    line.observe(entered: 30, end: Offset(30), watermark: Offset(30))
    #expect(line.decided == 30)
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `it never tells more than is decided, tells nearly all, and in the end everything (I2)`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var line = IntakeLine()
    // How many of the partition's records before each offset are of this item.
    var before: [Int] = [0]
    var watermark = 0
    func observe(_ watermark: Int) -> (decided: Int, waiting: Int) {
      let (entered, end) = (before[before.count - 1], before.count - 1)
      line.observe(entered: Int64(entered), end: Offset(Int64(end)), watermark: Offset(Int64(watermark)))
      return (before[watermark], entered - before[watermark])
    }
    for _ in 0..<2_000 {
      for _ in 0..<Int.random(in: 0...40, using: &random) {
        before.append(before[before.count - 1] + (Bool.random(using: &random) ? 1 : 0))
      }
      watermark = min(before.count - 1, watermark + Int.random(in: 0...38, using: &random))
      let (decided, waiting) = observe(watermark)
      #expect(line.decided <= decided)
      // A mark is at most a few batches, or an eighth of the line, behind.
      #expect(decided - Int(line.decided) <= 120 + waiting / 8)
    }
    _ = observe(before.count - 1)
    #expect(Int(line.decided) == before[before.count - 1])
  }

  @Test func `a gate is full from the cap times what is left on, and open with nothing in line`() {
    #expect(!LineGate.isFull(line: 29, left: Units(10), cap: 3))
    #expect(LineGate.isFull(line: 30, left: Units(10), cap: 3))
    #expect(LineGate.isFull(line: 1, left: .zero, cap: 1_000))
    #expect(!LineGate.isFull(line: 0, left: .zero, cap: 1))
    #expect(!LineGate.isFull(line: 999_999_999_999, left: Units(1_000_000_000), cap: 1_000))
    // Whatever was in line: when half of what is left came free, it lets in again.
    #expect(!LineGate.isFull(line: 4, left: Units(5), cap: 1))
  }
}
