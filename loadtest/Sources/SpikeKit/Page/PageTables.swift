internal import Histogram
internal import NIOCore
internal import Writing

/// The tables of a page, and what they say in words.
struct PageTables {
  private let report: Report

  init(_ report: Report) { self.report = report }

  var html: String { [answers, groups, generator, outcomes, units, checks].joined() }

  private func table(_ title: String, _ heading: [String], _ rows: [[String]], textColumns: Int = 1) -> String {
    guard !rows.isEmpty else { return "" }
    func cells(_ row: [String], _ tag: String) -> String {
      row.enumerated().map { column, cell in
        "<\(tag)\(column < textColumns ? "" : " class=\"n\"")>\(escaped(cell))</\(tag)>"
      }.joined()
    }
    return
      "<div class=\"table\"><h2>\(escaped(title))</h2><table><thead><tr>\(cells(heading, "th"))</tr></thead><tbody>"
      + rows.map { "<tr>\(cells($0, "td"))</tr>" }.joined(separator: "\n") + "</tbody></table></div>\n"
  }

  private var answers: String {
    let tally = report.load.tally
    func row(_ name: String, _ latencies: Tally.Latencies) -> [String] {
      [name, grouped(Int(latencies.totalCount))] + Percentiles(latencies).all.map { milliseconds($0) }
    }
    let kinds = tally.kinds.sorted { ($0.status, $1.count) < ($1.status, $0.count) }.map { kind in
      row(
        "\(kind.status > 0 ? "\(kind.status)" : "none") \(String(decoding: kind.code, as: UTF8.self))", kind.latencies)
    }
    return table(
      "Answers", ["answer", "requests", "p50", "p90", "p99", "p99.9", "max"],
      kinds + [row("all", tally.all), row("all, from the time it was sent", tally.fromSent)])
  }

  private var groups: String {
    table(
      "Groups", ["group", "sent", "skipped", "202", "other", "none", "p50", "p99", "max"],
      zip(report.settings.groups, report.load.groups).map { group, part in
        let latencies = Percentiles(part.tally.all)
        return [
          group.name, grouped(part.sent), grouped(part.skipped), grouped(part.tally.count { $0 == 202 }),
          grouped(part.tally.count { $0 > 0 && $0 != 202 }), grouped(part.tally.count { $0 == 0 }),
        ] + [latencies.p50, latencies.p99, latencies.max].map { milliseconds($0) }
      })
  }

  private var generator: String {
    let (load, late) = (report.load, report.load.lateness)
    return table(
      "Generator", ["what", "requests", "worst"],
      [
        [
          "left late, every connection was busy", grouped(late.waitedForConnection),
          milliseconds(late.worstWait.microseconds),
        ],
        ["left late, its own fault", grouped(late.generatorLate), milliseconds(late.worstGenerator.microseconds)],
        ["tried again", grouped(load.retries.sent), ""],
        ["of those, when Retry-After said", grouped(load.retries.honoured), ""],
        ["gave up", grouped(load.retries.gaveUp), ""],
        ["skipped, the group was dripping", grouped(load.skipped), ""],
        ["never sent", grouped(report.unsent), ""],
        ["connections refused or lost", grouped(load.connections.failures + load.connections.lost), ""],
      ])
  }

  private var outcomes: String {
    guard let judgement = report.judgement else { return "" }
    return table(
      "Outcomes", ["outcome", "answers"],
      OutcomeCount.count(judgement.evidence).map { ["\($0.outcome) \($0.reason)", grouped($0.answers)] })
  }

  private var units: String {
    guard let judgement = report.judgement else { return "" }
    let units = judgement.units
    return table(
      "Units", ["SKU", "stock", "sold before", "confirmed", "unknown", "left"],
      judgement.evidence.before.items.enumerated().prefix(Limits.skusShown).map { sku, item in
        let left = judgement.after.flatMap { $0.items.indices.contains(sku) ? $0.items[sku].left : nil }
        return [item.sku] + [item.stock, units.soldBefore[sku], units.confirmed[sku], units.unknown[sku]].map(grouped)
          + [left.map(grouped) ?? "?"]
      })
  }

  private var checks: String {
    guard let judgement = report.judgement else { return "" }
    return table(
      "Checks", ["", "result", "what"],
      judgement.verdict.checks.map { check in
        switch check.result {
        case .held: [check.invariant, "held", check.statement]
        case .failed(let examples, let count):
          [check.invariant, "FAILED", "\(check.statement): \(grouped(count)), as \(examples.joined(separator: "; "))"]
        case .unchecked(let why): [check.invariant, "?", "\(check.statement): \(why)"]
        }
      }, textColumns: 3)
  }
}
