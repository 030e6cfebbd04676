internal import Histogram
internal import NIOCore

/// How far the sending is, as the status line needs it.
struct LoadReading: Sendable {
  var sent = 0
  var late = 0
  var inFlight = 0
  var tally = Tally()

  init(_ result: LoadResult, _ connections: LoadResult.Connections) {
    sent = result.tries
    late = result.lateness.generatorLate + result.lateness.waitedForConnection
    inFlight = connections.inFlight
    tally = result.tally
  }

  init(merging parts: [LoadReading]) {
    for part in parts {
      sent += part.sent
      late += part.late
      inFlight += part.inFlight
      tally.merge(part.tally)
    }
  }
}

/// Makes the status line of the sending: elapsed, sent, rate since the last line, in flight, p99, answers by kind.
struct LoadLine {
  private let start: NIODeadline
  private var last: (sent: Int, at: NIODeadline)

  init(start: NIODeadline) {
    self.start = start
    last = (0, start)
  }

  mutating func next(_ reading: LoadReading, at now: NIODeadline) -> String {
    let interval = (now - last.at).seconds
    // A line right after another has no rate to speak of.
    let rate = interval > 0.02 ? Double(reading.sent - last.sent) / interval : 0
    last = (reading.sent, now)
    var parts = [
      padded(fixed(max((now - start).seconds, 0), 1) + "s", 6),
      padded(grouped(reading.sent), 9) + " sent",
      padded(grouped(Int(rate)), 7) + "/s",
      padded(grouped(reading.inFlight), 5) + " in flight",
      "p99 " + padded(milliseconds(reading.tally.all.valueAtPercentile(99)), 9),
    ]
    if reading.late > 0 { parts.append("late \(grouped(reading.late))") }
    for kind in reading.tally.kinds.sorted(by: { $0.count > $1.count }) {
      let name = kind.status > 0 ? "\(kind.status)" : String(decoding: kind.code, as: UTF8.self)
      parts.append("\(name) \(grouped(Int(kind.count)))")
    }
    return parts.joined(separator: "  ")
  }
}
