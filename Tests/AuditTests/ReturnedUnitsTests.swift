import Audit
import FlashSale
import TestSupport
import Testing
import Time

/// Fairness where units come back: what the real `decide` makes of a log is fair, and a plant in it is found.
@Suite struct ReturnedUnitsTests {
  private static let sale = SaleNumber(rawValue: 1)
  private static let phone = StockKey(sale: sale, sku: SKU(unchecked: "phone"))
  private static let start: Int64 = 1_800_000_000

  /// A log of one lane, decided record by record and shown to the check.
  fileprivate struct Lane {
    var stock = LaneStock()
    var check: FairnessCheck
    private var next = Offset(0)
    /// The order whose refusal is told as a win, and whose win as a refusal.
    var planted: (winner: String, loser: String)?

    init(_ units: Int32, holds: HoldRules? = nil, seconds: Int64 = 1_000_000) throws {
      let rules = SaleRules(
        startsAt: Timestamp(microseconds: 0), endsAt: at(seconds), perBuyerLimit: nil, takesBaskets: true, holds: holds)
      for sku in ["phone", "case"] {
        stock.stock[StockKey(sale: sale, sku: SKU(unchecked: sku))] = LaneStock.Level(
          opening: Units(units), price: try Price(minor: 100, currency: "CNY"), rules: rules)
      }
      check = FairnessCheck(rules: stock.stock.mapValues(\.rules))
    }

    private mutating func take(_ record: LogRecord) throws {
      let position = LogPosition(partition: Partition(0), offset: next)
      defer { next = next.next }
      if let order = record.order { stock.awaited.insert(order) }
      var effects = Effects()
      decide(&stock, record, at: next, into: &effects)
      for order in effects.orders {
        var outcome = order.outcome
        if order.request.buyer.rawValue == planted?.winner { outcome = .confirmed }
        if order.request.buyer.rawValue == planted?.loser { outcome = .rejected(.soldOut) }
        check.take(FairnessRecord(position: position, request: order.request, fate: .decided(outcome)))
      }
      var endsAt: Timestamp?
      if case .stock(let command) = record, case .change(let change) = command.action { endsAt = change.endsAt }
      for entry in effects.history { check.take(FairnessChange(entry, in: position.partition, endsAt: endsAt)) }
    }

    mutating func place(_ buyer: String, _ units: Int32 = 1, waits: Bool = false, at seconds: Int64 = 0) throws {
      try take(
        .place(
          try PurchaseRequest(
            order: order(buyer), stock: phone, buyer: BuyerID(unchecked: buyer), quantity: Units(units),
            acceptedAt: at(seconds), terms: OrderTerms(waits: waits))))
    }

    mutating func basket(_ buyer: String) throws {
      let lines = ["case", "phone"].map { OrderLine(sku: SKU(unchecked: $0), quantity: Units(1)) }
      try take(
        .place(
          try PurchaseRequest(
            order: order(buyer), sale: sale, lines: lines, buyer: BuyerID(unchecked: buyer), acceptedAt: at(0))))
    }

    mutating func command(
      _ buyer: String, _ action: OrderCommand.Action, at seconds: Int64 = 0, sku: String = "phone"
    ) throws {
      let stock = StockKey(sale: sale, sku: SKU(unchecked: sku))
      try take(.order(OrderCommand(order: order(buyer), stock: stock, at: at(seconds), action: action, by: .shop)))
    }

    mutating func stock(_ action: StockCommand.Action, at seconds: Int64 = 0) throws {
      try take(.stock(StockCommand(stock: phone, at: at(seconds), action: action, by: .shop)))
    }

    mutating func close() throws { try take(.close(phone, at: at(0))) }

    var unfair: [String] { FairnessReport(of: "s", check).unfair }
  }

  private static func at(_ seconds: Int64) -> Timestamp { Timestamp(microseconds: (start + seconds) * 1_000_000) }

  private static func order(_ buyer: String) -> OrderID {
    OrderID(sale: sale, buyer: BuyerID(unchecked: buyer), key: IdempotencyKey(unchecked: "k"))
  }

