import FlashSale
import TestSupport
import Testing
import Time

/// The life of an order after its first decision, as the log decides it.
@Suite("an order's life")
struct LifeTests {
  private let sale = SaleNumber(rawValue: 7)
  private let phone = StockKey(sale: SaleNumber(rawValue: 7), sku: SKU(unchecked: "phone"))

  @Test("I2 while units are held a request hears so, and never that all is sold")
  func allHeld() throws {
    var line = try DecidedStock(phone, left: 2)
    #expect(line.place("ann", 2).outcome == .confirmed)
    #expect(line.place("bob", 1).outcome == .rejected(.allHeld))
    line.pay("ann", 200)
    #expect(line.place("bob", 1, key: "again").outcome == .rejected(.soldOut))
  }

  @Test("a hold ends at its time and never before, once, and gives the units and the allowance back")
  func expires() throws {
    var line = try DecidedStock(phone, left: 1, limit: 1)
    line.place("ann", 1)
    #expect(line.does("ann", .expire, at: 69) == .notDue)
    #expect(line.does("ann", .expire, at: 70) == .applied)
    #expect(line.state("ann") == .expired)
    #expect(line.does("ann", .expire, at: 71) == .notAllowed)
    #expect(line.level.left == Units(1) && line.level.reserved == .zero)
    #expect(line.place("ann", 1, key: "again").outcome == .confirmed)
  }

  @Test("what comes first in the log wins: payment or expiry")
  func race() throws {
    var first = try DecidedStock(phone, left: 1)
    first.place("ann", 1)
    #expect(first.pay("ann", 100, at: 500) == .applied)
    #expect(first.does("ann", .expire, at: 500) == .notAllowed)
    #expect(first.state("ann") == .paid)

    var second = try DecidedStock(phone, left: 1)
    second.place("ann", 1)
    second.does("ann", .expire, at: 70)
    #expect(second.pay("ann", 100, at: 60) == .tooLate)
    #expect(second.state("ann") == .refundDue)
    #expect(second.money() == CapturedMoney(captured: 100, applied: 0, due: 100, refunded: 0))
  }

  @Test("a late payment has its units if they are still there and the sale allows it")
  func late() throws {
    var line = try DecidedStock(phone, left: 1, rules: try HoldRules(seconds: 60, latePayment: .ifFree))
    line.place("ann", 1)
    line.does("ann", .expire, at: 70)
    #expect(line.pay("ann", 100, at: 90) == .applied)
    #expect(line.state("ann") == .paid && line.level.left == .zero && line.level.reserved == .zero)

    var gone = try DecidedStock(phone, left: 1, rules: try HoldRules(seconds: 60, latePayment: .ifFree))
    gone.place("ann", 1)
    gone.does("ann", .expire, at: 70)
    gone.place("bob", 1)
    #expect(gone.pay("ann", 100, at: 90) == .tooLate)
  }

  @Test("I13 each capture is applied or to be paid back, in any order of arrival")
  func captures() throws {
    var line = try DecidedStock(phone, left: 5)
    line.place("ann", 2)
    #expect(line.pay("ann", 150, payment: "p1") == .wrongAmount)
    #expect(line.pay("ann", 200, "USD", payment: "p2") == .wrongAmount)
    #expect(line.pay("ann", 200, payment: "p3") == .applied)
    #expect(line.pay("ann", 200, payment: "p3") == .repeated)
    #expect(line.pay("ann", 200, payment: "p4") == .alreadyPaid)
    #expect(line.pay("nobody", 200, payment: "p5") == .unknownOrder)
    #expect(line.pay("ann", 200, payment: "p6", payer: "bob") == .anotherOrder)
    #expect(line.pay("bob", 50, "USD", payment: "p3") == .repeated, "an id names one capture in the sale")
    #expect(line.money("CNY") == CapturedMoney(captured: 950, applied: 200, due: 750, refunded: 0))
    #expect(line.money("USD") == CapturedMoney(captured: 200, applied: 0, due: 200, refunded: 0))
    #expect(line.does("ann", .refunded(PaymentID(unchecked: "p4"), minor: 200)) == .applied)
    #expect(line.does("ann", .refunded(PaymentID(unchecked: "p4"), minor: 1)) == .tooMuch)
    #expect(line.state("ann") == .paid)
    #expect(line.money("CNY") == CapturedMoney(captured: 950, applied: 200, due: 550, refunded: 200))
    #expect(line.hold("ann")?.refundDue == 150, "what was for another buyer's order is no debt of hers")
  }

