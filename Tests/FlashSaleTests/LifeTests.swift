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
    var line = try Line(phone, left: 2)
    #expect(line.place("ann", 2).outcome == .confirmed)
    #expect(line.place("bob", 1).outcome == .rejected(.allHeld))
    line.pay("ann", 200)
    #expect(line.place("bob", 1, key: "again").outcome == .rejected(.soldOut))
  }

  @Test("a hold ends at its time and never before, once, and gives the units and the allowance back")
  func expires() throws {
    var line = try Line(phone, left: 1, limit: 1)
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
    var first = try Line(phone, left: 1)
    first.place("ann", 1)
    #expect(first.pay("ann", 100, at: 500) == .applied)
    #expect(first.does("ann", .expire, at: 500) == .notAllowed)
    #expect(first.state("ann") == .paid)

    var second = try Line(phone, left: 1)
    second.place("ann", 1)
    second.does("ann", .expire, at: 70)
    #expect(second.pay("ann", 100, at: 60) == .tooLate)
    #expect(second.state("ann") == .refundDue)
    #expect(second.money() == Money(captured: 100, applied: 0, due: 100, refunded: 0))
  }

  @Test("a late payment has its units if they are still there and the sale allows it")
  func late() throws {
    var line = try Line(phone, left: 1, rules: try HoldRules(seconds: 60, latePayment: .ifFree))
    line.place("ann", 1)
    line.does("ann", .expire, at: 70)
    #expect(line.pay("ann", 100, at: 90) == .applied)
    #expect(line.state("ann") == .paid && line.level.left == .zero && line.level.reserved == .zero)

    var gone = try Line(phone, left: 1, rules: try HoldRules(seconds: 60, latePayment: .ifFree))
    gone.place("ann", 1)
    gone.does("ann", .expire, at: 70)
    gone.place("bob", 1)
    #expect(gone.pay("ann", 100, at: 90) == .tooLate)
  }

  @Test("I13 each capture is applied or to be paid back, in any order of arrival")
  func captures() throws {
    var line = try Line(phone, left: 5)
    line.place("ann", 2)
    #expect(line.pay("ann", 150, payment: "p1") == .wrongAmount)
    #expect(line.pay("ann", 200, "USD", payment: "p2") == .wrongAmount)
    #expect(line.pay("ann", 200, payment: "p3") == .applied)
    #expect(line.pay("ann", 200, payment: "p3") == .repeated)
    #expect(line.pay("ann", 200, payment: "p4") == .alreadyPaid)
    #expect(line.pay("nobody", 200, payment: "p5") == .unknownOrder)
    #expect(line.money("CNY") == Money(captured: 750, applied: 200, due: 550, refunded: 0))
    #expect(line.money("USD") == Money(captured: 200, applied: 0, due: 200, refunded: 0))
    #expect(line.does("ann", .refunded(PaymentID(unchecked: "p4"), minor: 200)) == .applied)
    #expect(line.does("ann", .refunded(PaymentID(unchecked: "p4"), minor: 1)) == .tooMuch)
    #expect(line.state("ann") == .paid)
    #expect(line.money("CNY") == Money(captured: 750, applied: 200, due: 350, refunded: 200))
  }

  @Test("a cancel gives back just so many units and as much allowance, once, and owes what was paid for them")
  func cancels() throws {
    var line = try Line(phone, left: 5, limit: 3)
    line.place("ann", 3)
    line.pay("ann", 300)
    let id = CommandID(IdempotencyKey(unchecked: "one less"))
    #expect(line.does("ann", .cancel(Units(1)), id: id) == .refundDue)
    #expect(line.does("ann", .cancel(Units(1)), id: id) == .repeated)
    #expect(line.does("ann", .cancel(Units(3))) == .tooMuch)
    #expect(line.level.left == Units(3) && line.state("ann") == .paid)
    #expect(line.money() == Money(captured: 300, applied: 200, due: 100, refunded: 0))
    #expect(line.place("ann", 1, key: "again").outcome == .confirmed)
    #expect(line.place("ann", 1, key: "once more").outcome == .rejected(.limitReached))
    #expect(line.does("ann", .cancel(nil)) == .refundDue)
    #expect(line.state("ann") == .refundDue && line.level.left == Units(4))
    #expect(line.does("ann", .refunded(PaymentID(unchecked: "of ann"), minor: 300)) == .applied)
    #expect(line.state("ann") == .refunded)
  }

  @Test("a confirmed order is cancelled too, also in the batch in which it was placed")
  func confirmed() throws {
    var line = try Line(phone, left: 2, rules: nil)
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
    var line = try Line(phone, left: 1, rules: try HoldRules(seconds: 60, extensions: 2, extensionSeconds: 30))
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
    var line = try Line(phone, left: 1, limit: 2, rules: try Self.waitlist(.skip))
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
    var line = try Line(phone, left: 2, rules: try Self.waitlist(rule))
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
    var line = try Line(phone, left: 2, rules: try Self.waitlist(.skip))
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
    var line = try Line(phone, left: 1, rules: try Self.waitlist(.skip))
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

  @Test("a command about a stock is done once under its id, and another one under the same id is not done")
  func repeatedStockCommands() throws {
    var line = try Line(phone, left: 1, rules: try Self.waitlist(.skip))
    let id = CommandID(IdempotencyKey(unchecked: "delivery 7"))
    let other = CommandID(IdempotencyKey(unchecked: "delivery 8"))
    line.does(.restock(Units(3)), at: 20, id: id)
    #expect(line.effects.history.last?.result == .applied && line.level.putUp == Units(4))
    line.does(.restock(Units(3)), at: 25, id: id)
    #expect(line.effects.history.last?.result == .repeated && line.effects.history.last?.units == 0)
    for action in [StockCommand.Action.restock(Units(4)), .reduce(Units(3)), .reopen] {
      line.does(action, at: 26, id: id)
      #expect(line.effects.history.last?.result == .anotherCommand && line.effects.history.last?.command == id)
    }
    #expect(line.level.putUp == Units(4) && line.level.left == Units(4))
    line.does(.restock(Units(3)), at: 27, id: other)
    line.does(.restock(Units(3)), at: 28)
    line.does(.restock(Units(3)), at: 29)
    #expect(line.level.putUp == Units(13))
    // What the first one could not do, a repeat does not do either, whatever has changed meanwhile.
    let third = CommandID(IdempotencyKey(unchecked: "damaged"))
    line.does(.reduce(Units(20)), at: 30, id: third)
    line.does(.restock(Units(20)), at: 31)
    line.does(.reduce(Units(20)), at: 32, id: third)
    #expect(line.effects.history.suffix(3).map(\.result) == [.tooMuch, .applied, .repeated])
    #expect(line.level.putUp == Units(33))
  }

  @Test("a command about an order is done once under its id, and another one under the same id is not done")
  func repeatedOrderCommands() throws {
    var line = try Line(phone, left: 9)
    line.place("ann", 3)
    let id = CommandID(IdempotencyKey(unchecked: "one less"))
    #expect(line.does("ann", .cancel(Units(1)), id: id) == .applied)
    for action in [OrderCommand.Action.cancel(Units(2)), .cancel(nil), .cancel(Units(1), of: phone.sku), .release] {
      #expect(line.does("ann", action, id: id) == .anotherCommand)
    }
    #expect(line.does("ann", .cancel(Units(1)), id: id) == .repeated)
    #expect(line.hold("ann")?.units == Units(2) && line.level.left == Units(7))
    // A payment is known by its own id, whatever its command is called.
    #expect(line.pay("ann", 200) == .applied)
    let payment = PaymentID(unchecked: "of ann")
    #expect(line.does("ann", .cancel(Units(2))) == .refundDue)
    let refund = CommandID(IdempotencyKey(unchecked: "back"))
    #expect(line.does("ann", .refunded(payment, minor: 50), id: refund) == .applied)
    #expect(line.does("ann", .refunded(payment, minor: 150), id: refund) == .anotherCommand)
    #expect(line.money() == Money(captured: 200, applied: 0, due: 150, refunded: 50))
  }

  @Test("what a command asks for is told apart by each of its values, and by nothing else")
  func digests() throws {
    let (one, two) = (PaymentID(unchecked: "1"), PaymentID(unchecked: "2 1"))
    let sku = SKU(unchecked: "1")
    let orders: [OrderCommand.Action] = [
      .cancel(nil), .cancel(Units(1)), .cancel(nil, of: sku), .cancel(Units(1), of: sku), .cancel(Units(11)),
      .refunded(one, minor: 1), .refunded(one, minor: 11), .refunded(two, minor: 1), .refunded(one, minor: 12),
      .release, .extend, .expire, .fulfil,
    ]
    #expect(Set(orders.map(\.digest)).count == orders.count && orders.allSatisfy { $0.digest != nil })
    let changes = [
      try RuleChange(startsAt: .at(1)), try RuleChange(endsAt: .at(1)), try RuleChange(perBuyerLimit: Units(1)),
      try RuleChange(priceMinor: 1), try RuleChange(perBuyerLimit: Units(1), priceMinor: 1),
    ]
    let actions: [StockCommand.Action] =
      [.restock(Units(1)), .restock(Units(11)), .reduce(Units(1)), .reopen] + changes.map { .change($0) }
    #expect(Set(actions.map(\.digest)).count == actions.count)
    #expect(Set(actions.map(\.digest)).isDisjoint(with: orders.compactMap(\.digest)))
    // They are stored: another text would make a command that is sent again after an update another one.
    #expect(StockCommand.Action.restock(Units(500)).digest.rawValue == -2_164_339_720_793_061_235)
    #expect(StockCommand.Action.change(changes[4]).digest.rawValue == -1_973_954_896_272_531_778)
  }

  @Test("who lets too many holds lapse is refused, in the order of the log")
  func hoards() throws {
    var line = try Line(phone, left: 9, rules: try HoldRules(seconds: 60, lapses: 2))
    for key in ["a", "b"] {
      line.place("ann", 1, key: key)
      line.does("ann", .expire, key: key, at: 70)
    }
    #expect(line.place("ann", 1, key: "c").outcome == .rejected(.holdAbuse))
    #expect(line.place("bob", 1).outcome == .confirmed)
  }

  private static func waitlist(_ short: WaitlistRules.Short) throws -> HoldRules {
    try HoldRules(seconds: 60, waitlist: try WaitlistRules(offerSeconds: 120, leastSeconds: 30, short: short))
  }
}

