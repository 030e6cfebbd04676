internal import FlashSale
internal import SaleStore

/// The page of one sale: its report.
enum ReportPage {
  static func html(_ report: SaleReport, partitions: PartitionList) -> HTML {
    let isMoving = [.open, .upcoming].contains(report.status) || report.requests.inFlight ?? 0 > 0
    return PageLayout.html(
      title: report.name, refresh: isMoving,
      """
      \(heading(report))
      \(tiles(report))
      \(checks(report))
      <div class="pair">
      \(stock(report))
      \(outcomes(report))
      </div>
      \(LivesSection.html(report))
      \(door(report))
      \(timeline(report))
      \(delays(report))
      \(PartitionTable.html(partitions))
      """)
  }

  private static func heading(_ report: SaleReport) -> HTML {
    let api = "/admin/api/sales/\(report.sale)"
    return """
      <div><div class="head"><h1>\(report.name)</h1>\(PageLayout.pill(report.status.rawValue))</div>
      <p class="soft small"><code>\(report.sale.rawValue)</code> · \(report.startsAt.dateAndMinute) to \
      \(report.endsAt.dateAndMinute) UTC · as of \(report.generatedAt.dateAndTime)</p>
      <p class="small">Report as <a href="\(api)/report">JSON</a> or <a href="\(api)/report?format=csv">CSV</a> · \
      all orders as <a href="\(api)/orders.csv">CSV</a> or <a href="\(api)/orders.jsonl">JSON lines</a></p></div>
      """
  }

  private static func tiles(_ report: SaleReport) -> HTML {
    let requests = report.requests
    let putUp = report.items.reduce(Int64(0)) { $0 + Int64($1.stock.rawValue) }
    func tile(_ name: String, _ value: String, _ note: String) -> HTML {
      """
      <div class="tile"><span class="soft small">\(name)</span><b>\(value)</b>\
      <span class="soft small">\(note)</span></div>

      """
    }
    func share(_ count: Int64) -> String { requests.accepted.map { "\(percentage(count, of: $0)) of accepted" } ?? "" }
    let unknown = "unknown"
    let p99 = report.decisionDelay.map { "\($0.p99.grouped(digits: 1)) ms" } ?? "–"
    return """
      <div class="tiles">
      \(tile("Units sold", report.items.map(\.sold).reduce(0, +).grouped, "of \(putUp.grouped) put up"))\
      \(tile("Accepted", requests.accepted?.grouped ?? unknown, "\(report.repeats.grouped) repeats besides"))\
      \(tile("Confirmed", requests.confirmed.grouped, share(requests.confirmed)))\
      \(tile("Rejected", requests.rejectedInAll.grouped, share(requests.rejectedInAll)))\
      \(tile("In flight", requests.inFlight?.grouped ?? unknown, "not decided yet"))\
      \(tile("p99 to decision", p99, "from acceptance"))\
      </div>
      """
  }

  /// The identity as an equation, and the other checks.
  private static func checks(_ report: SaleReport) -> HTML {
    let requests = report.requests
    let verdict = Verdict(report)
    func known(_ count: Int64?) -> String { count.map(\.grouped) ?? "?" }
    let edge: HTML = verdict.holds == true ? "" : verdict.holds == false ? " failed" : " unknown"
    let waitlisted: HTML =
      requests.waitlisted > 0 ? " + waitlisted <b>\(requests.waitlisted.grouped)</b>" : ""
    let others = verdict.checks.dropFirst().map { check -> HTML in "<p>\(mark(check.holds)) \(check.words)</p>\n" }
    return """
      <section class="card checks\(edge)"><h2>Does it add up? \(verdict.words.prefix(1).uppercased())\
      \(verdict.words.dropFirst()).</h2>
      <p class="equation">\(mark(report.identityHolds)) accepted <b>\(known(requests.accepted))</b> = confirmed \
      <b>\(requests.confirmed.grouped)</b>\(waitlisted) + rejected \
      <b>\(requests.rejectedInAll.grouped)</b> + quarantined \
      <b>\(requests.quarantined.grouped)</b> + in flight <b>\(known(requests.inFlight))</b></p>
      \(others)</section>
      """
  }

