internal import NIOCore
internal import Writing

/// The charts of a run.
struct Charts {
  private let moments: [Moment]
  private let kinds: [Tally.Kind]
  private let slotSeconds: Double
  private let isFollowed: Bool

  init(_ report: Report) {
    moments = Moment.all(report)
    kinds = report.load.tally.kinds
    slotSeconds = report.load.timeline.slotLength.seconds
    isFollowed = report.judgement != nil
  }

  var all: [Chart] { [rate, latency, answers] + (isFollowed ? [delay, decisions, stock] : []) }

  private func chart(
    _ title: String, _ note: String, look: Chart.Look = .line, scale: Scale.Kind = .linear, _ series: [Chart.Series],
    _ label: @escaping (Double) -> String
  ) -> Chart {
    Chart(
      title: title, note: note, look: look, scale: scale, times: moments.map(\.atSeconds), slotSeconds: slotSeconds,
      series: series, label: label)
  }

  private func perSecond(_ count: Int) -> Double { Double(count) / slotSeconds }

  private var rate: Chart {
    var rate = chart(
      "Rate", "Requests a second: what the schedule asked for, what left, and what came back.",
      [
        .init(name: "offered", colour: 8, values: moments.map { perSecond($0.offered) }),
        .init(name: "sent, with later tries", colour: 1, values: moments.map { perSecond($0.sent) }),
        .init(name: "answered", colour: 2, values: moments.map { perSecond($0.answered) }),
      ], brief)
    // Otherwise a burst would flatten everything else.
    let offered = moments.map { perSecond($0.offered) }.max() ?? 0
    let seen = moments.map { perSecond(max($0.sent, $0.answered)) }.max() ?? 0
    if seen > 0, offered > 3 * seen {
      rate.ceiling = 1.5 * seen
      rate.note += " What it asked for goes up to \(brief(offered)), beyond the chart."
    }
    return rate
  }

  private var latency: Chart {
    func series(_ name: String, _ colour: Int, _ value: (Moment.Quantiles) -> UInt64) -> Chart.Series {
      // A log scale has no zero; a microsecond is as short as is measured.
      .init(name: name, colour: colour, values: moments.map { $0.latencyUs.map { Double(max(value($0), 1)) } })
    }
    return chart(
      "Latency", "From the scheduled time to the answer, of the answers that came in each slot.", scale: .logarithmic,
      [series("p50", 2, \.p50), series("p90", 1, \.p90), series("p99", 3, \.p99), series("max", 4, \.max)],
      duration)
  }

  private var answers: Chart {
    let order = kinds.indices.sorted { kinds[$0].count > kinds[$1].count }
    // A status has the same colour on every page, unless another code of it took that already.
    let ofStatus = [202: 2, 409: 3, 429: 5, 503: 4, 0: 8]
    var unused = [6, 7, 1, 5, 4, 3, 8, 2]
    let series = order.map { kind in
      let name = kinds[kind].status == 0 ? "none" : "\(kinds[kind].status)"
      let code = String(decoding: kinds[kind].code, as: UTF8.self)
      let wanted = ofStatus[kinds[kind].status].flatMap { unused.contains($0) ? $0 : nil }
      let colour = wanted ?? unused.first { !ofStatus.values.contains($0) } ?? unused.first ?? 1
      unused.removeAll { $0 == colour }
      return Chart.Series(
        name: code.isEmpty ? name : "\(name) \(code)", colour: colour,
        values: moments.map { perSecond($0.answers[kind]) })
    }
    return chart("Answers", "By status and code, a second, on top of each other.", look: .stacked, series, brief)
  }

  private var delay: Chart {
    func series(_ name: String, _ colour: Int, _ value: (Moment.Quantiles) -> UInt64) -> Chart.Series {
      .init(
        name: name, colour: colour, values: moments.map { $0.decisionDelayUs.map { Double(max(value($0), 1_000)) } })
    }
    return chart(
      "Decision delay", "From acceptance to the committed decision, by the server's clock, to a millisecond.",
      scale: .logarithmic, [series("p50", 2, \.p50), series("p99", 3, \.p99), series("max", 4, \.max)], duration)
  }

  private var decisions: Chart {
    chart(
      "Decisions", "Orders decided a second, confirmed or rejected, by the server's clock.",
      [.init(name: "decided", colour: 5, values: moments.map { perSecond($0.decided) })], brief)
  }

  private var stock: Chart {
    var stock = chart(
      "Stock left", "Units of all SKUs together, as the server told while the run went on.",
      [.init(name: "left", colour: 1, values: moments.map { $0.left.map(Double.init) })], brief)
    stock.bridgesGaps = true
    return stock
  }

  private func brief(_ value: Double) -> String {
    switch value {
    case 1_000_000...: "\(trimmed(value / 1_000_000))M"
    case 10_000...: "\(trimmed(value / 1_000))k"
    default: value == value.rounded() ? grouped(Int(value)) : fixed(value, 1)
    }
  }

  private func duration(_ microseconds: Double) -> String {
    switch microseconds {
    case 1_000_000...: "\(trimmed(microseconds / 1_000_000)) s"
    case 1_000...: "\(trimmed(microseconds / 1_000)) ms"
    default: "\(trimmed(microseconds)) µs"
    }
  }

  private func trimmed(_ value: Double) -> String { value == value.rounded() ? fixed(value, 0) : fixed(value, 1) }
}