  private static func holds(_ short: WaitlistRules.Short?) throws -> HoldRules {
    try HoldRules(
      seconds: 100, latePayment: .ifFree,
      waitlist: short.map { try WaitlistRules(offerSeconds: 100, leastSeconds: 10, short: $0) })
  }

  private static func pay(_ buyer: String) throws -> OrderCommand.Action {
    .pay(try Capture(payment: PaymentID(validating: "p-\(buyer)"), minor: 100, currency: "CNY"))
  }

  /// Each gives back, or puts up, one unit of the two that alice and bob have.
  enum Return: CaseIterable {
    case cancel, part, release, lapse, refund, restock, reopened

    fileprivate func run(_ lane: inout Lane) throws {
      switch self {
      case .cancel: try lane.command("alice", .cancel(nil))
      case .part: try lane.command("bob", .cancel(Units(1)))
      case .release: try lane.command("alice", .release)
      case .lapse: try lane.command("alice", .expire, at: 101)
      case .refund:
        try lane.command("alice", pay("alice"))
        try lane.command("alice", .refunded(PaymentID(validating: "p-alice"), minor: 100))
      case .restock: try lane.stock(.restock(Units(1)))
      case .reopened:
        try lane.close()
        try lane.place("shut")
        try lane.command("alice", .cancel(nil))
        try lane.stock(.reopen)
      }
    }
  }

  @Test(arguments: Return.allCases)
  func `who comes when one unit is back wins it fairly, and the next one does not (I5)`(_ way: Return) throws {
    for planted in [nil, (winner: "erin", loser: "")] {
      var lane = try Lane(3, holds: try Self.holds(nil))
      lane.planted = planted
      try lane.place("alice")
      try lane.place("bob", 2)
      try lane.place("carol")
      try way.run(&lane)
      try lane.place("dave")
      try lane.place("erin")
      if planted == nil {
        #expect(lane.unfair == [])
      } else {
        #expect(lane.unfair.count == 1 && lane.unfair[0].contains("won 1 of phone"), "\(lane.unfair)")
      }
    }
  }

  @Test func `a later one who wins without a return was put first, whatever other stock comes back (I5)`() throws {
    var lane = try Lane(1)
    lane.planted = ("carol", "")
    try lane.basket("alice")
    try lane.place("bob")
    try lane.stock(.change(RuleChange(endsAt: Self.at(2_000_000))))
    try lane.command("bob", .cancel(nil))
    try lane.place("carol")
    #expect(lane.unfair.count == 1, "\(lane.unfair)")
  }

  @Test func `of a basket each line comes back by itself (I5)`() throws {
    for (line, unfair) in [("phone", 0), ("case", 1)] {
      var lane = try Lane(1)
      try lane.basket("alice")
      try lane.place("bob")
      try lane.command("alice", .cancel(Units(1), of: SKU(validating: line)), sku: "case")
      lane.planted = ("carol", "")
      try lane.place("carol")
      #expect(lane.unfair.count == unfair, "\(line): \(lane.unfair)")
    }
  }

  @Test func `units that are taken back again are not there for the next one`() throws {
    var lane = try Lane(1, holds: try Self.holds(nil))
    try lane.place("alice")
    try lane.place("bob")
    try lane.stock(.restock(Units(2)))
    try lane.stock(.reduce(Units(1)))
    try lane.command("alice", .expire, at: 101)
    // Paid late, she has her unit again.
    try lane.command("alice", Self.pay("alice"), at: 102)
    try lane.place("carol", at: 103)
    #expect(lane.unfair == [])
    lane.planted = ("dave", "")
    try lane.place("dave", at: 104)
    #expect(lane.unfair.count == 1, "\(lane.unfair)")
  }

  // MARK: Who waits

