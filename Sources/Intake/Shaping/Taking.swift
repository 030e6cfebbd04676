internal import FlashSale

/// Which partitions take orders at a moment, and why the others don't.
struct Taking: Sendable, Equatable {
  /// What is in the way of orders to one partition.
  enum Obstacle: Sendable, Equatable {
    /// Nobody decides its records until a person has looked.
    case halted
    /// No broker leads it.
    case noLeader
    /// Orders come and none was acknowledged for so many seconds.
    case unacknowledged(Int64)
  }

  /// How many there are.
  let partitions: Int
  var obstacles: [Partition: Obstacle] = [:]

  /// Seconds since the log last answered, if that is too long ago to believe what it said.
  var silence: Int64?
  /// Seconds for which orders came and none at all was acknowledged, if that is too long.
  var drought: Int64?

  /// How many take orders, as far as is known.
  var taking: Int { silence == nil ? partitions - obstacles.count : 0 }

  /// Whether an order has a chance.
  var isReady: Bool { taking > 0 && drought == nil }

  /// What is wrong, a clause each; empty when every partition takes orders.
  var reasons: [String] {
    var reasons: [String] = []
    if let silence { reasons.append("the log has not answered for \(silence) s") }
    if let drought { reasons.append("no order was acknowledged for \(drought) s") }
    guard taking < partitions else { return reasons }
    reasons.append("\(taking) of \(partitions) partitions take orders")
    let named = obstacles.sorted { $0.key < $1.key }
    reasons += named.prefix(Limits.obstaclesNamed).map { "partition \($0.key) \($0.value.words)" }
    if named.count > Limits.obstaclesNamed { reasons.append("and \(named.count - Limits.obstaclesNamed) more") }
    return reasons
  }
}

extension Taking.Obstacle {
  fileprivate var words: String {
    switch self {
    case .halted: "is halted"
    case .noLeader: "has no leader"
    case .unacknowledged(let seconds): "has acknowledged no order for \(seconds) s"
    }
  }
}
