import FlashSale
import Testing
import Time

/// What changes of a sale in the middle mean for those who come, for those who wait, and for what is won.
@Suite struct RuleChangeTests {
  private let phone = StockKey(sale: SaleNumber(rawValue: 7), sku: SKU(unchecked: "phone"))

  private func waitlist(_ short: WaitlistRules.Short) throws -> HoldRules {
    try HoldRules(seconds: 60, waitlist: try WaitlistRules(offerSeconds: 120, leastSeconds: 30, short: short))
  }

  @Test("a window that is moved refuses or lets in who comes from then on, and takes nothing away")
  func window() throws {
    var line = try DecidedStock(phone, left: 9)
    line.place("ann", 1, at: 500)
    #expect(line.does(.change(try RuleChange(endsAt: .at(300))), at: 500) == .applied)
    #expect(line.place("bob", 1, at: 299).outcome == .confirmed)
    #expect(line.place("cid", 1, at: 300).outcome == .rejected(.ended))
    #expect(line.pay("ann", 100, at: 550) == .applied)
    #expect(line.does(.change(try RuleChange(endsAt: .at(2_000))), at: 600) == .applied)
    #expect(line.place("dan", 1, at: 1_999).outcome == .confirmed)
    #expect(line.does(.change(try RuleChange(startsAt: .at(1_000))), at: 600) == .applied)
    #expect(line.place("eva", 1, at: 999).outcome == .rejected(.notStarted))
    #expect(line.does(.change(try RuleChange(startsAt: .at(2_000))), at: 600) == .tooMuch)
    #expect(line.level.rules.startsAt == .at(1_000))
  }

  @Test("a limit that is lowered takes nothing away, and holds for who comes from then on")
  func limit() throws {
    var line = try DecidedStock(phone, left: 9, limit: 3)
    line.place("ann", 3)
    #expect(line.does(.change(try RuleChange(perBuyerLimit: Units(1))), at: 20) == .applied)
    #expect(line.pay("ann", 300) == .applied && line.hold("ann")?.units == Units(3))
    #expect(line.place("ann", 1, key: "more").outcome == .rejected(.limitReached))
    #expect(line.place("bob", 2).outcome == .rejected(.limitReached))
    #expect(line.place("bob", 1, key: "less").outcome == .confirmed)
    #expect(line.does(.change(try RuleChange(perBuyerLimit: Units(4))), at: 21) == .applied)
    #expect(line.place("ann", 1, key: "now").outcome == .confirmed)

    var unlimited = try DecidedStock(phone, left: 9)
    #expect(unlimited.does(.change(try RuleChange(perBuyerLimit: Units(1))), at: 20) == .tooMuch)
  }

  @Test("the price at which an order was won stays its own")
  func price() throws {
    var line = try DecidedStock(phone, left: 2)
    line.place("ann", 1)
    #expect(line.does(.change(try RuleChange(priceMinor: 150)), at: 12) == .applied)
    line.place("bob", 1)
    #expect(line.pay("ann", 150, payment: "wrong") == .wrongAmount)
    #expect(line.pay("ann", 100) == .applied && line.pay("bob", 150) == .applied)

    var confirmed = try DecidedStock(phone, left: 2, rules: nil)
    #expect(confirmed.does(.change(try RuleChange(priceMinor: 150)), at: 12) == .tooMuch)
  }

  @Test("who waits keeps the limit and the price of when she asked, and an offer the end that she was told")
  func waiters() throws {
    var line = try DecidedStock(phone, left: 3, limit: 3, rules: try waitlist(.skip))
    line.place("ann", 3)
    #expect(line.place("bob", 3, waits: true).outcome == .waitlisted)
    line.does(.change(try RuleChange(perBuyerLimit: Units(1), priceMinor: 150)), at: 12)
    line.does("ann", .release, at: 20)
    #expect(line.state("bob") == .reserved && line.hold("bob")?.units == Units(3))
    #expect(line.hold("bob")?.due == .at(140))
    line.does(.change(try RuleChange(endsAt: .at(50))), at: 30)
    #expect(line.hold("bob")?.due == .at(140))
    #expect(line.does("bob", .expire, at: 139) == .notDue)
    #expect(line.pay("bob", 300, at: 139) == .applied)
  }

  @Test("an offer that is extended goes no further than the sale's end as it is then")
  func extends() throws {
    var line = try DecidedStock(
      phone, left: 1,
      rules: try HoldRules(
        seconds: 60, extensions: 3, extensionSeconds: 100,
        waitlist: try WaitlistRules(offerSeconds: 120, leastSeconds: 30)))
    line.place("ann", 1)
    line.place("bob", 1, waits: true)
    line.does("ann", .release, at: 20)
    line.does(.change(try RuleChange(endsAt: .at(200))), at: 30)
    #expect(line.does("bob", .extend, at: 31) == .applied && line.hold("bob")?.due == .at(200))
    #expect(line.does("bob", .extend, at: 32) == .noneLeft)
  }

  @Test("a sale that is prolonged offers at once what its end had kept from those who wait")
  func prolonged() throws {
    var line = try DecidedStock(phone, left: 1, rules: try waitlist(.partial))
    line.place("ann", 1)
    line.place("bob", 2, waits: true)
    line.does("ann", .release, at: 980)
    #expect(line.state("bob") == .waiting && line.level.left == Units(1))
    line.does(.change(try RuleChange(endsAt: .at(2_000))), at: 985)
    #expect(line.state("bob") == .reserved && line.hold("bob")?.due == .at(1_105))
  }

  @Test(
    "I2 units that can no longer be offered to those who wait go to who asks for them",
    arguments: WaitlistRules.Short.allCases)
  func lastMinutes(_ short: WaitlistRules.Short) throws {
    var line = try DecidedStock(phone, left: 1, rules: try waitlist(short))
    line.place("ann", 1, at: 900)
    line.place("bob", 2, waits: true, at: 910)
    line.does("ann", .release, at: 980)
    #expect(line.state("bob") == .waiting && line.level.left == Units(1))
    // By a clock that is behind, there is still time for an offer.
    #expect(line.place("eva", 1, at: 969).outcome == (short == .skip ? .confirmed : .rejected(.insufficientStock)))
    if short != .skip { #expect(line.place("dan", 1, at: 981).outcome == .confirmed) }
    #expect(line.place("fay", 1, at: 982).outcome == .rejected(.allHeld))
  }

  @Test("all that is left can be taken back, also where nothing was sold; what is sold or held stays")
  func reduces() throws {
    var line = try DecidedStock(phone, left: 10)
    #expect(line.does(.reduce(Units(11)), at: 11) == .tooMuch)
    #expect(line.does(.reduce(Units(10)), at: 12) == .applied)
    #expect(line.level.putUp == .zero && line.place("ann", 1).outcome == .rejected(.soldOut))
    #expect(line.does(.restock(Units(3)), at: 13) == .applied)
    #expect(line.place("ann", 1, key: "again").outcome == .confirmed)
    #expect(line.does(.reduce(Units(3)), at: 14) == .tooMuch)
    #expect(line.does(.reduce(Units(2)), at: 15) == .applied)
    #expect(line.level.putUp == Units(1) && line.level.left == .zero)
  }
}
