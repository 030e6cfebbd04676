import FlashSale
import Testing

struct SaleLineTests {
  @Test func `a line has what is on its way and what waits in each partition`() {
    var line = SaleLine(flying: 2)
    line.add(own: 3, undecided: 10, isAlone: false, drainRate: 100)
    line.add(own: 4, undecided: 9, isAlone: true, drainRate: 50)
    // What this intake knows late to be decided is known at once where all records are the sale's.
    line.add(own: 5, undecided: 1, isAlone: true, drainRate: nil)
    line.add(own: 0, undecided: 7, isAlone: false, drainRate: 1_000)
    #expect(line.orders == 2 + 3 + 9 + 1)
    // Three tenths of what the first decides, and all of what the second does.
    #expect(line.drainRate == 80)
  }

  @Test func `it is full at its limit, and open once it is decided (I2)`() {
    var line = SaleLine(flying: 1)
    line.add(own: 1, undecided: 1, isAlone: true, drainRate: nil)
    #expect(line.isFull(limit: 2) && line.isFull(limit: 1) && !line.isFull(limit: 3))
    #expect(line.drainRate == nil)
    var decided = SaleLine(flying: 0)
    decided.add(own: 0, undecided: 0, isAlone: true, drainRate: 10)
    decided.add(own: 0, undecided: 1_000, isAlone: false, drainRate: 10)
    #expect(decided.orders == 0 && !decided.isFull(limit: 1))
  }
}
