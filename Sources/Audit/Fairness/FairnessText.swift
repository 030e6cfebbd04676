/// A fairness report as a person reads it.
public enum FairnessText {
  /// Some lines, each with its end. The verdict is the last one.
  public static func text(_ report: FairnessReport) -> String {
    let found = report.unfair.map { "unfair: \($0)" } + report.unchecked.map { "not checked: \($0)" }
    let blocks = [accounts(report.counts), deciles(report), persistence(report), found, [verdict(report)]]
    return blocks.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") + "\n" }.joined(separator: "\n")
  }

  private static func accounts(_ counts: FairnessReport.Counts) -> [String] {
    columns([
      ["requests in the log", "\(counts.requests)"], ["  confirmed", "\(counts.confirmed)"],
      ["  lost for want of stock", "\(counts.eligibleLosers)"], ["  refused otherwise", "\(counts.ineligible)"],
      ["  repeats", "\(counts.repeats)"], ["  quarantined", "\(counts.quarantined)"],
      ["  without an outcome", "\(counts.missing)"], ["in flight", "\(counts.inFlight)"],
    ])
  }

  private static func deciles(_ report: FairnessReport) -> [String] {
    guard report.counts.decided > 0 else { return [] }
    return ["orders by arrival, in tenths"]
      + columns(
        [["tenth", "orders", "confirmed", ""]]
          + report.deciles.map {
            ["\($0.decile)", "\($0.requests)", "\($0.confirmed)", percent($0.confirmed, of: $0.requests)]
          })
  }

  private static func persistence(_ report: FairnessReport) -> [String] {
    guard !report.persistence.isEmpty else { return [] }
    var lines =
      ["buyers by requests that they sent"]
      + columns(
        [["requests", "buyers", "winners", ""]]
          + report.persistence.map {
            ["\($0.requests)", "\($0.buyers)", "\($0.winners)", percent($0.winners, of: $0.buyers)]
          })
    if let retrying = report.retrying, retrying.compared > 0 {
      let gained = Double(retrying.winners) - retrying.expected
      let per = gained / Double(retrying.compared) * 100
      lines.append(
        """
        asking again: of \(retrying.compared) buyers who did, \(retrying.winners) won; of as many who asked once and \
        came as early, \(tenths(retrying.expected)) would have: \(gained < 0 ? "a loss" : "a gain") of \
        \(tenths(abs(per))) in 100
        """)
    }
    return lines
  }

  private static func verdict(_ report: FairnessReport) -> String {
    let window = report.resolution
    let resolution =
      "fair to within \(tenths(window.maxMs)) ms of arrival (p50 \(tenths(window.p50Ms)), p99 \(tenths(window.p99Ms)))"
    return switch report.verdict {
    case .fair: "FAIR: no later request won while an earlier eligible one lost; \(resolution)"
    case .unfair: "UNFAIR: \(report.counts.unfair) won out of turn, \(report.counts.missing) have no outcome"
    case .unchecked: "NOT FULLY CHECKED: nothing is unfair in what could be looked at"
    }
  }

  private static func percent(_ part: Int64, of all: Int64) -> String {
    all > 0 ? "\(tenths(Double(part) * 100 / Double(all))) %" : ""
  }

  private static func tenths(_ value: Double) -> String {
    let tenths = Int64((value * 10).rounded())
    return tenths.isMultiple(of: 10) ? "\(tenths / 10)" : "\(tenths / 10).\(abs(tenths % 10))"
  }

  /// The first column to the left, the others to the right.
  private static func columns(_ rows: [[String]]) -> [String] {
    let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      row.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 ? cell + space : space + cell
      }.joined(separator: "  ").trimmingSuffix()
    }
  }
}

extension String {
  fileprivate func trimmingSuffix() -> String { String(reversed().drop { $0 == " " }.reversed()) }
}
