import FlashSale
import Foundation
import HTTPTypes
import HummingbirdTesting
import SaleStore
import TestSupport
import Testing
import Time

@testable import Admin

/// The report as of an earlier vector, and how a sale stood at an instant, over HTTP and beside a real lane.
@Suite struct EarlierReportTests {
  private static let sale = "/admin/sales/double11"
  private static let api = "/admin/api/sales/double11"

  private static func saleWithHolds() throws -> Sale {
    try Sale(
      id: SaleID(validating: "double11"), name: "Double 11", startsAt: Timestamp.now.after(.seconds(-60)),
      endsAt: Timestamp.now.after(.seconds(86_400)), perBuyerLimit: nil,
      holds: HoldRules(seconds: 600, waitlist: WaitlistRules(offerSeconds: 60, leastSeconds: 10)),
      items: [
        try SaleItem(
          sku: SKU(validating: "phone"), stock: Units(900), price: Price(minor: 19_900, currency: "CNY"))
      ])
  }

  private func with(
    _ body: @escaping @Sendable (AdminUnderTest, Client, RealLane, StoredSale) async throws -> Void
  ) async throws {
    try await AdminUnderTest.with { admin, client in
      try await RealLane.with(admin) { lane in
        try await body(admin, client, lane, await admin.store.create(Self.saleWithHolds()))
      }
    }
  }

  /// Some orders, of which each goes another way.
  private static func crowd(_ round: Int, _ sale: StoredSale) throws -> [LogRecord] {
    try (0..<24).flatMap { number -> [LogRecord] in
      let order = try PurchaseRequest.sample(
        "b\(round)-\(number)", [("phone", Int32(number % 3 + 1))], of: sale, waits: number % 5 == 0)
      let payment = "p\(round)-\(number)"
      let paid = try order.paid(Int64(order.quantity.rawValue) * 19_900, payment)
      switch number % 8 {
      case 0: return [.place(order), try order.then(.release)]
      case 1: return [.place(order), paid]
      case 2: return [.place(order), paid, try order.then(.cancel(nil))]
      case 3: return [.place(order), try order.paid(100, payment)]
      case 4: return [.place(order), try order.then(.expire, at: Timestamp.now.after(.seconds(900)))]
      case 5: return [.place(order), paid, try order.then(.fulfil)]
      default: return [.place(order)]
      }
    }
  }

  private func report(_ client: Client, asOf vector: String) async throws -> SaleReport {
    let answer = try await client.get("\(Self.api)/report?as_of=\(vector)")
    try #require(answer.status == 200, "\(answer.text)")
    return try JSONDecoder().decode(SaleReport.self, from: Data(answer.text.utf8))
  }

  @Test func `an export taken under load has the sums of the report as of its vector, asked for later (I13)`()
    async throws
  {
    try await with { admin, client, lane, sale in
      let load = Task {
        for round in 0..<200 where !Task.isCancelled { try await lane.decide(try Self.crowd(round, sale)) }
      }
      func decided() async throws -> Int64 {
        try await admin.store.vector(topic: PlantedRows.topic)[0].rawValue
      }
      #expect(try await eventually { try await decided() > 200 })
      let file = try await client.get("\(Self.api)/orders.csv")
      let vector = try #require(file.headers[.asOf])
      let reached = try await decided()
      #expect(try await eventually { try await decided() > reached + 400 })
      let early = try await report(client, asOf: vector)
      load.cancel()
      try await load.value
      #expect(early.isSound == true && early.asOf == vector && early.requests.inFlight == 0)
      try Self.compare(early, with: file.text)
      // Whenever it is asked for.
      let late = try await report(client, asOf: vector)
      #expect(late.items == early.items && late.money == early.money && late.lives == early.lives)
      #expect(late.requests == early.requests && late.timeline == early.timeline)
      // The export says where its report is.
      let link = try #require(file.headers[.link]?.split(separator: ">").first?.dropFirst())
      #expect(try await client.get(String(link)).string("as_of") == vector)
      let now = try #require(try await client.get("\(Self.api)/report").string("as_of"))
      #expect(now != vector)
    }
  }

