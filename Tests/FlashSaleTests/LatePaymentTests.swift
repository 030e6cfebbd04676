import FlashSale
import Testing
import Time

/// Money that comes when it is not expected (I13).
@Suite struct LatePaymentTests {
  private let phone = StockKey(sale: SaleNumber(rawValue: 7), sku: SKU(unchecked: "phone"))

  private enum Step: CaseIterable {
    case expire, pay, cancel, extend
  }

  private static let orders: [[Step]] = {
    func orders(of rest: [Step]) -> [[Step]] {
      rest.isEmpty ? [[]] : rest.flatMap { step in orders(of: rest.filter { $0 != step }).map { [step] + $0 } }
    }
    return orders(of: Step.allCases)
  }()

  @Test(
    "I13 expiry, payment, cancel and extend race: in every order each has its one answer",
    arguments: HoldRules.LatePayment.allCases, [true, false])
  func races(_ late: HoldRules.LatePayment, isWhole: Bool) throws {
    #expect(Self.orders.count == 24)
    for steps in Self.orders {
      var line = try DecidedStock(
        phone, left: 5, limit: 2,
        rules: try HoldRules(seconds: 60, extensions: 1, extensionSeconds: 30, latePayment: late))
      line.place("ann", 2)
      // The hold is over at 70, and at 100 if it was extended.
      for step in steps {
        switch step {
        case .expire: line.does("ann", .expire, at: 75)
        case .pay: line.pay("ann", 200, at: 75)
        case .cancel: line.does("ann", .cancel(isWhole ? nil : Units(1)), at: 75)
        case .extend: line.does("ann", .extend, at: 75)
        }
      }
      let expected = Self.end(of: steps, late, isWhole: isWhole)
      let hold = try #require(line.hold("ann"))
      let money = CapturedMoney(captured: 200, applied: 200 - expected.due, due: expected.due, refunded: 0)
      #expect(hold.state == expected.state && line.money() == money, "\(steps)")
      #expect(hold.refundDue == expected.due && hold.liveUnits == Units(expected.units), "\(steps)")
      let sold = hold.state == .paid ? hold.units : .zero
      #expect(line.level.left + line.level.reserved + sold == Units(5), "\(steps)")
      #expect(line.state.held[LaneStock.Holder(sale: phone.sale, buyer: hold.buyer)] == hold.liveUnits, "\(steps)")
    }
  }

  /// Where the order stands behind the four, what is to be paid back of its 200, and how many units it has.
  private static func end(
    of steps: [Step], _ late: HoldRules.LatePayment, isWhole: Bool
  ) -> (state: Hold.State, due: Int64, units: Int32) {
    func isFirst(_ step: Step, of other: Step) -> Bool {
      (steps.firstIndex(of: step) ?? 0) < (steps.firstIndex(of: other) ?? 0)
    }
    let expires = isFirst(.expire, of: .extend)
    if expires, isFirst(.expire, of: .pay), isFirst(.expire, of: .cancel) {
      // It ran out, and nobody cancels what has run out.
      if late == .refund { return (.refundDue, 200, 0) }
      if isFirst(.cancel, of: .pay) { return (.paid, 0, 2) }
      return isWhole ? (.refundDue, 200, 0) : (.paid, 100, 1)
    }
    if isFirst(.pay, of: .cancel) { return isWhole ? (.refundDue, 200, 0) : (.paid, 100, 1) }
    if isWhole { return (.refundDue, 200, 0) }
    // What is left costs 100, so that 200 is a wrong amount.
    return expires ? (.refundDue, 200, 0) : (.reserved, 200, 1)
  }

