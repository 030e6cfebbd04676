@testable import Admin
import FlashSale
import Foundation
import HTTPServing
import HTTPTypes
import HummingbirdTesting
import SaleStore
import Testing
import Time

/// Reports as text, CSV and pages.
@Suite struct RenderingTests {
  private let frame = PageFrame(say: Phrasebook(language: .english), who: nil, formToken: "", path: "/admin")

  /// A report in its JSON form: everything in it is chosen here.
  private func report(
    name: String = "Double 11", inFlight: String = "0", identity: String = "true",
    moments: [(minute: Int, count: Int)] = [], lives: String = noLives, money: String = "[]"
  ) throws -> SaleReport {
    let timeline = moments.map { moment in
      let time = Timestamp(microseconds: (1_762_819_200 + Int64(moment.minute) * 60) * 1_000_000)
      return "{\"minute\":\"\(time)\",\"confirmed\":\(moment.count),\"waitlisted\":4,\"rejected\":1,\"quarantined\":0}"
    }
    let quoted = String(decoding: try JSONEncoder().encode(name), as: UTF8.self)
    let json = """
      {"sale":"double11","name":\(quoted),"status":"ended","starts_at":"2025-11-11T00:00:00Z",
       "ends_at":"2025-11-12T00:00:00Z","generated_at":"2025-11-12T01:02:03Z","as_of":"",
       "items":[\(item("phone", stock: 1_000, sold: 1_000)),\(item("case", stock: 20_000, sold: 1_234))],
       "requests":{"accepted":\(inFlight == "null" ? "null" : "1234567"),"confirmed":2234,"waitlisted":0,
         "rejected":{"sold_out":1232000,"limit_reached":300},"quarantined":33,"in_flight":\(inFlight)},
       "door":{"refused":5000,"reasons":{"sold_out":4900,"rate_limited":100},"answered_again":3,"unknown":2},
       "asked":\(inFlight == "null" ? "null" : "1239577"),
       "arrivals":[{"at":"2025-11-11T00:00:00.000Z","accepted":90,"refused":0},
         {"at":"2025-11-11T00:00:00.300Z","accepted":10,"refused":4900}],
       "repeats":7,"units_confirmed":2234,"identity_holds":\(identity),"stock_holds":true,
       "money_holds":\(money == "[]"),
       "oversold":false,"lives":\(lives),"money":\(money),
       "decision_delay_ms":{"p50":1.25,"p95":20,"p99":1234.5678,"max":2000},"timeline_bucket_minutes":1,
       "timeline":[\(timeline.joined(separator: ","))],"first_sale_at":"2025-11-11T00:00:01Z",
       "last_sale_at":"2025-11-11T00:10:00Z","top_refusals":[{"reason":"sold_out","count":1232000},
       {"reason":"limit_reached","count":300}]}
      """
    return try JSONDecoder().decode(SaleReport.self, from: Data(json.utf8))
  }

  private static let noLives =
    #"{"states":{},"joined":0,"waiting":0,"offered":0,"lapsed_offers":0,"lapsed":0,"history":[]}"#

  private func item(_ sku: String, stock: Int, sold: Int) -> String {
    """
    {"sku":"\(sku)","stock":\(stock),"sold":\(sold),"left":\(stock - sold),"put_up_at_first":\(stock),"restocked":0,
     "reduced":0,"reserved":0,"confirmed":\(sold),"paid":0,"fulfilled":0}
    """
  }