  /// Counts by outcome and reason, units by state, and money, of a file without commas in its fields.
  private static func compare(_ report: SaleReport, with file: String) throws {
    let rows = file.components(separatedBy: "\r\n").dropFirst().dropLast().map { $0.components(separatedBy: ",") }
    #expect(rows.count > 100)
    func count(_ column: Int, _ value: String) -> Int64 { Int64(rows.count { $0[column] == value }) }
    func units(_ state: String) -> Int64 { rows.reduce(0) { $0 + ($1[11] == state ? Int64($1[12]) ?? 0 : 0) } }
    #expect(report.requests.accepted == Int64(rows.count))
    #expect(report.requests.confirmed == count(6, "confirmed") && report.requests.waitlisted == count(6, "waitlisted"))
    for (reason, number) in report.requests.rejected { #expect(number == count(7, reason), "\(reason)") }
    for state in Hold.State.allCases { #expect(report.lives.states[state.code] ?? 0 == count(11, state.code)) }
    let item = try #require(report.items.first)
    #expect(item.reserved == units("reserved") && item.paid == units("paid") && item.fulfilled == units("fulfilled"))
    #expect(Int64(item.left.rawValue) == 900 - item.reserved - item.sold)
    let money = try #require(report.money.first)
    let applied = rows.reduce(Int64(0)) { $0 + (["paid", "fulfilled"].contains($1[11]) ? Int64($1[13]) ?? 0 : 0) }
    let due = rows.reduce(Int64(0)) { $0 + (Int64($1[15].replacing(" CNY", with: "")) ?? 0) }
    #expect(money.applied == applied && money.refundDue == due && due > 0)
  }

  @Test func `a page, its file and its CSV are as of a vector too, and lead to each other`() async throws {
    try await with { admin, client, lane, sale in
      try await lane.decide(try Self.crowd(0, sale))
      let vector = try #require(try await client.get("\(Self.api)/report").string("as_of"))
      let line = try await client.get("\(Self.api)/orders.jsonl")
      #expect(line.headers[.asOf] == vector)
      try await lane.decide(try Self.crowd(1, sale))
      let page = try await client.get("\(Self.sale)?as_of=\(vector)").text
      #expect(page.contains("as of an earlier place of the log") && page.contains("name=\"as_of\" value=\"\(vector)\""))
      #expect(page.contains("report.html?as_of=\(vector)") && page.contains("format=csv&amp;as_of=\(vector)"))
      // What is done, is done to the sale as it is now; and nothing of it moves.
      #expect(!page.contains("\(Self.sale)/edit") && !page.contains("http-equiv=\"refresh\""))
      let file = try await client.get("\(Self.sale)/report.html?as_of=\(vector)").text
      let csv = try await client.get("\(Self.api)/report?format=csv&as_of=\(vector)")
      #expect(csv.headers[.asOf] == vector)
      for text in [page, file, csv.text] { #expect(text.contains(vector)) }
      #expect(csv.text.contains("requests,accepted,count,24\r\n") && csv.text.contains("requests,repeats,count,\r\n"))
      #expect(page.contains("<b>24</b>") && file.contains("<b>24</b>"))
      let now = try await client.get(Self.sale).text
      #expect(now.contains("<b>48</b>") && now.contains("\(Self.sale)?as_of="))
      #expect(!now.contains("as of an earlier place of the log"))
      let log = try await client.get("/admin/log").text
      #expect(log.components(separatedBy: "\(Self.sale)?as_of=\(vector)").count == 4)
    }
  }

  @Test(arguments: ["\(OffsetVector([0: 1_000]))", "\(OffsetVector([9: 1]))", "AQAB", ""])
  func `a vector that is ahead, of other partitions, or none is refused`(_ vector: String) async throws {
    try await with { _, client, lane, sale in
      try await lane.decide(try Self.crowd(0, sale))
      for path in ["\(Self.api)/report?as_of=", "\(Self.api)/report?format=csv&as_of="] {
        let answer = try await client.get("\(path)\(vector)")
        #expect(answer.status == 400 && answer.string("code") == "invalid_parameter", "\(path): \(answer.text)")
        #expect(answer.string("field") == "as_of", "\(answer.text)")
      }
      for path in ["\(Self.sale)?as_of=", "\(Self.sale)/report.html?as_of="] {
        #expect(try await client.get("\(path)\(vector)").status == 400)
      }
    }
  }

  @Test func `the last instant of the slider is the last thing that happened, and equals the report`() async throws {
    try await with { admin, client, lane, sale in
      let orders = try ["ann", "bob", "cid", "dan"].map { try PurchaseRequest.sample($0, [("phone", 2)], of: sale) }
      let opened = Timestamp.now
      try await lane.decide(orders.map { .place($0) })
      // Long after the last first decision.
      func after(_ seconds: Int64) -> Timestamp { opened.after(.seconds(seconds)) }
      let paid = OrderCommand.Action.pay(
        try Capture(payment: PaymentID(validating: "pay-1"), minor: 39_800, currency: "CNY"))
      let last = try StockCommand(
        stock: orders[0].stock, at: after(900), action: .restock(Units(7)), by: Actor(name: "admin"))
      try await lane.decide([
        try orders[0].then(paid, at: after(300)), try orders[1].then(.cancel(nil), at: after(400)),
        try orders[2].then(.expire, at: after(700)), .stock(last),
      ])
      let vector = try #require(try await client.get("\(Self.api)/report").string("as_of"))
      let report = try await report(client, asOf: vector)
      let span = try #require(try await admin.desk.span(of: sale.sale.id))
      #expect(span.upperBound == after(900))
      for counted in [false, true] {
        // Whether or not the sale was counted before.
        let desk = counted ? admin.desk : SaleDesk.anew(admin)
        let moment = try await desk.moment(of: sale.sale.id, at: span.upperBound)
        #expect(moment.lastAt == span.upperBound && moment.asOf == report.asOf)
        let (now, then) = (try #require(report.items.first), try #require(moment.items.first))
        #expect(then.left == Int64(now.left.rawValue) && then.putUp == Int64(now.stock.rawValue) && now.restocked == 7)
        #expect([then.reserved, then.paid, then.confirmed] == [now.reserved, now.paid, now.confirmed])
        #expect([now.reserved, now.paid] == [2, 2])
        #expect(try await desk.moment(of: sale.sale.id, at: after(350)).items.first?.reserved == 6)
      }
      let page = try await client.get("\(Self.sale)/moment").text
      let most = try #require(page.firstMatch(of: /max="(\d+)"/).flatMap { Int64($0.1) })
      #expect(most >= 900_000 && page.contains("value=\"\(most)\""))
      #expect(page.contains(">907</td>") && page.contains("\(Self.sale)?as_of=\(report.asOf)"))
      #expect(try await client.get("\(Self.sale)/moment?ms=350000").text.contains(">900</td>"))
    }
  }
}

extension SaleDesk {
  /// One that has counted nothing yet.
  fileprivate static func anew(_ admin: AdminUnderTest) -> SaleDesk {
    SaleDesk(
      store: SaleStore(pool: admin.store.pool), hooks: admin.log.hooks, metrics: admin.metrics,
      topic: PlantedRows.topic, logger: quietLogger)
  }
}
