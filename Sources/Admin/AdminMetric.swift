public import Vitals

/// The metrics of the admin API.
public enum AdminMetric: String, MetricCatalogue {
  case exportedOrders = "penstock_admin_exported_orders_total"

  public var help: String {
    switch self {
    case .exportedOrders: "Orders that were sent as CSV."
    }
  }
}
