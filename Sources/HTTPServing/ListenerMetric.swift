public import Vitals

/// The metrics of every listener; its name is a label.
public enum ListenerMetric: String, MetricCatalogue {
  case connections = "penstock_http_connections"
  case acceptPaused = "penstock_http_accept_paused_total"
  case slowClientsClosed = "penstock_http_slow_clients_closed_total"

  public var help: String {
    switch self {
    case .connections: "Open connections."
    case .acceptPaused: "Times that accepting paused, at the limit of connections or for want of file descriptors."
    case .slowClientsClosed: "Connections closed because too many answers waited for clients that did not take theirs."
    }
  }
}
