internal import FlashSale
public import SaleStore
internal import Time

/// A report for a spreadsheet: one fact per line, so that it can be filtered and pivoted.
public enum ReportCSV {
  /// The report as CSV (RFC 4180) with the columns `section,name,metric,value`. An unknown number is an empty value. An
  /// apostrophe at the beginning of a value stands for nothing but text (`CSVLines.foreign`).
  public static func text(_ report: SaleReport) -> String {
    var lines = CSVLines()
    lines.add("section", "name", "metric", "value")
    addSale(report, to: &lines)
    for item in report.items {
      let sku = CSVLines.foreign(item.sku.rawValue)
      lines.add("item", sku, "stock", "\(item.stock)")
      lines.add("item", sku, "sold", "\(item.sold)")
      lines.add("item", sku, "left", "\(item.left)")
      lines.add("item", sku, "put_up_at_first", "\(item.putUpAtFirst)")
      lines.add("item", sku, "restocked", "\(item.restocked)")
      lines.add("item", sku, "reduced", "\(item.reduced)")
      lines.add("item", sku, "reserved", "\(item.reserved)")
      lines.add("item", sku, "confirmed", "\(item.confirmed)")
      lines.add("item", sku, "paid", "\(item.paid)")
      lines.add("item", sku, "fulfilled", "\(item.fulfilled)")
    }
    addLives(report, to: &lines)
    addRequests(report, to: &lines)
    for arrival in report.arrivals {
      lines.add("arrivals", "\(arrival.at)", "accepted", "\(arrival.accepted)")
      lines.add("arrivals", "\(arrival.at)", "refused", "\(arrival.refused)")
    }
    if let delay = report.decisionDelay {
      for (name, value) in [("p50", delay.p50), ("p95", delay.p95), ("p99", delay.p99), ("max", delay.max)] {
        lines.add("decision_delay", name, "ms", "\(value)")
      }
    }
    for moment in report.timeline {
      let minute = "\(moment.minute)"
      lines.add("timeline", minute, "confirmed", "\(moment.confirmed)")
      lines.add("timeline", minute, "waitlisted", "\(moment.waitlisted)")
      lines.add("timeline", minute, "rejected", "\(moment.rejected)")
      lines.add("timeline", minute, "quarantined", "\(moment.quarantined)")
    }
    return lines.text
  }

  private static func addSale(_ report: SaleReport, to lines: inout CSVLines) {
    let id = CSVLines.foreign(report.sale.rawValue)
    func text(_ time: Timestamp?) -> String { time.map { "\($0)" } ?? "" }
    lines.add("sale", id, "name", CSVLines.foreign(report.name))
    lines.add("sale", id, "status", report.status.rawValue)
    lines.add("sale", id, "starts_at", text(report.startsAt))
    lines.add("sale", id, "ends_at", text(report.endsAt))
    lines.add("sale", id, "generated_at", text(report.generatedAt))
    lines.add("sale", id, "as_of", report.asOf)
    lines.add("sale", id, "first_sale_at", text(report.firstSaleAt))
    lines.add("sale", id, "last_sale_at", text(report.lastSaleAt))
    lines.add("sale", id, "units_confirmed", "\(report.unitsConfirmed)")
    lines.add("sale", id, "identity_holds", report.identityHolds.map { "\($0)" } ?? "")
    lines.add("sale", id, "stock_holds", "\(report.stockHolds)")
    lines.add("sale", id, "money_holds", "\(report.moneyHolds)")
    lines.add("sale", id, "oversold", "\(report.oversold)")
  }

  /// Amounts are minor units: whole numbers, which no spreadsheet rounds.
  private static func addLives(_ report: SaleReport, to lines: inout CSVLines) {
    for money in report.money {
      lines.add("money", money.currency, "captured_minor", "\(money.captured)")
      lines.add("money", money.currency, "applied_minor", "\(money.applied)")
      lines.add("money", money.currency, "refund_due_minor", "\(money.refundDue)")
      lines.add("money", money.currency, "refunded_minor", "\(money.refunded)")
      lines.add("money", money.currency, "exponent", "\(money.exponent)")
    }
    let lives = report.lives
    for state in Hold.State.allCases {
      if let count = lives.states[state.code] { lines.add("state", state.code, "orders", "\(count)") }
    }
    lines.add("waitlist", "joined", "count", "\(lives.joined)")
    lines.add("waitlist", "waiting", "count", "\(lives.waiting)")
    lines.add("waitlist", "offered", "count", "\(lives.offered)")
    lines.add("waitlist", "lapsed_offers", "count", "\(lives.lapsedOffers)")
    lines.add("holds", "lapsed", "count", "\(lives.lapsed)")
    for entry in lives.history { lines.add("history", entry.action, entry.result, "\(entry.count)") }
  }

  private static func addRequests(_ report: SaleReport, to lines: inout CSVLines) {
    let requests = report.requests
    func text(_ count: Int64?) -> String { count.map { "\($0)" } ?? "" }
    lines.add("requests", "asked", "count", text(report.asked))
    lines.add("requests", "refused_at_the_door", "count", "\(report.door.refused)")
    lines.add("requests", "answered_again", "count", "\(report.door.answeredAgain)")
    lines.add("requests", "outcome_unknown", "count", "\(report.door.unknown)")
    lines.add("requests", "accepted", "count", text(requests.accepted))
    lines.add("requests", "confirmed", "count", text(requests.confirmed))
    lines.add("requests", "waitlisted", "count", text(requests.waitlisted))
    lines.add("requests", "rejected", "count", text(requests.rejectedInAll))
    lines.add("requests", "quarantined", "count", text(requests.quarantined))
    lines.add("requests", "in_flight", "count", text(requests.inFlight))
    lines.add("requests", "repeats", "count", text(report.repeats))
    for (reason, count) in requests.rejected.sorted(by: { $0.key < $1.key }) {
      lines.add("refusal", reason, "count", "\(count)")
    }
    for (reason, count) in report.door.reasons.sorted(by: { $0.key < $1.key }) {
      lines.add("door", reason, "count", "\(count)")
    }
  }
}