  @Test func `money is shown with its currency's digits, never added up, and lives only where there are some`() throws {
    let plain = try report()
    #expect(!ReportTable.text(plain).contains("Money"))
    #expect(!ReportPage.html(frame, plain, .empty, partitions: partitions).text.contains("<h2>Money</h2>"))
    func money(_ currency: String, _ exponent: Int, _ captured: Int, applied: Int) -> String {
      """
      {"currency":"\(currency)","exponent":\(exponent),"captured":\(captured),"applied":\(applied),"refund_due":100,
       "refunded":5}
      """
    }
    let moving = try report(
      lives: """
        {"states":{"paid":3,"expired":2},"joined":7,"waiting":4,"offered":3,"lapsed_offers":1,"lapsed":2,
         "history":[{"action":"pay","result":"too_late","count":1}]}
        """,
      money: "[\(money("BHD", 3, 1_234_105, applied: 1_234_000)),\(money("JPY", 0, 5_105, applied: 5_001))]")
    let lines = ReportTable.text(moving).components(separatedBy: "\n")
    #expect(lines.contains("  BHD       1,234.105  1,234.000       0.100     0.005"), "\(lines)")
    #expect(lines.contains("  JPY           5,105      5,001         100         5"), "\(lines)")
    #expect(lines.contains("  pay      too_late        1"), "\(lines)")
    #expect(lines.contains { $0.hasPrefix("✗ captured ≠ applied + refund due + refunded, in JPY") }, "\(lines)")
    #expect(ReportPage.html(frame, moving, .empty, partitions: partitions).text.contains("<td>1,234.105</td>"))
    let csv = ReportCSV.text(moving)
    #expect(csv.contains("money,BHD,captured_minor,1234105\r\n") && csv.contains("waitlist,waiting,count,4\r\n"))
    #expect(csv.contains("history,pay,too_late,1\r\n"))
  }

  private let partitions = PartitionList(
    topic: "orders", progress: [], workers: [], ends: [Partition(0): Offset(5)])

  @Test func `the table aligns its columns and ends with a verdict`() throws {
    let lines = ReportTable.text(try report()).components(separatedBy: "\n")
    #expect(lines.contains("  SKU    put up   sold    left   sold %"))
    #expect(lines.contains("  phone   1,000  1,000       0  100.0 %"))
    #expect(lines.contains("  case   20,000  1,234  18,766    6.2 %"))
    #expect(lines.contains("  accepted              1,234,567  100.0 %"))
    #expect(lines.contains("  refused                            5,000    0.4 %"))
    #expect(lines.contains("Requests per 100 ms around the opening"))
    #expect(lines.contains("  00:00:00.3        10    4,900"))
    #expect(lines.contains("  1.250  20.000  1,234.568  2,000.000"))
    #expect(lines.suffix(2) == ["✓ Sale double11: every request has its outcome", ""])
    let moving = ReportTable.text(try report(moments: [(0, 1_000), (1, 12)])).components(separatedBy: "\n")
    #expect(moving.contains("  from              confirmed  waitlisted  rejected  quarantined"))
    #expect(moving.contains("  2025-11-11 00:00      1,000           4         1            0"))
    let broken = ReportTable.text(try report(identity: "false")).components(separatedBy: "\n")
    #expect(broken.suffix(2) == ["✗ Sale double11: does not add up", ""])
    let unknown = ReportTable.text(try report(inFlight: "null", identity: "null"))
    #expect(unknown.contains("in flight               unknown"))
    #expect(unknown.contains("? Sale double11: not known"))
  }

  @Test func `the CSV has one fact per line and runs no formula`() throws {
    let lines = ReportCSV.text(try report(name: "=cmd|' /C calc'!A0, \"x\"", moments: [(0, 5)]))
      .components(separatedBy: "\r\n")
    #expect(lines[0] == "section,name,metric,value")
    #expect(lines[1] == "sale,double11,name,\"'=cmd|' /C calc'!A0, \"\"x\"\"\"")
    // A combining character makes no other sign of the first one.
    for name in ["=\u{301}1", "＝1", "'a", "''"] {
      #expect(ReportCSV.text(try report(name: name)).contains("sale,double11,name,'\(name)\r\n"))
    }
    #expect(lines.contains("item,case,left,18766"))
    #expect(lines.contains("requests,accepted,count,1234567"))
    #expect(lines.contains("refusal,sold_out,count,1232000"))
    #expect(lines.contains("timeline,2025-11-11T00:00:00.000Z,confirmed,5"))
    #expect(lines.contains("door,sold_out,count,4900"))
    #expect(lines.contains("arrivals,2025-11-11T00:00:00.300Z,refused,4900"))
    #expect(lines.last == "")
    let unknown = ReportCSV.text(try report(inFlight: "null", identity: "null"))
    #expect(unknown.contains("requests,in_flight,count,\r\n"))
    #expect(unknown.contains("identity_holds,\r\n"))
  }

