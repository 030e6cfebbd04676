public import Vitals

/// The metrics that every process has, beside those that the kernel tells (`ProcessMetrics`).
public enum TelemetryMetric: String, MetricCatalogue {
  case requests = "penstock_admin_requests_total"
  case oldestWait = "penstock_oldest_wait_seconds"

  public var help: String {
    switch self {
    case .requests: "Answers of the operator's listener, by route (as openapi.yaml writes its path) and status."
    case .oldestWait: "How long the oldest wait of a part for PostgreSQL or the log has lasted; 0: nothing waits."
    }
  }
}