  @Test("I13 a refund of what is due never takes what the order is paid with")
  func onlyDue() throws {
    var line = try DecidedStock(phone, left: 5)
    line.place("ann", 3)
    line.pay("ann", 300)
    line.does("ann", .cancel(Units(1)))
    let payment = PaymentID(unchecked: "of ann")
    #expect(line.does("ann", .refunded(payment, minor: 101, onlyDue: true)) == .tooMuch)
    #expect(line.does("ann", .refunded(payment, minor: 100, onlyDue: true)) == .applied)
    // Two jobs, or a job and a person, have noted the same refund.
    #expect(line.does("ann", .refunded(payment, minor: 100, onlyDue: true)) == .tooMuch)
    #expect(line.state("ann") == .paid)
    #expect(line.money() == CapturedMoney(captured: 300, applied: 200, due: 0, refunded: 100))
    #expect(line.does("ann", .refunded(payment, minor: 100)) == .applied)
  }

  @Test("a cancel gives back just so many units and as much allowance, once, and owes what was paid for them")
  func cancels() throws {
    var line = try DecidedStock(phone, left: 5, limit: 3)
    line.place("ann", 3)
    line.pay("ann", 300)
    let id = CommandID(IdempotencyKey(unchecked: "one less"))
    #expect(line.does("ann", .cancel(Units(1)), id: id) == .refundDue)
    #expect(line.does("ann", .cancel(Units(1)), id: id) == .repeated)
    #expect(line.does("ann", .cancel(Units(3))) == .tooMuch)
    #expect(line.level.left == Units(3) && line.state("ann") == .paid)
    #expect(line.money() == CapturedMoney(captured: 300, applied: 200, due: 100, refunded: 0))
    #expect(line.place("ann", 1, key: "again").outcome == .confirmed)
    #expect(line.place("ann", 1, key: "once more").outcome == .rejected(.limitReached))
    #expect(line.does("ann", .cancel(nil)) == .refundDue)
    #expect(line.state("ann") == .refundDue && line.level.left == Units(4))
    #expect(line.does("ann", .refunded(PaymentID(unchecked: "of ann"), minor: 300)) == .applied)
    #expect(line.state("ann") == .refunded)
  }

  @Test("a confirmed order is cancelled too, also in the batch in which it was placed")
  func confirmed() throws {
    var line = try DecidedStock(phone, left: 2, rules: nil)
    line.state.awaited = [line.order("ann")]
    line.place("ann", 2)
    #expect(line.does("ann", .cancel(Units(1))) == .applied)
    #expect(line.level.left == Units(1) && line.state("ann") == .confirmed)
    #expect(line.effects.holds[line.order("ann")]?.before == nil)
    #expect(line.does("ann", .fulfil) == .applied)
    #expect(line.does("ann", .cancel(nil)) == .notAllowed)
  }

  @Test("a hold is extended so often and by so much, and no offer beyond the sale")
  func extends() throws {
    var line = try DecidedStock(phone, left: 1, rules: try HoldRules(seconds: 60, extensions: 2, extensionSeconds: 30))
    line.place("ann", 1)
    #expect(line.does("ann", .extend) == .applied)
    #expect(line.does("ann", .extend) == .applied)
    #expect(line.does("ann", .extend) == .noneLeft)
    #expect(line.effects.history.compactMap(\.due).last == line.hold("ann")?.due, "the history says until when")
    #expect(line.does("ann", .expire, at: 129) == .notDue)
    #expect(line.does("ann", .expire, at: 130) == .applied)
    #expect(line.does("ann", .extend) == .notAllowed)
  }

