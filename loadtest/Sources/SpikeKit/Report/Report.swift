internal import Histogram
internal import NIOCore

/// The report at the end, for a person: answers, latencies, the generator's own conduct, outcomes, stock, checks,
/// verdict.
struct Report {
  let settings: Settings
  let load: LoadResult
  let follow: FollowResult
  let evidence: Evidence
  let units: Units
  let after: Sale?
  let verdict: Verdict

  /// What is about to happen.
  static func opening(_ settings: Settings, _ plan: Plan, _ sale: Sale) -> String {
    let stock = sale.items.reduce(0) { $0 + $1.stock }
    let seconds = fixed(plan.schedule.duration.seconds, 1)
    return """
      \(sale.id): \(grouped(sale.items.count)) SKUs, \(grouped(stock)) units, \
      limit \(sale.perBuyerLimit.map { grouped($0) } ?? "none") per buyer
      \(settings.scheduleName): \(grouped(plan.schedule.requests)) requests in \(seconds) s, \
      \(grouped(settings.buyers)) buyers, \(grouped(settings.connections)) connections, \
      \(grouped(settings.eventLoops)) event loop\(settings.eventLoops == 1 ? "" : "s"), seed \(settings.seed)

      """
  }

  /// All sections.
  func text() -> String {
    ["", answers, generator, outcomes, stock, checks, conclusion].joined(separator: "\n")
  }

  private var answers: String {
    var table = Table(
      leftAligned: 2, ["answer", "", "requests", "share", "p50", "p90", "p99", "p99.9", "max"])
    let total = Int(load.tally.all.totalCount)
    func row(_ name: String, _ code: String, _ latencies: Tally.Latencies) -> [String] {
      let percentiles = Percentiles(latencies)
      return [name, code, grouped(Int(latencies.totalCount)), percent(Int(latencies.totalCount), of: total)]
        + percentiles.all.map { milliseconds($0) }
    }
    for kind in load.tally.kinds.sorted(by: { ($0.status, $1.count) < ($1.status, $0.count) }) {
      table.add(
        row(kind.status > 0 ? "\(kind.status)" : "none", String(decoding: kind.code, as: UTF8.self), kind.latencies))
    }
    table.add(row("all", "", load.tally.all))
    table.add(row("all", "from the time it was sent", load.tally.fromSent))
    return "Answers, and latency from the scheduled time\n" + table.text
  }

  private var generator: String {
    // A schedule lasts a little longer than to its last request; a run that was cut short does not last that long.
    let seconds = unsent > 0 ? load.sending.seconds : max(load.sending.seconds, settings.schedule.duration.seconds)
    let rate = Double(load.sent) / max(seconds, 1e-9)
    var lines = [
      "  sent \(grouped(load.sent)) of \(grouped(settings.schedule.requests)) requests, "
        + "\(grouped(Int(rate)))/s; all ended after \(fixed(load.lasted.seconds, 1)) s; "
        + "busiest event loop \(percent(Int(load.busy * 1_000), of: 1_000)) of a core"
    ]
    if unsent > 0 {
      lines.append(
        "  \(grouped(unsent)) WERE NOT SENT: it was interrupted, or nothing was answered for the whole timeout")
    }
    let late = load.lateness
    if late.waitedForConnection > 0 {
      lines.append(
        "  \(grouped(late.waitedForConnection)) left late because every connection was busy "
          + "(worst \(milliseconds(late.worstWait.microseconds)))")
    }
    if late.generatorLate > 0 {
      lines.append(
        "  \(grouped(late.generatorLate)) left late through the generator's own fault "
          + "(worst \(milliseconds(late.worstGenerator.microseconds)))")
    }
    if late.generatorLate + late.waitedForConnection == 0 {
      lines.append("  every request left within \(milliseconds(Limits.lateAfter.microseconds)) of its time")
    }
    if isBottleneck {
      lines.append(
        "  THE GENERATOR WAS THE BOTTLENECK: the latencies above are its own. Add --event-loops or machines.")
    }
    let connections = load.connections
    if connections.failures + connections.lost > 0 {
      lines.append(
        "  connections: \(grouped(connections.failures)) attempts failed, \(grouped(connections.lost)) lost")
    }
    return "Generator\n" + lines.joined(separator: "\n") + "\n"
  }

  /// Requests of the schedule that never left.
  var unsent: Int { settings.schedule.requests - load.sent }

  /// Whether the figures measure the generator rather than the server.
  var isBottleneck: Bool {
    load.busy > Limits.busyShare && load.lateness.generatorLate + load.lateness.waitedForConnection > 0
  }

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
    let shown = 20
    for (sku, item) in evidence.before.items.enumerated().prefix(shown) {
      let left = after.flatMap { $0.items.indices.contains(sku) ? $0.items[sku].left : nil }
      table.add(
        [item.sku] + [item.stock, units.soldBefore[sku], units.confirmed[sku], units.unknown[sku]].map(grouped)
          + [left.map(grouped) ?? "?"])
    }
    let more = evidence.before.items.count - shown
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

  private var conclusion: String {
    switch verdict.outcome {
    case .held where unsent > 0: "All invariants held, for the requests that were sent."
    case .held: "All invariants held."
    case .failed: "INVARIANTS VIOLATED."
    case .unchecked: "Not everything could be checked."
    }
  }
}

extension TimeAmount {
  /// Whole microseconds; a negative amount counts as none.
  var microseconds: UInt64 { UInt64(max(nanoseconds, 0)) / 1_000 }
}
