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
  static func all(_ report: SaleReport) -> [LivesTable] {
    guard has(report) else { return [] }
    return [units(report), money(report), orders(report), history(report)].filter { $0.rows.count > 1 }
  }

  private static func units(_ report: SaleReport) -> LivesTable {
    let rows = report.items.map { item in
      [
        item.sku.rawValue, item.putUpAtFirst.grouped, item.restocked.grouped, item.reduced.grouped,
        item.left.rawValue.grouped, item.reserved.grouped, item.confirmed.grouped, item.paid.grouped,
        item.fulfilled.grouped,
      ]
    }
    return LivesTable(
      title: "Units",
      rows: [["SKU", "at first", "restocked", "reduced", "left", "reserved", "confirmed", "paid", "fulfilled"]] + rows)
  }

  private static func money(_ report: SaleReport) -> LivesTable {
    let rows = report.money.map { money in
      [money.currency]
        + [money.captured, money.applied, money.refundDue, money.refunded].map { minor in
          Money(minor: minor, currency: money.currency).groupedAmount
        }
    }
    return LivesTable(title: "Money", rows: [["currency", "captured", "applied", "refund due", "refunded"]] + rows)
  }

  private static func orders(_ report: SaleReport) -> LivesTable {
    let lives = report.lives
    let counts = [
      ("waitlist: joined", lives.joined), ("  waiting now", lives.waiting), ("  offered units", lives.offered),
      ("  offers that lapsed", lives.lapsedOffers), ("holds that lapsed", lives.lapsed),
    ]
    let states = Hold.State.allCases.compactMap { state in lives.states[state.code].map { (state.code, $0) } }
    let rows = (states + counts.filter { $0.1 > 0 }).map { [$0.0, $0.1.grouped] }
    return LivesTable(title: "Orders by state", rows: [["state", "orders"]] + rows)
  }

  private static func history(_ report: SaleReport) -> LivesTable {
    let rows = report.lives.history.map { [$0.action, $0.result, $0.count.grouped] }
    return LivesTable(title: "Commands by result", rows: [["command", "result", "records"]] + rows)
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
