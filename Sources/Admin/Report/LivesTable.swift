internal import FlashSale
internal import SaleStore

/// What a report shows of the lives of a sale's orders, as tables: the same in the terminal and on the page. A sale of
/// which nothing was held, paid, cancelled or restocked shows none of it.
struct LivesTable {
  let title: String

  /// The first row is the heading.
  let rows: [[String]]

  /// Whether the report has anything to say of lives.
  static func has(_ report: SaleReport) -> Bool {
    !report.lives.states.isEmpty || !report.money.isEmpty || !report.lives.history.isEmpty
      || report.items.contains { $0.restocked + $0.reduced + $0.reserved > 0 }
  }

  /// All tables of a report, without empty ones.
  ///
  /// - Parameter say: the terminal's is English.
  static func all(_ report: SaleReport, _ say: Phrasebook = Phrasebook(language: .english)) -> [LivesTable] {
    guard has(report) else { return [] }
    return [units(report, say), money(report, say), orders(report, say), history(report, say)]
      .filter { $0.rows.count > 1 }
  }

  private init(_ say: Phrasebook, _ title: LivesWords, _ heading: [String], _ rows: [[String]]) {
    (self.title, self.rows) = (say(title), [heading] + rows)
  }

  private static func units(_ report: SaleReport, _ say: Phrasebook) -> LivesTable {
    let rows = report.items.map { item in
      [
        item.sku.rawValue, item.putUpAtFirst.grouped, item.restocked.grouped, item.reduced.grouped,
        item.left.rawValue.grouped, item.reserved.grouped, item.confirmed.grouped, item.paid.grouped,
        item.fulfilled.grouped,
      ]
    }
    let heading: [LivesWords] = [.atFirst, .restocked, .reduced, .left, .reserved, .confirmed, .paid, .fulfilled]
    return LivesTable(say, .units, ["SKU"] + heading.map { say($0) }, rows)
  }

  private static func money(_ report: SaleReport, _ say: Phrasebook) -> LivesTable {
    let rows = report.money.map { money in
      [money.currency]
        + [money.captured, money.applied, money.refundDue, money.refunded].map { minor in
          Money(minor: minor, currency: money.currency).groupedAmount
        }
    }
    let heading: [LivesWords] = [.currency, .captured, .applied, .refundDue, .refunded]
    return LivesTable(say, .money, heading.map { say($0) }, rows)
  }

  private static func orders(_ report: SaleReport, _ say: Phrasebook) -> LivesTable {
    let lives = report.lives
    let counts: [(words: LivesWords, count: Int64)] = [
      (.joined, lives.joined), (.waitingNow, lives.waiting), (.offered, lives.offered),
      (.lapsedOffers, lives.lapsedOffers), (.lapsedHolds, lives.lapsed),
    ]
    let states = Hold.State.allCases.compactMap { state in lives.states[state.code].map { [say(state), $0.grouped] } }
    let rows = states + counts.filter { $0.count > 0 }.map { [say($0.words), $0.count.grouped] }
    return LivesTable(say, .states, [say(LivesWords.state), say(LivesWords.orders)], rows)
  }

  private static func history(_ report: SaleReport, _ say: Phrasebook) -> LivesTable {
    let rows = report.lives.history.map { [say.action($0.action), say.result($0.result), $0.count.grouped] }
    let heading: [LivesWords] = [.command, .result, .records]
    return LivesTable(say, .commands, heading.map { say($0) }, rows)
  }
}

extension Money {
  /// The amount without its currency and with commas between thousands, as `1,999.00`.
  var groupedAmount: String {
    let number = description.prefix { $0 != " " }
    let parts = number.split(separator: ".", omittingEmptySubsequences: false)
    let whole = Int64(parts[0]).map(\.grouped) ?? String(parts[0])
    return parts.count > 1 ? "\(whole).\(parts[1])" : whole
  }
}
