internal import Accounts
internal import FlashSale
internal import SaleStore

/// The page of one sale: its report.
enum ReportPage {
  /// Where a page is read.
  enum Place {
    case console
    /// In a file of its own, which leads nowhere.
    case file
  }

  /// - Parameters:
  ///   - comparison: the numbers of an earlier sale beside this one's.
  ///   - isEarlier: whether it is as of an earlier vector, so that nothing in it moves.
  static func html(
    _ frame: PageFrame, _ report: SaleReport, _ timeline: ReportTimeline, actions: HTML = "",
    partitions: PartitionList, comparison: (with: SaleReport, rows: ReportComparison)? = nil, isEarlier: Bool = false,
    in place: Place = .console
  ) -> HTML {
    let say = frame.say
    let isMoving = !isEarlier && [.open, .upcoming].contains(report.status) || report.requests.inFlight ?? 0 > 0
    let isAlive = place == .console && !timeline.isPart && frame.formToken.isEmpty
    return PageLayout.html(
      frame, title: report.name, refresh: isMoving && isAlive, script: .reportScript, isFile: place == .file,
      """
      \(heading(frame, report, place, isEarlier: isEarlier))
      \(actions)
      \(tiles(say, report))
      \(checks(say, report))
      \(comparison.map { ComparisonSection.html(say, $0.rows, report, $0.with) } ?? .empty)
      <div class="pair">
      <section class="card"><h2>\(say(ReportWords.stock))</h2>\(ReportCharts.stock(say, report))</section>
      \(outcomes(say, report))
      </div>
      \(LivesSection.html(say, report))
      \(door(say, report))
      \(TimelineSection.html(say, timeline, of: report, canZoom: place == .console, isEarlier: isEarlier))
      \(delays(say, report, timeline))
      \(place == .console && !isEarlier ? PartitionTable.html(say, partitions) : .empty)
      \(place == .console && comparison == nil && !isEarlier ? ComparisonSection.form(say, report.sale) : .empty)
      """)
  }

  private static func heading(
    _ frame: PageFrame, _ report: SaleReport, _ place: Place, isEarlier: Bool
  ) -> HTML {
    let say = frame.say
    let api = "/admin/api/sales/\(report.sale)"
    let page = "/admin/sales/\(report.sale)"
    let (first, further) = isEarlier ? ("?as_of=\(report.asOf)", "&as_of=\(report.asOf)") : ("", "")
    let files: HTML = """
      <a href="\(page)/report.html\(first)">\(say(ChartWords.oneFile))</a>, \
      <a href="\(api)/report?format=csv\(further)">CSV</a> \(say(ReportWords.orSeparator))
      """
    let vector: HTML =
      place == .console
      ? "<a href=\"\(page)?as_of=\(report.asOf)\"><code>\(report.asOf)</code></a>" : "<code>\(report.asOf)</code>"
    let now: HTML = place == .console ? " <a href=\"\(page)\">\(say(ReportWords.reportNow))</a>" : .empty
    let earlier: HTML =
      isEarlier ? "<p class=\"note\" role=\"status\">\(say(ReportWords.earlier))\(now)</p>" : .empty
    let links: HTML = """
      <p class="small screen"><a href="\(page)/live"><b>\(say(LiveWords.live))</b></a> · \
      \(say(ReportWords.reportAs)) \(frame.may(.export) ? "\(files) " : .empty)\
      <a href="\(api)/report\(first)">JSON</a></p>
      \(frame.may(.export) ? orders(frame, api, report) : .empty)
      <p class="small screen"><a href="\(page)/orders">\(say(DeskWords.searchOrders))</a> · \
      <a href="\(page)/moment">\(say(DeskWords.moment))</a></p>
      """
    return """
      <div><div class="head"><h1>\(report.name)</h1>\
      \(PageLayout.pill(report.status.rawValue, say(ReportWords(report.status))))</div>
      <p class="soft small"><code>\(report.sale.rawValue)</code> · \
      \(say(ReportWords.window, say.minute(report.startsAt), say.minute(report.endsAt))) · \
      \(say(ReportWords.asOf, say.time(report.generatedAt))) · \
      \(say(ReportWords.vector)) \(vector)</p>
      \(earlier)\(place == .console ? links : .empty)</div>
      """
  }