  @Test("a payment of the right amount pays a hold that ran out, whatever other money came for it before")
  func afterWrongAmount() throws {
    for (isRefunded, wrongAt) in [(false, 50), (false, 80), (true, 50), (true, 80)] as [(Bool, Int64)] {
      var line = try DecidedStock(phone, left: 1, rules: try HoldRules(seconds: 60, latePayment: .ifFree, lapses: 1))
      line.place("ann", 1)
      if wrongAt > 70 { line.does("ann", .expire, at: 70) }
      #expect(line.pay("ann", 99, payment: "wrong", at: wrongAt) == .wrongAmount)
      if wrongAt < 70 { line.does("ann", .expire, at: 70) }
      #expect(line.state("ann") == .refundDue)
      if isRefunded { line.does("ann", .refunded(PaymentID(unchecked: "wrong"), minor: 99)) }
      #expect(line.pay("ann", 100, payment: "right", at: 90) == .applied)
      #expect(line.state("ann") == .paid && line.level.left == .zero && line.hold("ann")?.isLapsed == false)
      let due: Int64 = isRefunded ? 0 : 99
      #expect(line.money() == CapturedMoney(captured: 199, applied: 100, due: due, refunded: 99 - due))
      #expect(line.pay("ann", 100, payment: "once more", at: 91) == .alreadyPaid)
    }
  }

  @Test("no payment revives an order that was given back or paid back")
  func revives() throws {
    for isPaid in [true, false] {
      var line = try DecidedStock(phone, left: 1, rules: try HoldRules(seconds: 60, latePayment: .ifFree))
      line.place("ann", 1)
      if isPaid { line.pay("ann", 100) }
      line.does("ann", .cancel(nil))
      if isPaid { line.does("ann", .refunded(PaymentID(unchecked: "of ann"), minor: 100)) }
      #expect(line.pay("ann", 100, payment: "again") == .tooLate)
      #expect(line.state("ann") == .refundDue && line.level.left == Units(1))
    }
  }

  @Test("a late payment has units that nobody who waits can use, and none that are kept for her")
  func besideWaiters() throws {
    for short in [WaitlistRules.Short.skip, .gather] {
      var line = try DecidedStock(
        phone, left: 1,
        rules: try HoldRules(
          seconds: 60, latePayment: .ifFree,
          waitlist: try WaitlistRules(offerSeconds: 120, leastSeconds: 30, short: short)))
      line.place("ann", 1)
      line.place("bob", 2, waits: true)
      line.does("ann", .expire, at: 70)
      #expect(line.pay("ann", 100, at: 90) == (short == .skip ? .applied : .tooLate))
    }
  }

  @Test("I13 money of an order is counted without a sum that overflows, and each capture whole")
  func withoutEnd() throws {
    var line = try DecidedStock(phone, left: 1)
    line.place("ann", 1)
    let most: Int64 = 1_000_000_000_000_000
    for number in 0..<9_300 {
      #expect(line.pay("ann", most, payment: "p\(number)") == .wrongAmount)
    }
    let captured = line.state.payments.values.reduce(Int128(0)) { $0 + Int128($1.refundDue) }
    #expect(captured == Int128(9_300) * Int128(most))
    let counted = line.state.payments.values.filter(\.isCounted)
    #expect(line.hold("ann")?.refundDue == Int64(counted.count) * most && counted.count < 1_100)
    // Both kinds are paid back, and the order can be paid no more.
    for number in [0, 9_299] {
      #expect(line.does("ann", .refunded(PaymentID(unchecked: "p\(number)"), minor: most)) == .applied)
    }
    #expect(line.hold("ann")?.refundDue == Int64(counted.count - 1) * most)
    #expect(
      Money.sums(line.state.payments.values.map { Money(minor: $0.captured, currency: $0.currency) })
        == [Money(minor: .max, currency: "CNY")])
  }

  @Test("a record of any time is decided")
  func anyTime() throws {
    var line = try DecidedStock(
      phone, left: 1,
      rules: try HoldRules(seconds: 60, waitlist: try WaitlistRules(offerSeconds: 120, leastSeconds: 30)))
    line.place("ann", 1)
    line.place("bob", 1, waits: true)
    line.does(.restock(Units(1)), at: Int64.max / 1_000_000)
    #expect(line.state("bob") == .waiting && line.level.left == Units(1))
  }
}
