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

  /// - Parameter say: the terminal's is English.
  init(_ report: SaleReport, _ say: Phrasebook = Phrasebook(language: .english)) {
    let requests = report.requests
    func known(_ count: Int64?) -> String { count.map(\.grouped) ?? say(VerdictWords.unknown) }
    let identity = say(
      requests.waitlisted > 0 ? VerdictWords.identityWaitlisted : .identity, known(requests.accepted),
      requests.confirmed.grouped, requests.rejectedInAll.grouped, requests.quarantined.grouped,
      known(requests.inFlight), requests.waitlisted.grouped)
    let stock = Self.units(report, say)
    checks =
      [
        Check(holds: report.identityHolds, words: identity), Check(holds: report.stockHolds, words: stock),
        Check(holds: !report.oversold, words: say(report.oversold ? VerdictWords.oversold : .notOversold)),
      ] + Self.money(report, say)
    holds = report.isSound
    words =
      switch holds {
      case true?: say(requests.inFlight == 0 ? VerdictWords.everyOutcome : .stillComing)
      case false?: say(VerdictWords.wrong)
      case nil: say(VerdictWords.notKnown)
      }
  }

  /// The sums are of all SKUs; it holds only if it does for each.
  private static func units(_ report: SaleReport, _ say: Phrasebook) -> String {
    guard LivesTable.has(report) else { return say(report.stockHolds ? VerdictWords.stock : .stockWrong) }
    func sum(_ units: (SaleReport.Item) -> Int64) -> String { report.items.reduce(0) { $0 + units($1) }.grouped }
    return say(
      report.stockHolds ? VerdictWords.lives : .livesWrong, sum { $0.putUpAtFirst }, sum { $0.restocked },
      sum { $0.reduced }, sum { Int64($0.left.rawValue) }, sum { $0.reserved }, sum { $0.sold })
  }

  /// One for each currency: their amounts are never added.
  private static func money(_ report: SaleReport, _ say: Phrasebook) -> [Check] {
    let wrong = report.money.filter { !$0.holds }.map(\.currency)
    guard report.moneyHolds, wrong.isEmpty else {
      return [Check(holds: report.moneyHolds, words: say(VerdictWords.moneyWrong, wrong.joined(separator: ", ")))]
    }
    return report.money.map { money in
      func amount(_ minor: Int64) -> String { Money(minor: minor, currency: money.currency).groupedAmount }
      return Check(
        holds: true,
        words: say(
          VerdictWords.money, amount(money.captured), money.currency, amount(money.applied), amount(money.refundDue),
          amount(money.refunded)))
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
