internal import Accounts
internal import FlashSale
internal import SaleStore

/// The admin log: searched, filtered, a page at a time.
enum LogPage {
  /// - Parameters:
  ///   - page: `nil`: the search was refused.
  ///   - query: as the request has it, for the links.
  static func html(
    _ frame: PageFrame, _ page: (entries: [LogEntry], next: Int64?)?, _ query: LogQuery
  ) -> HTML {
    let (say, fields) = (frame.say, fields(frame, query))
    return PageLayout.html(
      frame, title: say(UserWords.log),
      """
      <h1>\(say(UserWords.log))</h1>
      <section class="card"><form method="get" action="/admin/log" class="form wide" role="search">\
      \(frame.refusal(fields))\(fields)</form></section>
      \(page.map { lines(frame, $0, query) } ?? .empty)
      """)
  }

  private static func lines(
    _ frame: PageFrame, _ page: (entries: [LogEntry], next: Int64?), _ query: LogQuery
  ) -> HTML {
    let say = frame.say
    let filter = filter(query)
    let rows = page.entries.map { row(frame, $0) }
    let heading = [
      "#", say(UserWords.at), say(UserWords.who), say(UserWords.action), say(UserWords.subject),
      say(UserWords.change), say(UserWords.why), say(UserWords.result),
    ]
    let none: UserWords = page.next == nil ? .noLines : .noLinesYet
    let table: HTML =
      rows.isEmpty ? "<p class=\"soft\">\(say(none))</p>" : frame.table(say(UserWords.log), heading, rows)
    let older: HTML =
      page.next.map { next -> HTML in
        "<a href=\"/admin/log?\(filter)before=\(plain: next)\" rel=\"next\">\(say(UserWords.older))</a>"
      } ?? ""
    let newest: HTML =
      query.before == nil ? "" : "<a href=\"/admin/log?\(filter)\">\(say(UserWords.newest))</a>"
    return """
      <section class="card">\(table)<p class="head">\(newest) \(older) \
      <a href="/admin/log.csv?\(filter)">\(say(UserWords.csv))</a></p></section>
      """
  }

  private static func fields(_ frame: PageFrame, _ query: LogQuery) -> HTML {
    let say = frame.say
    let actions = [("", say(UserWords.anyAction))] + LogAction.allCases.map { ($0.rawValue, say($0)) }
    return """
      \(frame.field("text", say(UserWords.text), value: query.text ?? "", isNeeded: false))\
      \(frame.field("who", say(UserWords.who), value: query.who ?? "", isNeeded: false))\
      \(frame.select("action", say(UserWords.action), actions, chosen: query.action?.rawValue ?? ""))\
      \(frame.field(
        "from", say(UserWords.from), value: query.from.map { "\($0)" } ?? "", hint: "2026-11-11T00:00:00+08:00",
        isNeeded: false))\
      \(frame.field(
        "to", say(UserWords.to), value: query.to.map { "\($0)" } ?? "", hint: "2026-11-12T00:00:00+08:00",
        isNeeded: false))\
      \(frame.button(say(UserWords.search)))
      """
  }

  private static func filter(_ query: LogQuery) -> String {
    let fields = [
      ("text", query.text), ("who", query.who), ("action", query.action?.rawValue),
      ("from", query.from.map { "\($0)" }), ("to", query.to.map { "\($0)" }),
    ]
    return fields.compactMap { name, value in value.map { "\(name)=\($0.percentEncoded)&" } }.joined()
  }

  private static func row(_ frame: PageFrame, _ entry: LogEntry) -> [HTML] {
    let content = entry.content
    let from: HTML = content.from.map { "\($0) → " } ?? ""
    let result: HTML =
      content.problem.map { "<span class=\"bad\">\($0)</span>" } ?? "\(frame.say(UserWords.done))"
    return [
      "\(entry.number.grouped)", "\(entry.at.dateAndTime) UTC",
      "\(content.who)<br><span class=\"soft small\">\(content.address)</span>",
      "<code>\(frame.say(content.action))</code>",
      "\(content.subject)", "\(from)\(content.to ?? "")\(report(frame, content))", "\(content.why)", result,
    ]
  }

  /// Leads from an export to the report that has the same orders. The line ends with the vector.
  private static func report(_ frame: PageFrame, _ content: LogEntry.Content) -> HTML {
    guard [.ordersExported, .reportExported].contains(content.action), let sale = SaleID(rawValue: content.subject),
      let vector = content.to?.split(separator: " ").last.flatMap({ OffsetVector(String($0)) })
    else { return .empty }
    let path = "/admin/sales/\(sale)?as_of=\(vector)"
    return "<br><a href=\"\(path)\">\(frame.say(ReportWords.reportThen))</a>"
  }
}
