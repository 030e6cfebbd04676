internal import SaleStore

/// What a report shows to be right or wrong, in the same words in the terminal and on the page.
struct Verdict {
  /// One thing that was checked.
  struct Check {
    /// `nil`: it could not be checked.
    let holds: Bool?
    let words: String
  }

  let checks: [Check]

  /// All checks in one: `nil` if none failed, but one could not be made.
  let holds: Bool?
  let words: String

  init(_ report: SaleReport) {
    let requests = report.requests
    func known(_ count: Int64?) -> String { count.map(\.grouped) ?? "unknown" }
    checks =
      [
        Check(
          holds: report.identityHolds,
          words: """
            accepted \(known(requests.accepted)) = confirmed \(requests.confirmed.grouped)\
            \(requests.waitlisted > 0 ? " + waitlisted \(requests.waitlisted.grouped)" : "") + rejected \
            \(requests.rejectedInAll.grouped) + quarantined \(requests.quarantined.grouped) + in flight \
            \(known(requests.inFlight))
            """),
        Check(
          holds: report.stockHolds,
          words: LivesTable.has(report)
            ? "put up at first + restocked − reduced \(report.stockHolds ? "=" : "≠") left + reserved + sold, "
              + (report.stockHolds ? "for every SKU" : "for some SKU: stock and orders disagree")
            : report.stockHolds
              ? "stock = sold + left, for every SKU" : "stock and orders disagree: stock ≠ sold + left"),
        Check(holds: !report.oversold, words: report.oversold ? "more was sold than put up" : "nothing is oversold"),
      ] + Self.money(report)
    holds = report.isSound
    words =
      switch holds {
      case true?: requests.inFlight == 0 ? "every request has its outcome" : "adds up; decisions are still coming"
      case false?: "does not add up"
      case nil: "not known: the log cannot be read, so requests in flight cannot be counted"
      }
  }

  private static func money(_ report: SaleReport) -> [Check] {
    guard !report.money.isEmpty else { return [] }
    let wrong = report.money.filter { !$0.holds }.map(\.currency)
    return [
      Check(
        holds: report.moneyHolds,
        words: wrong.isEmpty
          ? "captured = applied + refund due + refunded, in \(report.money.map(\.currency).joined(separator: ", "))"
          : "captured ≠ applied + refund due + refunded, in \(wrong.joined(separator: ", "))")
    ]
  }

  /// ✓, ✗ or ?.
  static func mark(_ holds: Bool?) -> String {
    switch holds {
    case true?: "✓"
    case false?: "✗"
    case nil: "?"
    }
  }
}
