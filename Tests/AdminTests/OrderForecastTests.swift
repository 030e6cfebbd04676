import Accounts
import FlashSale
import HTTPServing
import HTTPTypes
import HummingbirdTesting
import SaleStore
import TestSupport
import Testing
import Time

@testable import Admin

/// What a page says before a command is sent, beside what a real lane makes of it.
@Suite struct OrderForecastTests {
  /// What has happened to an order.
  enum Story: String, CaseIterable {
    case rejected, waiting, reserved, extended, offered, lastOffer, paid, paidTwice, partlyCancelled, partlyRefunded
    case fulfilled, released, expired, cancelled, lapsed, refundDue, refunded
    case basket, paidBasket, fulfilledBasket
  }

  private static let first = Timestamp(microseconds: 1_800_000_000_000_000)
  private static let ends = first.after(.seconds(1_000))

  private static func sale(_ id: String = "double11") throws -> Sale {
    try Sale(
      id: SaleID(validating: id), name: "Double 11", startsAt: first, endsAt: ends, perBuyerLimit: nil,
      ordering: .sale,
      holds: HoldRules(
        seconds: 600, extensions: 2, extensionSeconds: 300,
        waitlist: WaitlistRules(offerSeconds: 60, leastSeconds: 10)),
      items: [("phone", 9_000), ("case", 9_000), ("tablet", 3)].map { sku, stock in
        try SaleItem(
          sku: SKU(validating: sku), stock: Units(Int32(stock)),
          price: Price(minor: sku == "case" ? 1_900 : 19_900, currency: "CNY"))
      })
  }

  /// The records that tell the story of one order of a sale of its own.
  private static func records(_ story: Story, _ sale: StoredSale) throws -> (PurchaseRequest, [LogRecord]) {
    func order(_ lines: (sku: String, units: Int32)..., by buyer: String = "alice") throws -> PurchaseRequest {
      try .sample(buyer, lines, of: sale, waits: lines.count == 1, at: first)
    }
    let payment = try PaymentID(validating: "pay-1")
    let phones = try order(("phone", 3))
    let basket = try order(("phone", 2), ("case", 3))
    let (holder, tablets) = (try order(("tablet", 3), by: "bob"), try order(("tablet", 2)))
    func after(_ seconds: Int64) -> Timestamp { first.after(.seconds(seconds)) }
    let reserved: [LogRecord] = [.place(phones)]
    let paid = try reserved + [phones.paid(59_700, "pay-1")]
    let waiting: [LogRecord] = [.place(holder), .place(tablets)]
    switch story {
    case .rejected:
      let many = try PurchaseRequest.sample("alice", [("tablet", 4)], of: sale, at: first)
      return (many, [.place(many)])
    case .waiting: return (tablets, waiting)
    case .reserved: return (phones, reserved)
    case .extended:
      return (phones, try reserved + [phones.then(.extend, at: after(1)), phones.then(.extend, at: after(2))])
    case .offered: return (tablets, try waiting + [holder.then(.release, at: after(5))])
    // Its hold ends with the sale: an extension has nothing to give.
    case .lastOffer: return (tablets, try waiting + [holder.then(.release, at: after(985))])
    case .paid: return (phones, paid)
    case .paidTwice: return (phones, try paid + [phones.paid(100, "pay-2")])
    case .partlyCancelled: return (phones, try paid + [phones.then(.cancel(Units(1)))])
    case .partlyRefunded: return (phones, try paid + [phones.then(.refunded(payment, minor: 50_000))])
    case .fulfilled: return (phones, try paid + [phones.then(.fulfil)])
    case .released: return (phones, try reserved + [phones.then(.release)])
    case .expired: return (phones, try reserved + [phones.then(.expire, at: after(601))])
    case .cancelled: return (phones, try reserved + [phones.then(.cancel(nil))])
    case .lapsed: return (tablets, try waiting + [tablets.then(.expire, at: after(1_001))])
    case .refundDue: return (phones, try paid + [phones.then(.cancel(nil))])
    case .refunded: return (phones, try paid + [phones.then(.refunded(payment, minor: 59_700))])
    case .basket: return (basket, [.place(basket)])
    case .paidBasket: return (basket, try [.place(basket), basket.paid(45_500, "pay-1")])
    case .fulfilledBasket: return (basket, try [.place(basket), basket.paid(45_500, "pay-1"), basket.then(.fulfil)])
    }
  }

