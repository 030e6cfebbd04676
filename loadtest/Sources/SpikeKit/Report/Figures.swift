internal import Histogram

/// The percentiles that are reported, in microseconds.
struct Percentiles: Encodable {
  let p50: UInt64
  let p90: UInt64
  let p99: UInt64
  let p999: UInt64
  let max: UInt64

  init(_ latencies: Tally.Latencies) {
    p50 = latencies.valueAtPercentile(50)
    p90 = latencies.valueAtPercentile(90)
    p99 = latencies.valueAtPercentile(99)
    p999 = latencies.valueAtPercentile(99.9)
    max = latencies.max
  }

  var all: [UInt64] { [p50, p90, p99, p999, max] }
}

/// How many of the answers that named an order ended in which way.
struct OutcomeCount: Encodable, Equatable {
  let outcome: String
  /// Why it was rejected; else empty.
  let reason: String
  let answers: Int

  /// The most frequent first, the decided before the others.
  static func count(_ evidence: Evidence) -> [OutcomeCount] {
    struct Ending: Hashable {
      let outcome: String
      let reason: Int
    }
    var counts: [Ending: Int] = [:]
    for order in evidence.orders {
      counts[Ending(outcome: outcome(order), reason: order.reason), default: 0] += 1
    }
    return counts.map { OutcomeCount(outcome: $0.outcome, reason: evidence.reasons[$0.reason], answers: $1) }
      .sorted { ($1.answers, $0.outcome, $0.reason) < ($0.answers, $1.outcome, $1.reason) }
  }

  private static func outcome(_ order: Evidence.Order) -> String {
    switch order.fate {
    case .open: order.isPromise ? "undecided" : "unknown"
    case .absent: "unknown"
    case .confirmed: "confirmed"
    case .rejected: "rejected"
    case .quarantined: "quarantined"
    case .waiting: "waiting"
    case .ended: "given back"
    }
  }
}
