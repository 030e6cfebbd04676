/// Every bound of this module (I11): each named once, with its unit, what happens there, and why that much.
public enum Limits {
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
