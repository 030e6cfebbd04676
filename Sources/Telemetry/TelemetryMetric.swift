public import Vitals

/// The metrics that every process has, beside those that the kernel tells (`ProcessMetrics`).
public enum TelemetryMetric: String, MetricCatalogue {
  case oldestWait = "penstock_oldest_wait_seconds"

  public var help: String {
    switch self {
    case .oldestWait: "How long the oldest wait of a part for PostgreSQL or the log has lasted; 0: nothing waits."
    }
  }
}
