internal import Histogram
internal import NIOCore
internal import Writing

/// What is shown of one moment: on a terminal a block that is redrawn, elsewhere one line.
struct Frame {
  let block: [String]
  let line: String

  init(_ line: String) { self.init(block: [line], line: line) }

  init(block: [String], line: String) {
    self.block = block
    self.line = line
  }
}

/// Draws the sending: rate, answers by kind, percentiles, decisions, what is in flight.
struct Dashboard {
  private let start: NIODeadline
  private let lasts: Double
  private let stock: Int?
  private let eventLoops: Int
  private var last: (sent: Int, answered: Int, at: NIODeadline)
  private var answeredRate = 0.0
  /// The last rates, the newest at the end, for the little curve.
  private var rates: [Double] = []

  /// - Parameter stock: Units on sale; `nil` where they are not known.
  init(settings: Settings, start: NIODeadline, stock: Int?) {
    self.start = start
    lasts = settings.schedule.duration.seconds
    eventLoops = settings.eventLoops
    self.stock = stock
    last = (0, 0, start)
  }

  /// - Parameter sight: `nil` where nobody looks on.
  mutating func next(_ reading: LoadReading, _ sight: Watcher.Sight?, at now: NIODeadline) -> Frame {
    let interval = (now - last.at).seconds
    // A frame right after another has no rate to speak of.
    let isLongEnough = interval > 0.02
    let sentRate = isLongEnough ? Double(reading.sent - last.sent) / interval : rates.last ?? 0
    if isLongEnough { answeredRate = Double(reading.answered - last.answered) / interval }
    last = (reading.sent, reading.answered, now)
    rates = (rates + [sentRate]).suffix(Limits.curveWidth)
    let elapsed = max((now - start).seconds, 0)
    var block = [
      "  \(bar(elapsed))  \(fixed(elapsed, 1)) s of \(fixed(lasts, 1)) s",
      "  rate      \(padded(grouped(Int(sentRate)), 9))/s sent   \(padded(grouped(Int(answeredRate)), 9))/s answered   "
        + curve,
      "  under way \(padded(grouped(reading.inFlight), 9)) requests  \(padded(grouped(reading.open), 9)) connections",
      "  latency   " + percentiles(reading) + "   in the last second",
      "  answers   " + answers(reading).joined(separator: "   "),
    ]
    if let sight { block.append("  orders    " + orders(sight)) }
    let troubles = troubles(reading)
    if !troubles.isEmpty { block.append("  note      " + troubles.joined(separator: "   ")) }
    return Frame(block: block, line: line(reading, sight, elapsed, sentRate))
  }

  private func line(_ reading: LoadReading, _ sight: Watcher.Sight?, _ elapsed: Double, _ rate: Double) -> String {
    let parts =
      [
        padded(fixed(elapsed, 1) + "s", 6), padded(grouped(reading.sent), 9) + " sent",
        padded(grouped(Int(rate)), 7) + "/s", padded(grouped(reading.inFlight), 5) + " in flight",
        "p99 " + padded(milliseconds(reading.latencies.valueAtPercentile(99)), 9),
      ] + answers(reading) + (sight.map { [orders($0)] } ?? []) + troubles(reading)
    return parts.joined(separator: "  ")
  }

  private func percentiles(_ reading: LoadReading) -> String {
    [(50, "p50"), (90, "p90"), (99, "p99"), (99.9, "p99.9")].map { percentile, name in
      "\(name) \(padded(milliseconds(reading.latencies.valueAtPercentile(percentile)), 8))"
    }.joined(separator: "  ")
  }

  private func answers(_ reading: LoadReading) -> [String] {
    reading.kinds.prefix(6).map { kind in
      let name = kind.status == 0 ? kind.code : kind.code.isEmpty ? "\(kind.status)" : "\(kind.status) \(kind.code)"
      return "\(name) \(grouped(kind.count))"
    }
  }

  private func orders(_ sight: Watcher.Sight) -> String {
    var parts = ["~\(grouped(sight.decided * eventLoops)) decided"]
    if let delay = sight.delayMicroseconds { parts.append("\(milliseconds(UInt64(delay))) after the 202") }
    if let left = sight.left {
      parts.append("\(grouped(left))\(stock.map { " of \(grouped($0))" } ?? "") units left")
    }
    return parts.joined(separator: "   ")
  }

  private func troubles(_ reading: LoadReading) -> [String] {
    let counts = [
      ("left late", reading.late), ("tried again", reading.retries), ("wait to try again", reading.waitingRetries),
      ("orders are not over", reading.openOrders), ("connections refused or lost", reading.troubledConnections),
    ]
    return counts.filter { $0.1 > 0 }.map { "\(grouped($0.1)) \($0.0)" }
  }

  private func bar(_ elapsed: Double) -> String {
    let full = lasts > 0 ? Int(Double(Limits.barWidth) * min(elapsed / lasts, 1)) : Limits.barWidth
    return String(repeating: "█", count: full) + String(repeating: "░", count: Limits.barWidth - full)
  }

  private var curve: String {
    let marks = Array("▁▂▃▄▅▆▇█")
    let most = max(rates.max() ?? 0, 1)
    return String(rates.map { marks[min(Int($0 / most * Double(marks.count - 1) + 0.5), marks.count - 1)] })
  }
}