private struct Money: Equatable {
  var (captured, applied, due, refunded): (Int64, Int64, Int64, Int64)

  init(captured: Int64, applied: Int64, due: Int64, refunded: Int64) {
    (self.captured, self.applied, self.due, self.refunded) = (captured, applied, due, refunded)
  }

  static func == (a: Self, b: Self) -> Bool {
    (a.captured, a.applied, a.due, a.refunded) == (b.captured, b.applied, b.due, b.refunded)
  }
}

extension LifeTests {
  @Test("what the history says up to a place is how each order stood there", arguments: UInt64(1)...40)
  func asOf(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let holds = try HoldRules(
      seconds: 60, latePayment: .ifFree, waitlist: WaitlistRules(offerSeconds: 60, leastSeconds: 1))
    var line = try Line(phone, left: 4, rules: seed % 4 == 0 ? nil : holds)
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

extension Timestamp {
  fileprivate static func at(_ second: Int64) -> Timestamp { Timestamp(microseconds: second * 1_000_000) }
}

/// One stock's records, each decided as it is written.
private struct Line {
  let key: StockKey
  var state = LaneStock()
  var effects = Effects()
  private var next = Offset(0)

  init(_ key: StockKey, left: Int32, limit: Int32? = nil, rules: HoldRules? = try? HoldRules(seconds: 60)) throws {
    self.key = key
    state.stock[key] = LaneStock.Level(
      opening: Units(left), price: try Price(minor: 100, currency: "CNY"),
      rules: SaleRules(
        startsAt: .at(0), endsAt: .at(1_000), perBuyerLimit: limit.map(Units.init(_:)), holds: rules))
  }

  var level: LaneStock.Level { state.stock[key]! }

  func order(_ buyer: String, key: String = "k") -> OrderID {
    OrderID(sale: self.key.sale, buyer: BuyerID(unchecked: buyer), key: IdempotencyKey(unchecked: key))
  }

  func hold(_ buyer: String, key: String = "k") -> Hold? {
    if case .hold(let hold) = state.lives[order(buyer, key: key)] { hold } else { nil }
  }

  func state(_ buyer: String) -> Hold.State? { hold(buyer)?.state }

  private mutating func decide(_ record: LogRecord) {
    FlashSale.decide(&state, record, at: next, into: &effects)
    next = next.next
  }

  @discardableResult
  mutating func place(_ buyer: String, _ units: Int32, key: String = "k", waits: Bool = false) -> Effects.Order {
    let request = try? PurchaseRequest(
      order: order(buyer, key: key), stock: self.key, buyer: BuyerID(unchecked: buyer), quantity: Units(units),
      acceptedAt: .at(10), terms: OrderTerms(waits: waits))
    decide(.place(request!))
    return effects.orders.last!
  }

  @discardableResult
  mutating func does(
    _ buyer: String, _ action: OrderCommand.Action, key: String = "k", at second: Int64 = 15, id: CommandID? = nil
  ) -> HistoryEntry.Result? {
    let count = effects.history.count
    let command = try? OrderCommand(
      order: order(buyer, key: key), stock: self.key, at: .at(second), action: action, id: id, by: .buyer)
    decide(.order(command!))
    return effects.history[count].result
  }

  @discardableResult
  mutating func pay(
    _ buyer: String, _ minor: Int64, _ currency: String = "CNY", payment: String? = nil, at second: Int64 = 15
  ) -> HistoryEntry.Result? {
    let id = PaymentID(unchecked: payment ?? "of \(buyer)")
    let capture = try? Capture(payment: id, minor: minor, currency: currency)
    return does(buyer, .pay(capture!), at: second)
  }

  mutating func does(_ action: StockCommand.Action, at second: Int64, id: CommandID? = nil) {
    let command = try? StockCommand(stock: key, at: .at(second), action: action, id: id, by: .shop)
    decide(.stock(command!))
  }

  func money(_ currency: String = "CNY") -> Money {
    state.payments.values.filter { $0.currency == currency }.reduce(
      Money(captured: 0, applied: 0, due: 0, refunded: 0)
    ) { sum, payment in
      Money(
        captured: sum.captured + payment.captured, applied: sum.applied + payment.applied,
        due: sum.due + payment.refundDue, refunded: sum.refunded + payment.refunded)
    }
  }
}