  private static func commands() throws -> [Admin.OrderRequest] {
    let (phone, cover, payment) = (
      try SKU(validating: "phone"), try SKU(validating: "case"), try PaymentID(validating: "pay-1")
    )
    return [
      .cancel(nil, of: nil), .cancel(Units(1), of: nil), .cancel(Units(4), of: nil), .cancel(Units(3), of: nil),
      .cancel(nil, of: phone), .cancel(Units(1), of: phone), .cancel(nil, of: cover), .cancel(Units(4), of: cover),
      .refund(payment, minor: 1), .refund(payment, minor: 19_900), .refund(payment, minor: 9_700),
      .refund(payment, minor: 59_700), .refund(payment, minor: 45_500), .refund(payment, minor: 59_701),
      .refund(try PaymentID(validating: "pay-2"), minor: 100), .extend, .release,
    ]
  }

  @Test(arguments: Story.allCases)
  func `each command does what the page has said of it, or is refused as it has said`(_ story: Story) async throws {
    try await AdminUnderTest.with { admin, _ in
      try await RealLane.with(admin) { lane in
        let desk = admin.desk
        for (number, command) in try Self.commands().enumerated() {
          let sale = try await admin.store.create(try Self.sale("double\(number)"))
          let (order, records) = try Self.records(story, sale)
          try await lane.decide(records)
          let before = try await desk.standing(of: order.order, looksForDeadLetters: false)
          let told: Result<OrderForecast, Problem> = Result { () throws(Problem) in try before.forecast(command) }
          try await lane.decide([order.then(command.command)])
          let history = try await admin.store.history(of: order.order)
          let entry = try #require(history.entries.last { $0.action == command.command.historyAction })
          switch told {
          case .failure(let problem):
            let refusal = Problem.refusal(entry.action, entry.result, of: order.order, entry.state)
            #expect(refusal?.code == problem.code && refusal?.state == problem.state, "\(story) \(command): \(problem)")
          case .success(let forecast):
            try Self.compare(forecast, before, history, entry, "\(story) \(command)")
          }
        }
      }
    }
  }

  /// Everything that a page says, by the rows behind the command.
  private static func compare(
    _ forecast: OrderForecast, _ before: OrderStanding, _ history: OrderHistory, _ entry: StoredEntry, _ what: String
  ) throws {
    let hold = try #require(history.hold)
    #expect([.applied, .refundDue].contains(entry.result), "\(what)")
    #expect(forecast.state == hold.state && forecast.kept == hold.liveUnits, "\(what): \(forecast)")
    #expect(forecast.back.reduce(0) { $0 + $1.units.rawValue } == -entry.units, "\(what): \(forecast)")
    for line in forecast.back {
      let left = before.lines.first { $0.sku == line.sku }.map { $0.units - line.units }
      #expect(left == (hold.liveLines.first { $0.sku == line.sku }?.units ?? .zero), "\(what): \(forecast)")
      let key = StockKey(sale: hold.stock.sale, sku: line.sku)
      let back = history.lane.stock[key].flatMap { after in before.lane.stock[key].map { after.left - $0.left } }
      // Nobody waits here, so nobody is offered what comes back.
      #expect(back == (forecast.areFromStock ? line.units : .zero), "\(what): \(forecast)")
    }
    #expect(forecast.expiresAt == (hold.due == before.hold?.due ? nil : hold.due), "\(what)")
    func sums(_ payments: [Payment]) -> (due: Int64, refunded: Int64) {
      payments.reduce((0, 0)) { ($0.0 + $1.refundDue, $0.1 + $1.refunded) }
    }
    let (old, new) = (sums(Array(before.lane.payments.values)), sums(history.payments))
    #expect(forecast.refunded?.minor ?? 0 == new.refunded - old.refunded, "\(what): \(forecast)")
    let ofDue = (forecast.refunded?.minor ?? 0) - (forecast.notDue?.minor ?? 0)
    #expect((forecast.due?.minor ?? 0) - ofDue == new.due - old.due, "\(what): \(forecast)")
  }

