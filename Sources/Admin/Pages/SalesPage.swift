internal import Accounts
internal import FlashSale
internal import Foundation
internal import HTTPServing
internal import SaleStore
internal import Time

/// The list of sales.
enum SalesPage {
  /// What is asked for.
  struct Filter {
    /// A part of the id or the name; any case.
    var text = ""
    var status: SaleStatus?

    /// Only sales with a lower number: the next page.
    var before: Int32?

    init() {}

    init(of visit: Visit) throws(Problem) {
      text = visit.words("text") ?? ""
      guard text.utf8.count <= Limits.queryBytes else {
        throw .invalidParameter("text", "must be at most \(Limits.queryBytes) bytes")
      }
      if let word = visit.query("status") {
        guard let status = SaleStatus(rawValue: word) else {
          throw .invalidParameter("status", "is no state of a sale")
        }
        self.status = status
      }
      if let number = visit.query("before") {
        guard let before = Int32(number) else { throw .invalidParameter("before", "must be a number of a sale") }
        self.before = before
      }
    }

    func fits(_ stored: StoredSale, at time: Timestamp) -> Bool {
      if let status, stored.status(at: time) != status { return false }
      let text = text.lowercased()
      return text.isEmpty || stored.sale.name.lowercased().contains(text)
        || stored.sale.id.rawValue.lowercased().contains(text)
    }
  }

  /// Sales that fit, the newest first, as they stand at `time`.
  ///
  /// - Parameter zones: of the sales that have one.
  static func html(
    _ frame: PageFrame, _ sales: [StoredSale], hasMore: Bool = false, _ filter: Filter = Filter(),
    zones: [SaleNumber: TimeZone] = [:], at time: Timestamp
  ) -> HTML {
    let say = frame.say
    let isMoving = sales.contains { [.open, .upcoming].contains($0.status(at: time)) }
    let cards = sales.map { card(frame.showing(zones[$0.number] ?? .gmt).say, $0, at: time) }
    let empty: HTML = "<section class=\"card\"><p>\(say(ReportWords.noSales))</p></section>"
    let rest: HTML =
      hasMore
      ? """
      <p><a href="/admin/sales?text=\(filter.text.percentEncoded)&amp;status=\(filter.status?.rawValue ?? "")&amp;\
      before=\(plain: sales.last?.number.rawValue ?? 0)" rel="next">\(say(SaleWords.older))</a></p>
      """ : ""
    return PageLayout.html(
      frame, title: say(ReportWords.sales), refresh: isMoving && frame.formToken.isEmpty,
      """
      <div class="head"><h1>\(say(ReportWords.sales))</h1><span class="soft small">\
      \(say(ReportWords.asOf, say.time(time)))</span></div>
      \(search(frame, filter))
      \(cards.isEmpty ? empty : "<div class=\"sales\">\(cards)</div>")
      \(rest)
      """)
  }

  private static func search(_ frame: PageFrame, _ filter: Filter) -> HTML {
    let say = frame.say
    let states =
      [("", say(SaleWords.anyStatus))]
      + [SaleStatus.upcoming, .open, .ended, .closed].map { ($0.rawValue, say(ReportWords($0))) }
    let new: HTML =
      frame.may(.operate) ? "<a class=\"button\" href=\"/admin/new-sale\">\(say(SaleWords.new))</a>" : ""
    return """
      <form method="get" action="/admin/sales" class="form wide" role="search">\
      \(frame.field("text", say(SaleWords.search), value: filter.text, isNeeded: false))\
      \(frame.select("status", say(SaleWords.status), states, chosen: filter.status?.rawValue ?? ""))\
      <span class="head">\(frame.button(say(SaleWords.filter), style: "small"))\(new)</span></form>
      """
  }

  private static func card(_ say: Phrasebook, _ stored: StoredSale, at time: Timestamp) -> HTML {
    let sale = stored.sale
    let putUp = sale.items.reduce(Int64(0)) { $0 + Int64($1.stock.rawValue) }
    let left = sale.items.reduce(Int64(0)) { $0 + Int64(stored.left(of: $1).rawValue) }
    let count = sale.items.count
    let items = count == 1 ? say(ReportWords.oneSKU) : say(ReportWords.manySKUs, count.grouped)
    let status = stored.status(at: time)
    return """
      <a class="card sale" href="/admin/sales/\(sale.id.rawValue)">
      <span class="head"><strong>\(sale.name)</strong>\
      \(PageLayout.pill(status.rawValue, say(ReportWords(status))))</span>
      <span class="soft small"><code>\(sale.id.rawValue)</code> · \(items)</span>
      \(PageLayout.bar(Double(putUp - left) / Double(max(putUp, 1))))
      <span class="small">\(say(ReportWords.soldOf, (putUp - left).grouped, putUp.grouped, left.grouped))</span>
      <span class="soft small">\(say(ReportWords.window, say.minute(sale.startsAt), say.minute(sale.endsAt)))</span>
      </a>

      """
  }
}
