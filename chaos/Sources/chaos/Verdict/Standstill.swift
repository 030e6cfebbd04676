/// How long partitions stood still by a row's faults: for each fault and partition, the longest time.
struct Standstill: Sendable {
  /// Which partitions, as the table names them.
  let name: String
  /// Without a 202.
  var accepting: [Duration] = []
  /// Without a decision.
  var deciding: [Duration] = []
  /// From the moment at which Kafka had done with the fault until the next 202, and until the next decision: what is
  /// Penstock's own part. Empty where Kafka has no part.
  var own: [Duration] = []

  /// Adds what another fault has done.
  mutating func add(_ other: Standstill) {
    accepting += other.accepting
    deciding += other.deciding
    own += other.own
  }
}

extension [Duration] {
  /// The one that this share of them does not exceed; zero if there is none.
  func quantile(_ share: Double) -> Duration {
    guard !isEmpty else { return .zero }
    return sorted()[Swift.min(count - 1, Int((Double(count) * share).rounded(.up)) - 1)]
  }

  /// For the table: p99 and longest.
  var words: String {
    isEmpty ? "–" : "\(quantile(0.99).asMilliseconds), \(quantile(1).asMilliseconds)"
  }
}