  @Test("units that come back go to those who wait, in their order, before anybody new")
  func waits() throws {
    var line = try DecidedStock(phone, left: 1, limit: 2, rules: try Self.waitlist(.skip))
    line.place("ann", 1)
    #expect(line.place("bob", 1, waits: true).outcome == .waitlisted)
    #expect(line.place("cid", 1, waits: true).outcome == .waitlisted)
    #expect(line.place("bob", 2, key: "more", waits: true).outcome == .rejected(.limitReached))
    line.does("ann", .release, at: 20)
    #expect(line.state("bob") == .reserved && line.state("cid") == .waiting)
    #expect(line.hold("bob")?.due == .at(140) && line.hold("bob")?.isOffer == true)
    #expect(line.place("dan", 1).outcome == .rejected(.allHeld))
    line.does("bob", .expire, at: 140)
    #expect(line.state("cid") == .reserved)
  }

  @Test("if less comes back than the first one wants, the sale's rule decides", arguments: WaitlistRules.Short.allCases)
  func short(_ rule: WaitlistRules.Short) throws {
    var line = try DecidedStock(phone, left: 2, rules: try Self.waitlist(rule))
    line.place("ann", 1)
    line.place("amy", 1)
    line.place("bob", 2, waits: true)
    line.place("cid", 1, waits: true)
    line.does("ann", .release, at: 20)
    switch rule {
    case .skip: #expect(line.state("bob") == .waiting && line.state("cid") == .reserved)
    case .partial: #expect(line.hold("bob")?.units == Units(1) && line.state("bob") == .reserved)
    case .gather:
      #expect(line.state("bob") == .waiting && line.state("cid") == .waiting && line.level.left == Units(1))
      #expect(line.place("dan", 1).outcome == .rejected(.insufficientStock))
      line.does("amy", .release, at: 21)
      #expect(line.state("bob") == .reserved)
    }
  }

  @Test("no offer outlives the sale, nor leaves less than the least time to pay")
  func offersEnd() throws {
    var line = try DecidedStock(phone, left: 2, rules: try Self.waitlist(.skip))
    line.place("ann", 1)
    line.place("amy", 1)
    line.place("bob", 1, waits: true)
    line.place("cid", 1, waits: true)
    line.does("ann", .release, at: 960)
    #expect(line.hold("bob")?.due == .at(1_000))
    line.does("amy", .release, at: 980)
    #expect(line.state("cid") == .waiting && line.level.left == Units(1))
    #expect(line.does("cid", .expire, at: 999) == .notDue)
    #expect(line.does("cid", .expire, at: 1_000) == .applied)
    #expect(line.state("cid") == .lapsed)
  }

  @Test("a restock goes to those who wait; a reduction takes nothing that is sold or held")
  func restocks() throws {
    var line = try DecidedStock(phone, left: 1, rules: try Self.waitlist(.skip))
    line.place("ann", 1)
    line.place("bob", 1, waits: true)
    line.does(.restock(Units(3)), at: 20)
    #expect(line.state("bob") == .reserved && line.level.left == Units(2) && line.level.putUp == Units(4))
    line.does(.reduce(Units(3)), at: 21)
    #expect(line.effects.history.last?.result == .tooMuch && line.level.left == Units(2))
    line.does(.reduce(Units(2)), at: 22)
    #expect(line.level.left == .zero && line.level.putUp == Units(2))
    line.does(.restock(Units(1_000_000_000)), at: 23)
    #expect(line.effects.history.last?.result == .tooMuch)
  }

  @Test("who lets too many holds lapse is refused, in the order of the log")
  func hoards() throws {
    var line = try DecidedStock(phone, left: 9, rules: try HoldRules(seconds: 60, lapses: 2))
    for key in ["a", "b"] {
      line.place("ann", 1, key: key)
      line.does("ann", .expire, key: key, at: 70)
    }
    #expect(line.place("ann", 1, key: "c").outcome == .rejected(.holdAbuse))
    #expect(line.place("bob", 1).outcome == .confirmed)
  }