  @Test func `a hostile name is text on every page`() throws {
    let name = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&amp;"
    let escaped = "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&gt;&lt;img src=x onerror=alert(2)&gt;&amp;amp;"
    let sale = StoredSale(number: SaleNumber(rawValue: 1), sale: try .sample(name: name), closedAt: nil, stock: [:])
    var problem = Problem.notFound
    problem.detail = name
    let pages = [
      ReportPage.html(frame, try report(name: name, moments: [(0, 1)]), .empty, partitions: partitions),
      SalesPage.html(frame, [sale], at: Timestamp(microseconds: 1_762_819_200_000_000)),
      ProblemPage.html(frame, problem),
    ]
    for page in pages {
      #expect(page.text.contains(escaped))
      #expect(page.text.matches(of: /<script/).count == page.text.matches(of: /<script src="\/admin\/assets/).count)
      #expect(!page.text.contains("<img"))
    }
  }

  @Test func `pages are well-formed and run nothing of their own`() async throws {
    try await AdminUnderTest.with { admin, client in
      let sale = try await admin.store.create(.sample(name: "A & <B>"))
      try await PlantedRows.with(admin.database) { planted in
        try await planted.decide(sale, "phone", .confirmed, count: 10)
        try await planted.progress(0, nextOffset: 3, halted: "a <gap>")
      }
      for path in ["/admin", "/admin/sales/double11"] {
        let page = try await client.get(path)
        #expect(page.status == 200)
        #expect(page.headers[.contentType] == "text/html; charset=utf-8")
        let policy = try #require(page.headers[.contentSecurityPolicy])
        #expect(policy.hasPrefix("default-src 'none'; style-src 'self'; script-src 'self'"))
        #expect(!page.text.contains(" style="))
        #expect(!page.text.contains("<style") && page.text.matches(of: /<script>| on[a-z]+="/).isEmpty)
        #expect(page.text.contains("A &amp; &lt;B&gt;"))
        #expect(page.text.contains("http-equiv=\"refresh\" content=\"5\""))
        try Self.expectBalanced(page.text)
      }
      let page = try await client.get("/admin/sales/double11").text
      #expect(page.contains("a &lt;gap&gt;"))
      #expect(page.contains("<rect class=\"confirmed\""))
    }
  }

  /// Every element that is opened is closed, in order, so far as HTML asks for it.
  private static func expectBalanced(_ page: String) throws {
    var open: [Substring] = []
    for tag in page.matches(of: /<(\/?)([a-z0-9]+)[^>]*?(\/?)>/) {
      let (closes, name, closed) = (!tag.output.1.isEmpty, tag.output.2, !tag.output.3.isEmpty)
      if ["meta", "link", "input", "br"].contains(name) || closed { continue }
      if closes {
        #expect(open.popLast() == name)
      } else {
        open.append(name)
      }
    }
    #expect(open.isEmpty)
  }

  @Test(arguments: [
    (0, 1, "minute", 1), (119, 2, "minute", 120), (120, 2, "2 minutes", 61), (1_439, 2, "15 minutes", 96),
    (10_079, 2, "2 hours", 84), (44_639, 2, "12 hours", 62), (5_256_000, 2, "31 days", 118),
  ])
  func `a timeline has no gaps and at most its number of bars`(
    _ last: Int, _ total: Int, _ width: String, _ bars: Int
  ) throws {
    let report = try report(moments: last == 0 ? [(0, 10)] : [(0, 10), (last, 20)])
    let timeline = Timeline(report, atMost: Limits.timelineBars)
    #expect(timeline.buckets.count <= 120)
    #expect(timeline.buckets.map(\.rejected).reduce(0, +) == total)
    #expect(timeline.buckets.first?.confirmed == 10)
    #expect(timeline.widthName == width)
    #expect(timeline.buckets.count == bars)
  }

  @Test func `numbers are grouped by thousands`() {
    #expect([0, 999, 1_000, -1_234_567].map(\.grouped) == ["0", "999", "1,000", "-1,234,567"])
    #expect(Int64.min.grouped == "-9,223,372,036,854,775,808")
    #expect(
      [0.0, 0.0004, 1.0005, 1_234.5678, -2.5].map { $0.grouped(digits: 3) } == [
        "0.000", "0.000", "1.001", "1,234.568", "-2.500",
      ])
    #expect(percentage(1, of: 0) == "–")
  }
}
