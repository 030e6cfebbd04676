internal import FlashSale

/// A report as a person reads it.
public enum AuditText {
  /// Some lines, each with its end. The verdict is the last one.
  public static func text(_ report: AuditReport) -> String {
    let blocks = [accounts(report), lives(report), ledger(report), found(report), [verdict(report)]]
    return blocks.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") + "\n" }.joined(separator: "\n")
  }

  private static func accounts(_ report: AuditReport) -> [String] {
    let counts = report.counts
    let rows: [(String, Int64)] =
      [
        ("records in the log", counts.requestsInLog), ("compared", counts.compared), ("  confirmed", counts.confirmed),
      ] + (counts.waitlisted > 0 ? [("  waitlisted", counts.waitlisted)] : [])
      + counts.rejected.sorted { $0.key < $1.key }.filter { $0.value > 0 }.map { ("  \($0.key)", $0.value) }
      + [
        ("  quarantined", counts.quarantined), ("  repeats", counts.repeats), ("  closes", counts.closes),
      ] + (counts.commands > 0 ? [("  commands", counts.commands)] : [])
      + [
        ("in flight", counts.inFlight), ("lost", counts.lost), ("doubled", counts.doubled),
        ("oversold", counts.oversold), ("unsold", counts.unsold), ("outcomes without a request", counts.unasked),
      ]
      + (counts.believed > 0 ? [("outcomes whose records are gone", counts.believed)] : [])
    return table(rows)
  }

  private static func lives(_ report: AuditReport) -> [String] {
    let counts = report.counts
    guard counts.lives + counts.payments + counts.history > 0 else { return [] }
    return table([("lives", counts.lives), ("payments", counts.payments), ("entries of the history", counts.history)])
      + report.money.map { money in
        func words(_ minor: Int64) -> String { "\(Money(minor: minor, currency: money.currency))" }
        return
          "sale number \(money.sale): captured \(words(money.captured)) = applied \(words(money.applied)) + refund "
          + "due \(words(money.refundDue)) + refunded \(words(money.refunded))"
      }
  }

  private static func ledger(_ report: AuditReport) -> [String] {
    guard let ledger = report.ledger else { return [] }
    return table([
      ("ledger: accepted", ledger.accepted), ("  decided", ledger.decided), ("  quarantined", ledger.quarantined),
      ("  in flight", ledger.inFlight), ("  lost", ledger.lost), ("ledger: unknown", ledger.unknown),
      ("ledger: payments, cancellations", ledger.commands), ("  not stored so", ledger.commandsLost),
    ])
  }

  private static func found(_ report: AuditReport) -> [String] {
    let described = Dictionary(grouping: report.violations, by: \.kind)
    return report.violations.map { violation in
      "\(violation.invariant) \(violation.kind.rawValue)\(violation.at.map { " \($0)" } ?? ""): \(violation.words)"
    }
      + Violation.Kind.allCases.compactMap { kind in
        let more = (report.violationCounts[kind.rawValue] ?? 0) - Int64(described[kind]?.count ?? 0)
        return more > 0 ? "\(kind.invariant) \(kind.rawValue): and \(more) more" : nil
      } + report.unchecked.map { "not checked: \($0)" } + report.notes.map { "note: \($0)" }
  }

  private static func verdict(_ report: AuditReport) -> String {
    switch report.verdict {
    case .sound: "SOUND: the database is what the log gives"
    case .violated: "VIOLATED: \(report.violationCounts.values.reduce(0, +)) times; see the lines above"
    case .unchecked: "NOT FULLY CHECKED: nothing is wrong in what could be checked"
    }
  }

  private static func table(_ rows: [(name: String, count: Int64)]) -> [String] {
    let width = (rows.map(\.name.count).max() ?? 0) + 2
    let digits = rows.map { "\($0.count)".count }.max() ?? 0
    return rows.map { name, count in
      let number = "\(count)"
      return name + String(repeating: " ", count: width - name.count + digits - number.count) + number
    }
  }
}