  @Test("a list that is full is offered units by one record, each order once, and takes nobody more")
  func wholeWaitlist() throws {
    var line = try DecidedStock(phone, left: 1, rules: try Self.waitlist(.skip))
    line.place("ann", 1)
    let places = Limits.waitlistPlaces
    for number in 0..<places { #expect(line.place("b\(number)", 1, waits: true).outcome == .waitlisted) }
    #expect(line.place("late", 1, waits: true).outcome == .rejected(.allHeld))
    let before = line.effects.history.count
    #expect(line.does(.restock(Units(Int32(places))), at: 20) == .applied)
    let entries = line.effects.history[before...]
    #expect(entries.map { Int($0.place) } == Array(0...places))
    #expect(Set(entries.compactMap(\.order)).count == places && line.level.left == .zero)
  }

  private static func waitlist(_ short: WaitlistRules.Short) throws -> HoldRules {
    try HoldRules(seconds: 60, waitlist: try WaitlistRules(offerSeconds: 120, leastSeconds: 30, short: short))
  }
}

extension LifeTests {
  @Test("what the history says up to a place is how each order stood there", arguments: UInt64(1)...40)
  func asOf(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let holds = try HoldRules(
      seconds: 60, latePayment: .ifFree, waitlist: WaitlistRules(offerSeconds: 60, leastSeconds: 1))
    var line = try DecidedStock(phone, left: 4, rules: seed % 4 == 0 ? nil : holds)
    let buyers = ["ann", "bob", "cem", "dan"]
    line.state.awaited = Set(buyers.map { line.order($0) })
    var stood: [(history: Int, lives: [OrderID: LaneStock.Life], payments: [Payment.Key: Payment])] = []
    for buyer in buyers { line.place(buyer, Int32.random(in: 1...3, using: &random), waits: true) }
    for step in 0..<40 {
      let buyer = buyers[Int.random(in: 0..<4, using: &random)]
      let second = Int64(15 + step * 2)
      let payment = "p\(Int.random(in: 0...2, using: &random)) of \(buyer)"
      let due = line.hold(buyer)?.amountMinor ?? 100
      switch Int.random(in: 0...7, using: &random) {
      case 0...1: line.pay(buyer, max(1, due), payment: payment, at: second)
      case 2: line.pay(buyer, 70, Bool.random(using: &random) ? "CNY" : "USD", payment: payment, at: second)
      case 3: line.does(buyer, .cancel(Units(1)), at: second)
      case 4: line.does(buyer, Bool.random(using: &random) ? .cancel(nil) : .release, at: second)
      case 5: line.does(buyer, .expire, at: second)
      case 6:
        let minor = Int64.random(in: 1...300, using: &random)
        line.does(buyer, .refunded(PaymentID(unchecked: payment), minor: minor), at: second)
      default: line.does(buyer, Bool.random(using: &random) ? .extend : .fulfil, at: second)
      }
      stood.append((line.effects.history.count, line.state.lives, line.state.payments))
    }
    let first = Dictionary(uniqueKeysWithValues: line.effects.orders.map { ($0.request.order, $0) })
    for (count, lives, payments) in stood {
      for (id, order) in first {
        let decided = order.outcome
        var earlier = EarlierLife(decided, order.request.quantity, hasHolds: seed % 4 != 0)
        for entry in line.effects.history.prefix(count) where entry.order == id {
          earlier.add(
            EarlierLife.Step(
              action: entry.action, result: entry.result, units: entry.units, minor: entry.minor, state: entry.state,
              sequence: entry.sequence, payment: entry.payment))
        }
        if case .hold(let hold) = lives[id] {
          #expect(earlier.state == hold.state && earlier.liveUnits == hold.liveUnits, "\(seed) \(id)")
          #expect(earlier.sequence == hold.sequence)
        }
        for payment in payments.values where payment.order == id {
          let money = earlier.money[payment.key.id]
          #expect(
            money?.captured == payment.captured && money?.refundDue == payment.refundDue
              && money?.refunded == payment.refunded, "\(seed) \(payment)")
        }
      }
    }
  }
}