  @Test(arguments: WaitlistRules.Short.allCases)
  func `who waits comes first, by the sale's rule (I5)`(_ short: WaitlistRules.Short) throws {
    var lane = try Lane(2, holds: try Self.holds(short))
    try lane.place("alice")
    try lane.place("bob")
    try lane.place("carol", 2, waits: true)
    try lane.place("dave", 1, waits: true)
    try lane.place("erin", 1, waits: true)
    try lane.command("alice", .release)
    try lane.command("erin", .release)
    try lane.place("frank")
    try lane.command("bob", .release)
    try lane.place("gina")
    try lane.stock(.restock(Units(3)))
    try lane.place("henry")
    #expect(lane.unfair == [])
  }

  @Test(arguments: WaitlistRules.Short.allCases)
  func `who wins what one waits for was put first (I5)`(_ short: WaitlistRules.Short) throws {
    var lane = try Lane(1, holds: try Self.holds(short))
    try lane.place("alice")
    try lane.place("bob", waits: true)
    // Nothing is offered: as if the lane had forgotten who waits.
    lane.stock.waitlists = [:]
    try lane.command("alice", .release)
    try lane.place("carol")
    #expect(lane.unfair.count == 1 && lane.unfair[0].contains("waits for 1"), "\(lane.unfair)")
  }

  @Test func `an offer to who waits farther behind is found (I5)`() throws {
    var lane = try Lane(1, holds: try Self.holds(.skip))
    try lane.place("alice")
    try lane.place("bob", waits: true)
    lane.stock.waitlists = [:]
    try lane.place("carol", waits: true)
    try lane.command("alice", .release)
    #expect(lane.unfair.count == 1 && lane.unfair[0].contains("at 0@1 waits for 1"), "\(lane.unfair)")
  }

  @Test(arguments: [.skip, .partial, .gather] as [WaitlistRules.Short])
  func `when nothing is offered any more, what is left is for who asks`(_ short: WaitlistRules.Short) throws {
    for (seconds, unfair) in [(95, 0), (80, 1)] as [(Int64, Int)] {
      var lane = try Lane(1, holds: try Self.holds(short), seconds: 100)
      try lane.place("alice")
      try lane.place("bob", waits: true)
      if unfair > 0 { lane.stock.waitlists = [:] }
      try lane.command("alice", .release, at: seconds)
      try lane.place("carol", at: seconds)
      #expect(lane.unfair.count == unfair, "\(seconds): \(lane.unfair)")
    }
  }

  // MARK: Any log

  @Test(arguments: [nil, .skip, .partial, .gather] as [WaitlistRules.Short?])
  func `whatever the log has, what decide makes of it is fair (I5)`(_ short: WaitlistRules.Short?) throws {
    for seed in UInt64(0)..<150 {
      var random = SeededGenerator(seed: seed)
      var lane = try Lane(Int32.random(in: 1...6, using: &random), holds: try Self.holds(short), seconds: 350)
      var buyers: [String] = []
      for step in Int64(0)..<120 {
        let seconds = step * 3
        let someone = buyers.randomElement(using: &random) ?? "nobody"
        let (first, line) = someone.hasPrefix("k") ? ("case", SKU(unchecked: "phone")) : ("phone", nil)
        switch Int.random(in: 0..<12, using: &random) {
        case 0...4:
          buyers.append("b\(step)")
          let waits = short != nil && Bool.random(using: &random)
          try lane.place("b\(step)", Int32.random(in: 1...3, using: &random), waits: waits, at: seconds)
        case 5: try lane.command(someone, .release, at: seconds, sku: first)
        case 6: try lane.command(someone, .cancel(Units(1), of: line), at: seconds, sku: first)
        case 7: try lane.command(someone, .expire, at: seconds, sku: first)
        case 8: try lane.command(someone, Self.pay(someone), at: seconds, sku: first)
        case 9: try lane.stock(.restock(Units(Int32.random(in: 1...2, using: &random))), at: seconds)
        case 10: try lane.stock(.reduce(Units(1)), at: seconds)
        default:
          buyers.append("k\(step)")
          try lane.basket("k\(step)")
        }
      }
      #expect(lane.unfair == [], "seed \(seed)")
    }
  }
}