  /// Takes all orders out as a file: those of the report. Its reader chooses the form.
  private static func orders(_ frame: PageFrame, _ api: String, _ report: SaleReport) -> HTML {
    let say = frame.say
    let plain: HTML =
      frame.may(.unmask)
      ? "<label><input type=\"checkbox\" name=\"buyers\" value=\"plain\"> \(say(DeskWords.showBuyers))</label>" : ""
    return """
      <form method="get" action="\(api)/orders.csv" class="inline small screen">\
      <input type="hidden" name="as_of" value="\(report.asOf)"><span>\(say(ReportWords.ordersAs))</span>\
      <label><input type="checkbox" name="bom" value="true"> \(say(ReportWords.forExcel))</label>\(plain)\
      <button type="submit" class="small">CSV</button><button type="submit" class="small" \
      formaction="\(api)/orders.jsonl">\(say(ReportWords.jsonLines))</button></form>
      """
  }

  private static func tiles(_ say: Phrasebook, _ report: SaleReport) -> HTML {
    let requests = report.requests
    let putUp = report.items.reduce(Int64(0)) { $0 + Int64($1.stock.rawValue) }
    func tile(_ name: String, _ value: String, _ note: String) -> HTML {
      """
      <div class="tile"><span class="soft small">\(name)</span><b>\(value)</b>\
      <span class="soft small">\(note)</span></div>

      """
    }
    func share(_ count: Int64) -> String {
      requests.accepted.map { say(ReportWords.ofAccepted, percentage(count, of: $0)) } ?? ""
    }
    let unknown = say(ReportWords.unknown)
    let sold = report.items.map(\.sold).reduce(0, +).grouped
    let p99 = report.decisionDelay.map { "\($0.p99.grouped(digits: 1)) ms" } ?? "–"
    return """
      <div class="tiles">
      \(tile(say(ReportWords.unitsSold), sold, say(ReportWords.ofPutUp, putUp.grouped)))\
      \(tile(
        say(ReportWords.accepted), requests.accepted?.grouped ?? unknown,
        say(ReportWords.repeatsBesides, report.repeats?.grouped ?? unknown)))\
      \(tile(say(ReportWords.confirmed), requests.confirmed.grouped, share(requests.confirmed)))\
      \(tile(say(ReportWords.rejected), requests.rejectedInAll.grouped, share(requests.rejectedInAll)))\
      \(tile(say(ReportWords.inFlight), requests.inFlight?.grouped ?? unknown, say(ReportWords.notDecided)))\
      \(tile(say(ReportWords.p99), p99, say(ReportWords.fromAcceptance)))\
      </div>
      """
  }

  /// The identity as an equation, and the other checks.
  private static func checks(_ say: Phrasebook, _ report: SaleReport) -> HTML {
    let requests = report.requests
    let verdict = Verdict(report, say)
    let words = verdict.words.prefix(1).uppercased() + verdict.words.dropFirst()
    func known(_ count: Int64?) -> String { count.map(\.grouped) ?? "?" }
    let edge: HTML = verdict.holds == true ? "" : verdict.holds == false ? " failed" : " unknown"
    let waitlisted: HTML =
      requests.waitlisted > 0
      ? " + \(say(ReportWords.waitlisted)) <b>\(requests.waitlisted.grouped)</b>" : ""
    let others = verdict.checks.dropFirst().map { check -> HTML in "<p>\(mark(say, check.holds)) \(check.words)</p>\n" }
    return """
      <section class="card checks\(edge)"><h2>\(say(ReportWords.addsUp, words))</h2>
      <p class="equation">\(mark(say, report.identityHolds)) \(say(ReportWords.acceptedWord)) \
      <b>\(known(requests.accepted))</b> = \(say(ReportWords.confirmed)) \
      <b>\(requests.confirmed.grouped)</b>\(waitlisted) + \(say(ReportWords.rejected)) \
      <b>\(requests.rejectedInAll.grouped)</b> + \(say(ReportWords.quarantined)) \
      <b>\(requests.quarantined.grouped)</b> + \(say(ReportWords.inFlight)) <b>\(known(requests.inFlight))</b></p>
      \(others)</section>
      """
  }

  private static func mark(_ say: Phrasebook, _ holds: Bool?) -> HTML {
    let name: HTML = holds == true ? "good" : holds == false ? "bad" : "doubt"
    let words = say(holds == true ? ReportWords.holds : holds == false ? ReportWords.fails : ReportWords.unknown)
    return "<b class=\"\(name)\" role=\"img\" aria-label=\"\(words)\" title=\"\(words)\">\(Verdict.mark(holds))</b>"
  }