  /// When the sale of an order that comes back begins and ends, in seconds from now, and whether the shop closed it.
  enum Window: CaseIterable {
    case open, lastSeconds, over, closed

    var seconds: (Int64, Int64) {
      switch self {
      case .open, .closed: (-100, 1_000)
      case .lastSeconds: (-100, 20)
      case .over: (-100, -1)
      }
    }

    var next: (OrderForecast.Next, words: String) {
      switch self {
      case .open: (.waiting, "First in line for tablet")
      case .lastSeconds: (.buyers, "would not have the time to pay")
      case .over, .closed: (.nobody, "no longer for sale")
      }
    }
  }

  @Test(arguments: Window.allCases)
  func `who may have units that come back is told as it then happens`(_ window: Window) async throws {
    try await AdminUnderTest.with { admin, client in
      try await RealLane.with(admin) { lane in
        let now = Timestamp.now
        let sale = try await admin.store.create(
          try Sale(
            id: SaleID(validating: "double11"), name: "Double 11", startsAt: now.after(.seconds(window.seconds.0)),
            endsAt: now.after(.seconds(window.seconds.1)), perBuyerLimit: nil,
            holds: HoldRules(seconds: 600, waitlist: WaitlistRules(offerSeconds: 120, leastSeconds: 60)),
            items: [
              SaleItem(
                sku: SKU(validating: "tablet"), stock: Units(2), price: Price(minor: 19_900, currency: "CNY"))
            ]))
        func order(_ buyer: String, at time: Timestamp, waits: Bool = false) throws -> PurchaseRequest {
          try .sample(buyer, [("tablet", 2)], of: sale, waits: waits, at: time)
        }
        let early = now.after(.seconds(-50))
        let (holder, waiter) = (try order("bob", at: early), try order("ann", at: early, waits: true))
        try await lane.decide([.place(holder), .place(waiter)])
        if window == .closed {
          let close = StockCommand.Action.close
          try await lane.decide([
            .stock(try StockCommand(stock: holder.stock, at: now, action: close, by: Actor(name: "admin")))
          ])
        }
        let browser = try await Browser.signedIn("leo", .finance, admin, client)
        let path = "/admin/orders/\(holder.order)"
        let page = try await browser.submit("\(path)/cancel", on: path, ["reason": "asked"])
        #expect(page.text.contains(window.next.words), "\(page.text)")
        let standing = try await admin.desk.standing(of: holder.order, looksForDeadLetters: false)
        #expect(try standing.forecast(.cancel(nil, of: nil)).back.map(\.next) == [window.next.0])

        let late = try order("eve", at: .now)
        try await lane.decide([try holder.then(.cancel(nil)), .place(late)])
        let waited = try await admin.store.history(of: waiter.order).hold?.state
        let came = try await admin.store.history(of: late.order).decision?.outcome
        switch window.next.0 {
        case .waiting: #expect(waited == .reserved && came != .confirmed)
        case .buyers: #expect(waited == .waiting && came == .confirmed)
        case .nobody: #expect(waited == .waiting && (came == .rejected(.ended) || came == .rejected(.closed)))
        }
      }
    }
  }

  /// A signed-in person at an order's page, whose commands the lane decides.
  private struct Visitor {
    let browser: Browser
    let path: String

    func ask(_ action: String, _ fields: [String: String]) async throws -> TestResponse {
      try await browser.submit("\(path)/\(action)", on: path, fields.merging(["reason": "asked"]) { mine, _ in mine })
    }

    /// Sends what a preview holds, and follows to the order's page.
    func confirm(_ action: String, _ preview: TestResponse) async throws -> String {
      let done = try await browser.post("\(path)/\(action)", preview.hiddenFields)
      #expect(done.status == 303, "\(done.text)")
      return try await browser.get(try #require(done.headers[.location])).text
    }
  }

