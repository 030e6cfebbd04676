internal import FlashSale
public import SaleStore

/// A report for the terminal: aligned columns, and at the end what was checked.
public enum ReportTable {
  /// The report as text, ending with a line feed. Times are UTC.
  public static func text(_ report: SaleReport) -> String {
    var lines = ["Sale \(report.sale)  \(report.name)  [\(report.status.rawValue)]"]
    let window = "\(report.startsAt.dateAndTime) to \(report.endsAt.dateAndTime) UTC"
    lines.append("\(window), as of \(report.generatedAt.dateAndTime), vector \(report.asOf)")
    lines += section("Stock", stock(report))
    for table in LivesTable.all(report) { lines += section(table.title, table.rows) }
    lines += section("Requests", requests(report))
    lines += section("At the door", door(report))
    let arrivals = Arrivals(report, atMost: Limits.timelineRows)
    if !arrivals.buckets.isEmpty {
      lines += section("Requests per \(arrivals.width) ms around the opening", rows(arrivals))
    }
    if let delay = report.decisionDelay {
      let values = [("p50", delay.p50), ("p95", delay.p95), ("p99", delay.p99), ("max", delay.max)]
      lines += section(
        "From acceptance to decision, ms", [values.map(\.0), values.map { $0.1.grouped(digits: 3) }], leftAligned: false
      )
    }
    let timeline = Timeline(report, atMost: Limits.timelineRows)
    if !timeline.buckets.isEmpty {
      lines += section("Decisions per \(timeline.widthName), UTC", rows(timeline))
    }
    if let first = report.firstSaleAt, let last = report.lastSaleAt {
      lines += ["", "First sale \(first.dateAndTime), last sale \(last.dateAndTime) UTC"]
    }
    let verdict = Verdict(report)
    lines.append("")
    lines += verdict.checks.map { "\(Verdict.mark($0.holds)) \($0.words)" }
    lines.append("\(Verdict.mark(verdict.holds)) Sale \(report.sale): \(verdict.words)")
    return lines.joined(separator: "\n") + "\n"
  }

  private static func stock(_ report: SaleReport) -> [[String]] {
    let rows = report.items.map { item in
      let putUp = Int64(item.stock.rawValue)
      return [
        item.sku.rawValue, putUp.grouped, item.sold.grouped, item.left.rawValue.grouped,
        percentage(item.sold, of: putUp),
      ]
    }
    return [["SKU", "put up", "sold", "left", "sold %"]] + rows
  }

  private static func requests(_ report: SaleReport) -> [[String]] {
    let requests = report.requests
    func row(_ name: String, _ count: Int64?) -> [String] {
      let share = count.flatMap { count in requests.accepted.map { percentage(count, of: $0) } }
      return [name, count.map(\.grouped) ?? "unknown", share ?? ""]
    }
    var rows = [row("accepted", requests.accepted), row("confirmed", requests.confirmed)]
    if requests.waitlisted > 0 { rows.append(row("waitlisted", requests.waitlisted)) }
    rows.append(row("rejected", requests.rejectedInAll))
    rows += report.topRefusals.map { row("  \($0.reason)", $0.count) }
    rows += [row("quarantined", requests.quarantined), row("in flight", requests.inFlight)]
    rows.append(["repeats, not counted", report.repeats?.grouped ?? "unknown", ""])
    return rows
  }

  private static func door(_ report: SaleReport) -> [[String]] {
    func row(_ name: String, _ count: Int64?) -> [String] {
      let share = count.flatMap { count in report.asked.map { percentage(count, of: $0) } }
      return [name, count.map(\.grouped) ?? "unknown", share ?? ""]
    }
    let door = report.door
    let reasons = door.reasons.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    return [row("asked", report.asked), row("refused", door.refused)] + reasons.map { row("  \($0.key)", $0.value) } + [
      row("winners answered again", door.answeredAgain),
      ["told unknown, may be accepted", door.unknown.grouped, ""],
    ]
  }

  private static func rows(_ arrivals: Arrivals) -> [[String]] {
    [["from", "accepted", "refused"]]
      + arrivals.buckets.map { [$0.at.timeToTheTenth, $0.accepted.grouped, $0.refused.grouped] }
  }

  private static func rows(_ timeline: Timeline) -> [[String]] {
    [["from", "confirmed", "waitlisted", "rejected", "quarantined"]]
      + timeline.buckets.map { bucket in
        [
          bucket.minute.dateAndMinute, bucket.confirmed.grouped, bucket.waitlisted.grouped, bucket.rejected.grouped,
          bucket.quarantined.grouped,
        ]
      }
  }

  /// A heading and rows whose columns are as wide as their widest cell; numbers stand to the right.
  private static func section(_ heading: String, _ rows: [[String]], leftAligned: Bool = true) -> [String] {
    let widths = rows.reduce(into: [Int]()) { widths, row in
      for (column, cell) in row.enumerated() {
        if column == widths.count { widths.append(0) }
        widths[column] = max(widths[column], cell.count)
      }
    }
    return ["", heading]
      + rows.map { row in
        let cells = zip(row, widths).enumerated().map { column, cell in
          let padding = String(repeating: " ", count: cell.1 - cell.0.count)
          return column == 0 && leftAligned ? cell.0 + padding : padding + cell.0
        }
        let line = cells.joined(separator: "  ")
        return "  " + String(line.reversed().drop { $0 == " " }.reversed())
      }
  }
}
