/// The bounds of this module (I11).
public enum Limits {
  /// Upper bounds, in seconds, of the buckets in which durations are counted: from the fastest answer measured (below
  /// 1 ms) to the longest deadline (10 s); one more takes what lies above. Two to three per decade keep the estimate of
  /// a quantile within a factor of 2.5.
  public static let durationBuckets: [Double] = [
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
  ]
}

extension Waits.Kind {
  /// From here on a wait is not healthy (I14).
  ///
  /// Statements and commits take milliseconds, and a batch of 20,000 orders some hundred of them. What has a timeout of
  /// its own is given that time first, since it ends by itself and says why.
  public var longest: Duration {
    switch self {
    case .statement, .commit: .seconds(5)
    // libpq gives up each address after 5 s.
    case .connect: .seconds(10)
    // A caller is sent away after 5 s.
    case .pooledConnection: .seconds(8)
    // Buyers are told *unknown* after 5 s.
    case .delivery: .seconds(6)
    // A broker has 5 s.
    case .logQuery: .seconds(8)
    // A lane looks for what keeps it every 2 s, a worker at its lanes every 5 s.
    case .decision: .seconds(15)
    // Another worker takes over after the lease, 3 s unless set, and a beacon is asked every 2 s, for 5 s.
    case .admission: .seconds(10)
    // A hold ends within milliseconds; a restart of the database or a leader's election takes some seconds.
    case .expiry: .seconds(10)
    }
  }
}
