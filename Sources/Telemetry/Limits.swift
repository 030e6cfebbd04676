/// Every bound of this module (I11): each named once, with its unit, what happens there, and why that much.
public enum Limits {
  // The listener.

  /// Connections open at once. Past it, no more are accepted until one closes. Operators, probes and a few scrapers
  /// connect here, never the crowd.
  public static let connections = 256

  /// From a complete request to the end of its answer, and between two moments at which its client takes a part of a
  /// long one. Past it the connection is closed. A report over millions of orders takes seconds.
  static let answerDeadline: Duration = .seconds(120)

  /// From the request to stop to the end of the answers under way. Past it they are cut off: nothing waits longer for
  /// an export that somebody reads slowly.
  static let drainDeadline: Duration = .seconds(5)

  /// Bytes of a token. A shorter one is refused at start, because it could be guessed; 16 bytes is the least
  /// that a random token should have. A longer one is refused because no header would carry it.
  public static let tokenBytes = 16...1_024

  /// `Retry-After` of a process that still waits, in milliseconds: time for what holds it up to go on.
  static let startingRetryMilliseconds = 5_000

  // Health.

  /// How often waits are looked at: the precision of what the log and the metrics say of them. `/readyz` looks by
  /// itself.
  static let look = Duration.seconds(1)

  /// From an answer of what a monitor asks to the next question.
  static let monitorPause = Duration.seconds(1)

  /// How long a monitor's question may be open before that is a problem of its own. Longer than a pool of connections
  /// lets its callers wait, which is a problem that has a name.
  static let monitorPatience = Duration.seconds(6)

  // Metrics.

  /// Time series of one registry, over all names. A new one past it is not kept, and is counted in
  /// `penstock_metrics_series_refused_total`. Each takes below 1 kB; a label made from input would otherwise grow with
  /// the crowd.
  public static let metricSeries = 10_000

  /// Upper bounds of the buckets of a recorder that aggregates, in its own unit: sizes of batches and queues.
  public static let recorderBuckets: [Double] = [
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000,
  ]
}
