internal import Writing

/// The orders' outcomes, and whether they were right.
struct Judgement {
  let follow: FollowResult
  let evidence: Evidence
  let units: Units
  /// The sale when all was decided; `nil` if it could not be read.
  let after: Sale?
  let verdict: Verdict

  /// For a person.
  var sections: [String] { [outcomes, stock, checks] }

  private var outcomes: String {
    var table = Table(leftAligned: 2, ["outcome", "", "answers"])
    for count in OutcomeCount.count(evidence) { table.add([count.outcome, count.reason, grouped(count.answers)]) }
    if !evidence.withoutId.isEmpty { table.add(["unknown", "no order id", grouped(evidence.withoutId.count)]) }
    let troubles = follow.troubles.sorted { $0.key < $1.key }.map { "\($0.key) × \(grouped($0.value))" }
    let note = troubles.isEmpty ? "" : "  asked again after: \(troubles.joined(separator: ", "))\n"
    return "Outcomes, of the answers that named an order\n" + table.text + note
  }

  private var stock: String {
    var table = Table(leftAligned: 1, ["SKU", "stock", "sold before", "confirmed", "unknown", "left"])
    for (sku, item) in evidence.before.items.enumerated().prefix(Limits.skusShown) {
      let left = after.flatMap { $0.items.indices.contains(sku) ? $0.items[sku].left : nil }
      table.add(
        [item.sku] + [item.stock, units.soldBefore[sku], units.confirmed[sku], units.unknown[sku]].map(grouped)
          + [left.map(grouped) ?? "?"])
    }
    let more = evidence.before.items.count - Limits.skusShown
    return "Units\n" + table.text + (more > 0 ? "  and \(grouped(more)) more SKUs\n" : "")
  }

  private var checks: String {
    let lines = verdict.checks.map { check in
      switch check.result {
      case .held:
        return "  held    \(padded(check.invariant, -3)) \(check.statement)"
      case .failed(let examples, let count):
        let rest = count > examples.count ? ["and \(grouped(count - examples.count)) more"] : []
        return "  FAILED  \(padded(check.invariant, -3)) \(check.statement)"
          + (examples + rest).map { "\n              \($0)" }.joined()
      case .unchecked(let why):
        return "  ?       \(padded(check.invariant, -3)) \(check.statement): not checked, \(why)"
      }
    }
    return "Checks\n" + lines.joined(separator: "\n") + "\n"
  }
}