  private static func outcomes(_ say: Phrasebook, _ report: SaleReport) -> HTML {
    let requests = report.requests
    func row(_ name: String, _ count: Int64?, isPart: Bool = false) -> HTML {
      let share = count.flatMap { count in requests.accepted.map { percentage(count, of: $0) } } ?? ""
      let style: HTML = isPart ? " class=\"sub\"" : ""
      return
        "<tr><td\(style)>\(name)</td><td>\(count?.grouped ?? say(ReportWords.unknown))</td><td>\(share)</td></tr>\n"
    }
    let refusals = report.topRefusals.map { row(say.outcome($0.reason), $0.count, isPart: true) }
    return """
      <section class="card"><h2>\(say(ReportWords.byOutcome))</h2><table><thead><tr>\
      <th>\(say(ReportWords.outcome))</th><th>\(say(ReportWords.requests))</th>\
      <th>\(say(ReportWords.share))</th></tr></thead><tbody>
      \(row(say(ReportWords.confirmed), requests.confirmed))\
      \(requests.waitlisted > 0 ? row(say(ReportWords.waitlisted), requests.waitlisted) : .empty)\
      \(row(say(ReportWords.rejected), requests.rejectedInAll))\(refusals)\
      \(row(say(ReportWords.quarantined), requests.quarantined))\(row(say(ReportWords.inFlight), requests.inFlight))\
      </tbody></table></section>
      """
  }

  /// What was answered before the log.
  private static func door(_ say: Phrasebook, _ report: SaleReport) -> HTML {
    func row(_ name: String, _ count: Int64?, isPart: Bool = false) -> HTML {
      let share = count.flatMap { count in report.asked.map { percentage(count, of: $0) } } ?? ""
      let style: HTML = isPart ? " class=\"sub\"" : ""
      return
        "<tr><td\(style)>\(name)</td><td>\(count?.grouped ?? say(ReportWords.unknown))</td><td>\(share)</td></tr>\n"
    }
    let door = report.door
    let reasons = door.reasons.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { reason in
      row(say.door(reason.key), reason.value, isPart: true)
    }
    return """
      <section class="card"><h2>\(say(ReportWords.door))</h2><table><thead><tr>\
      <th>\(say(ReportWords.answer))</th><th>\(say(ReportWords.requests))</th>\
      <th>\(say(ReportWords.ofAll))</th></tr></thead><tbody>
      \(row(say(ReportWords.allRequests), report.asked))\(row(say(ReportWords.acceptedWord), report.requests.accepted))\
      \(row(say(ReportWords.repeats), report.repeats))\(row(say(ReportWords.refusedAtDoor), door.refused))\(reasons)\
      \(row(say(ReportWords.answeredAgain), door.answeredAgain))</tbody></table>
      \(ReportCharts.arrivals(say, report) ?? .empty)</section>
      """
  }

  private static func delays(_ say: Phrasebook, _ report: SaleReport, _ timeline: ReportTimeline) -> HTML {
    let delay = report.decisionDelay
    let values = [("p50", delay?.p50), ("p95", delay?.p95), ("p99", delay?.p99), (say(ReportWords.max), delay?.max)]
    let rows = values.map { name, value -> HTML in
      "<tr><td>\(name)</td><td>\(value.map { "\($0.grouped(digits: 3)) ms" } ?? "–")</td></tr>\n"
    }
    let part: HTML = timeline.isPart ? "<p class=\"small soft\">\(say(ChartWords.partOnly))</p>" : .empty
    return """
      <section class="card"><h2>\(say(ReportWords.delays))</h2><div class="pair"><table><tbody>
      \(rows)<tr><td>\(say(ReportWords.firstSale))</td><td>\(report.firstSaleAt.map(say.time) ?? "–")</td></tr>
      <tr><td>\(say(ReportWords.lastSale))</td><td>\(report.lastSaleAt.map(say.time) ?? "–")</td></tr>
      <tr><td>\(say(ChartWords.sellOut))</td><td>\
      \(report.sellOutMilliseconds.map { "\($0.grouped(digits: 1)) ms" } ?? say(ChartWords.unitsAreLeft))</td></tr>\
      </tbody></table>
      <div>\(ReportCharts.delays(say, timeline.decisions) ?? .empty)\(part)</div></div></section>
      """
  }
}
