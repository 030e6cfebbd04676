public import Vitals

/// The metrics of the second listener.
public enum AdminMetric: String, MetricCatalogue {
  case requests = "penstock_admin_requests_total"
  case exportedOrders = "penstock_admin_exported_orders_total"

  public var help: String {
    switch self {
    case .requests: "Answers of the second listener, by route and status."
    case .exportedOrders: "Orders that were sent as CSV."
    }
  }
}
