public import Vitals

/// The metrics of the admin API.
public enum AdminMetric: String, MetricCatalogue {
  case exportedOrders = "penstock_admin_exported_orders_total"
  case liveLooks = "penstock_admin_live_looks_total"
  case liveWatchers = "penstock_admin_live_watchers"

  public var help: String {
    switch self {
    case .exportedOrders: "Orders that were sent as CSV."
    case .liveLooks: "Looks at sales that are watched live: one a second for each sale, however many watch it."
    case .liveWatchers: "Live pages that are open."
    }
  }
}
