internal import Metrics
internal import NIOCore
internal import Vitals

/// Counts how long an event loop's answers took, and hands the counts to the metrics with each tick: an answer costs
/// two additions in memory that no other loop uses.
struct DurationTally {
  private struct Series {
    let timer: any TimerHandler
    var counts = [Int](repeating: 0, count: Self.bounds.count + 1)
    var nanoseconds: Int64 = 0

    /// `Vitals.Limits.durationBuckets` in nanoseconds.
    static let bounds = Vitals.Limits.durationBuckets.map { Int64($0 * 1e9) }

    mutating func count(_ duration: Int64) {
      // Most answers are in the first few.
      let bounds = Self.bounds
      var bucket = 0
      while bucket < bounds.count, duration > bounds[bucket] { bucket += 1 }
      counts[bucket] += 1
      nanoseconds += duration
    }

    mutating func publish() {
      guard counts.contains(where: { $0 > 0 }) else { return }
      (timer as? any CountedTimer)?.add(counts, seconds: Double(nanoseconds) / 1e9)
      for bucket in counts.indices { counts[bucket] = 0 }
      nanoseconds = 0
    }
  }

  /// By endpoint, then by class of status.
  private var series: [Series] = Endpoint.allCases.flatMap { endpoint in
    StatusClass.allCases.map { status in
      Series(
        timer: MetricsSystem.factory.makeTimer(
          label: IntakeMetric.requestDuration.rawValue,
          dimensions: [("endpoint", "\(endpoint)"), ("code", status.text)]))
    }
  }

  /// Counts one answer.
  mutating func count(_ endpoint: Endpoint, _ status: StatusClass, _ duration: TimeAmount) {
    series[endpoint.rawValue * StatusClass.allCases.count + status.rawValue].count(duration.nanoseconds)
  }

  /// Hands over what was counted since the last time.
  mutating func publish() {
    for index in series.indices { series[index].publish() }
  }
}