  private static func mark(_ holds: Bool?) -> HTML {
    let name: HTML = holds == true ? "good" : holds == false ? "bad" : "doubt"
    let words = holds == true ? "holds" : holds == false ? "does not hold" : "unknown"
    return "<b class=\"\(name)\" role=\"img\" aria-label=\"\(words)\" title=\"\(words)\">\(Verdict.mark(holds))</b>"
  }

  private static func stock(_ report: SaleReport) -> HTML {
    let rows = report.items.map { item -> HTML in
      let putUp = Int64(item.stock.rawValue)
      let bar = PageLayout.bar(Double(item.sold) / Double(putUp), over: item.sold > putUp)
      return """
        <tr><td><code>\(item.sku.rawValue)</code>\(bar)</td><td>\(putUp.grouped)</td>\
        <td>\(item.sold.grouped)</td><td>\(item.left.rawValue.grouped)</td></tr>

        """
    }
    return """
      <section class="card"><h2>Stock</h2><div class="scroll"><table><thead><tr><th>SKU</th>\
      <th>put up</th><th>sold</th><th>left</th></tr></thead><tbody>
      \(rows)</tbody></table></div></section>
      """
  }

  private static func outcomes(_ report: SaleReport) -> HTML {
    let requests = report.requests
    func row(_ name: String, _ count: Int64?, isPart: Bool = false) -> HTML {
      let share = count.flatMap { count in requests.accepted.map { percentage(count, of: $0) } } ?? ""
      let style: HTML = isPart ? " class=\"sub\"" : ""
      return "<tr><td\(style)>\(name)</td><td>\(count?.grouped ?? "unknown")</td><td>\(share)</td></tr>\n"
    }
    let refusals = report.topRefusals.map { row($0.reason, $0.count, isPart: true) }
    return """
      <section class="card"><h2>Requests by outcome</h2><table><thead><tr><th>outcome</th><th>requests</th>\
      <th>of accepted</th></tr></thead><tbody>
      \(row("confirmed", requests.confirmed))\
      \(requests.waitlisted > 0 ? row("waitlisted", requests.waitlisted) : .empty)\
      \(row("rejected", requests.rejectedInAll))\(refusals)\
      \(row("quarantined", requests.quarantined))\(row("in flight", requests.inFlight))</tbody></table></section>
      """
  }

  /// What was answered before the log.
  private static func door(_ report: SaleReport) -> HTML {
    func row(_ name: String, _ count: Int64?, isPart: Bool = false) -> HTML {
      let share = count.flatMap { count in report.asked.map { percentage(count, of: $0) } } ?? ""
      let style: HTML = isPart ? " class=\"sub\"" : ""
      return "<tr><td\(style)>\(name)</td><td>\(count?.grouped ?? "unknown")</td><td>\(share)</td></tr>\n"
    }
    let door = report.door
    let reasons = door.reasons.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { reason in
      row(reason.key, reason.value, isPart: true)
    }
    return """
      <section class="card"><h2>At the door</h2><table><thead><tr><th>answer</th><th>requests</th>\
      <th>of all</th></tr></thead><tbody>
      \(row("all requests", report.asked))\(row("accepted", report.requests.accepted))\
      \(row("repeats", report.repeats))\(row("refused at the door", door.refused))\(reasons)\
      \(row("winners answered again", door.answeredAgain))</tbody></table>
      \(ArrivalChart(report)?.html ?? .empty)</section>
      """
  }

  private static func timeline(_ report: SaleReport) -> HTML {
    let chart = TimelineChart(report)?.html ?? "<p class=\"soft\">Nothing was decided yet.</p>"
    return "<section class=\"card\"><h2>Timeline</h2>\(chart)</section>"
  }

  private static func delays(_ report: SaleReport) -> HTML {
    let delay = report.decisionDelay
    let values = [("p50", delay?.p50), ("p95", delay?.p95), ("p99", delay?.p99), ("max", delay?.max)]
    let rows = values.map { name, value -> HTML in
      "<tr><td>\(name)</td><td>\(value.map { "\($0.grouped(digits: 3)) ms" } ?? "–")</td></tr>\n"
    }
    return """
      <section class="card"><h2>From acceptance to decision</h2><table><tbody>
      \(rows)<tr><td>first sale</td><td>\(report.firstSaleAt?.dateAndTime ?? "–")</td></tr>
      <tr><td>last sale</td><td>\(report.lastSaleAt?.dateAndTime ?? "–")</td></tr></tbody></table></section>
      """
  }
}
