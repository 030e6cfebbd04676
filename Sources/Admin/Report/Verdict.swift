internal import FlashSale
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
            ? Self.units(report)
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

  /// The sums are of all SKUs; it holds only if it does for each.
  private static func units(_ report: SaleReport) -> String {
    guard report.stockHolds else {
      return "put up at first + restocked − reduced ≠ left + reserved + sold, for some SKU: stock and orders disagree"
    }
    func sum(_ units: (SaleReport.Item) -> Int64) -> String { report.items.reduce(0) { $0 + units($1) }.grouped }
    return """
      put up at first \(sum { $0.putUpAtFirst }) + restocked \(sum { $0.restocked }) − reduced \(sum { $0.reduced }) \
      = left \(sum { Int64($0.left.rawValue) }) + reserved \(sum { $0.reserved }) + sold \(sum { $0.sold }), \
      for every SKU
      """
  }

  /// One for each currency: their amounts are never added.
  private static func money(_ report: SaleReport) -> [Check] {
    let wrong = report.money.filter { !$0.holds }.map(\.currency)
    guard report.moneyHolds, wrong.isEmpty else {
      let words = "captured ≠ applied + refund due + refunded, in \(wrong.joined(separator: ", "))"
      return [Check(holds: report.moneyHolds, words: words)]
    }
    return report.money.map { money in
      func amount(_ minor: Int64) -> String { Money(minor: minor, currency: money.currency).groupedAmount }
      return Check(
        holds: true,
        words: """
          captured \(amount(money.captured)) \(money.currency) = applied \(amount(money.applied)) \
          + refund due \(amount(money.refundDue)) + refunded \(amount(money.refunded))
          """)
    }
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
