internal import Histogram
internal import NIOCore
internal import Writing

/// The report at the end, for a person: answers, latencies, the generator's own conduct, outcomes, stock, checks,
/// verdict.
struct Report {
  let settings: Settings
  let epoch: Epoch
  /// When the schedule began.
  let start: NIODeadline
  let load: LoadResult
  /// The last known stock in each slot of the time line.
  let leftBySlot: [Int?]
  /// `nil` where nothing was followed.
  let judgement: Judgement?

  /// What is about to happen.
  ///
  /// - Parameter sale: `nil` where the server was not asked.
  static func opening(_ settings: Settings, _ plan: Plan, _ sale: Sale?) -> String {
    let seconds = fixed(plan.schedule.duration.seconds, 1)
    return """
      \(sale.map(described) ?? "\(settings.sale): answers are counted and timed, not followed")
      \(settings.scheduleName): \(grouped(plan.schedule.requests)) requests in \(seconds) s, \
      \(grouped(settings.buyers)) buyers, \(grouped(settings.connections)) connections, \
      \(grouped(settings.eventLoops)) event loop\(settings.eventLoops == 1 ? "" : "s"), seed \(settings.seed)

      """
  }

  private static func described(_ sale: Sale) -> String {
    let stock = sale.items.reduce(0) { $0 + $1.stock }
    return "\(sale.id): \(grouped(sale.items.count)) SKUs, \(grouped(stock)) units, "
      + "limit \(sale.perBuyerLimit.map { grouped($0) } ?? "none") per buyer"
  }

  /// All sections.
  func text() -> String {
    (["", answers, groups, room, generator, LifeFigures.text(load.lives)] + (judgement?.sections ?? []) + [conclusion])
      .filter { $0 != nil }.map { $0 ?? "" }.joined(separator: "\n")
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
    let rate = Double(load.tries) / max(seconds, 1e-9)
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
        "  \(grouped(late.generatorLate)) left late because of the generator "
          + "(worst \(milliseconds(late.worstGenerator.microseconds)))")
    }
    if late.generatorLate + late.waitedForConnection == 0 {
      lines.append("  every request left within \(milliseconds(Limits.lateAfter.microseconds)) of its time")
    }
    if load.skipped > 0 {
      lines.append("  \(grouped(load.skipped)) were skipped: every connection of their group was dripping")
    }
    let retries = load.retries
    if retries.sent + retries.gaveUp + retries.dropped > 0 {
      lines.append(
        "  tried again \(grouped(retries.sent)) times (\(grouped(retries.honoured)) waits were Retry-After's); "
          + "\(grouped(retries.gaveUp)) gave up"
          + (retries.dropped > 0 ? "; \(grouped(retries.dropped)) TRIES WERE DROPPED: too many waited" : ""))
    }
    if !bottleneck.reasons.isEmpty {
      lines.append("  THE GENERATOR WAS THE BOTTLENECK, its own delay is in the latencies:")
      lines += bottleneck.reasons.map { "    \($0)" }
    }
    let connections = load.connections
    if connections.failures + connections.lost > 0 {
      lines.append(
        "  connections: \(grouped(connections.failures)) attempts failed, \(grouped(connections.lost)) lost")
    }
    return "Generator\n" + lines.joined(separator: "\n") + "\n"
  }

  /// Requests of the schedule that never left.
  var unsent: Int { settings.schedule.requests - load.sent - load.skipped - load.absent }

  /// Whether the figures show the server's speed or the generator's.
  var bottleneck: Bottleneck { Bottleneck(load) }

  private var groups: String? {
    guard !load.groups.isEmpty else { return nil }
    var table = Table(leftAligned: 1, ["group", "sent", "skipped", "202", "other", "none", "p50", "p99", "max"])
    for (group, part) in zip(settings.groups, load.groups) {
      let latencies = Percentiles(part.tally.all)
      table.add(
        [group.name] + [part.sent, part.skipped].map(grouped)
          + [part.tally.count { $0 == 202 }, part.tally.count { $0 > 0 && $0 != 202 }, part.tally.count { $0 == 0 }]
          .map(grouped) + [latencies.p50, latencies.p99, latencies.max].map { milliseconds($0) })
    }
    return "Groups, and latency from the scheduled time\n" + table.text
  }

  private var room: String? {
    guard !load.room.isEmpty else { return nil }
    var table = Table(leftAligned: 1, ["group", "tabs", "let in", "tired", "buyers let in"])
    let crowd = settings.crowd
    var letIn = settings.groups.map { _ in 0 }
    for buyer in load.room.expiries.keys { letIn[crowd.group(ofBuyer: buyer)] += 1 }
    for (index, (group, part)) in zip(settings.groups, load.room.groups).enumerated() {
      table.add([group.name] + [part.tabs, part.letIn, part.tired, letIn[index]].map(grouped))
    }
    return "Waiting room, by tab\n" + table.text
  }

  private var conclusion: String {
    switch judgement?.verdict.outcome {
    case nil: "Nothing was followed, so nothing was checked."
    case .held? where unsent > 0: "All invariants held, for the requests that were sent."
    case .held?: "All invariants held."
    case .failed?: "INVARIANTS VIOLATED."
    case .unchecked?: "Not everything could be checked."
    }
  }
}

extension TimeAmount {
  /// Whole microseconds; a negative amount counts as none.
  var microseconds: UInt64 { UInt64(max(nanoseconds, 0)) / 1_000 }
}