  private func visit(
    _ story: Story, as role: Role, _ body: @escaping @Sendable (Visitor, AdminUnderTest, OrderID) async throws -> Void
  ) async throws {
    try await AdminUnderTest.with { admin, client in
      try await RealLane.with(admin) { lane in
        let (order, records) = try Self.records(story, await admin.store.create(try Self.sale()))
        try await lane.decide(records)
        admin.log.change { $0.decides = { try await lane.decide($0) } }
        let browser = try await Browser.signedIn("\(role.rawValue)-1", role, admin, client)
        try await body(Visitor(browser: browser, path: "/admin/orders/\(order.order)"), admin, order.order)
      }
    }
  }

  @Test func `a line of a basket is cancelled, and the others stay`() async throws {
    try await visit(.paidBasket, as: .finance) { visitor, admin, order in
      let refused = try await visitor.ask("cancel", ["units": "1"])
      #expect(refused.status == 422 && refused.text.contains("role=\"alert\""), "\(refused.text)")
      let preview = try await visitor.ask("cancel", ["sku": "case", "units": "2"])
      for words in [
        "2 of case will go back to the stock.", "38.00 CNY will be due", "will keep 3 of its units",
        "The order will be: paid.",
      ] { #expect(preview.text.contains(words), "\(words): \(preview.text)") }
      #expect(!preview.text.contains("of phone"))
      let page = try await visitor.confirm("cancel", preview)
      #expect(page.contains("cancel: refund_due. Units: -2. Money: 38.00 CNY."), "\(page)")
      let hold = try #require(try await admin.store.history(of: order).hold)
      #expect(hold.lines.map(\.units) == [Units(2), Units(1)] && hold.state == .paid)
      // The rest of the line, and then the last of the order: it ends.
      _ = try await visitor.confirm("cancel", try await visitor.ask("cancel", ["sku": "case"]))
      let last = try await visitor.ask("cancel", ["sku": "phone"])
      #expect(last.text.contains("The order will be: refund_due.") && last.text.contains("398.00 CNY will be due"))
      #expect(try await visitor.confirm("cancel", last).contains("Units: -2. Money: 398.00 CNY."))
      #expect(try await visitor.ask("cancel", ["sku": "phone"]).status == 409)
    }
  }

  @Test func `a part refund takes what is due first, and the last of it ends the order`() async throws {
    try await visit(.partlyCancelled, as: .finance) { visitor, admin, order in
      let part = try await visitor.ask("refund", ["payment": "pay-1", "amount": "200"])
      for words in ["200.00 CNY of payment pay-1 will count", "1.00 CNY of it is not due", "The order will be: paid."] {
        #expect(part.text.contains(words), "\(words): \(part.text)")
      }
      #expect(try await visitor.confirm("refund", part).contains("refund: applied. Money: 200.00 CNY."))
      let rest = try await visitor.ask("refund", ["payment": "pay-1", "amount": "397"])
      #expect(rest.text.contains("The order will be: refunded.") && rest.text.contains("2 of phone will go back"))
      _ = try await visitor.confirm("refund", rest)
      #expect(try await admin.store.history(of: order).life?.state == .refunded)
    }
  }

  @Test func `an offer is extended to the end of its sale, and no further`() async throws {
    try await visit(.offered, as: .operator) { visitor, admin, order in
      // The offer ends 65 s after the opening. A third extension would end after the sale.
      let preview = try await visitor.ask("extend", [:])
      #expect(preview.text.contains("Extensions that are left then: 1"), "\(preview.text)")
      _ = try await visitor.confirm("extend", preview)
      let due = try #require(try await admin.store.history(of: order).life?.due)
      #expect(due == Self.first.after(.seconds(365)))
    }
    try await visit(.lastOffer, as: .operator) { visitor, admin, order in
      let due = try await admin.store.history(of: order).life?.due
      #expect(due == Self.ends)
      #expect(try await !visitor.browser.get(visitor.path).text.contains("\(visitor.path)/extend"))
      #expect(try await visitor.ask("extend", [:]).status == 409)
    }
  }
}
