public import Vitals

/// The metrics of a relay.
public enum RelayMetric: String, MetricCatalogue {
  case published = "penstock_relay_published_total"
  case failures = "penstock_relay_failures_total"
  case lag = "penstock_relay_lag_records"
  case partitions = "penstock_relay_partitions"
  case delivered = "penstock_webhook_delivered_total"
  case failed = "penstock_webhook_failed_total"
  case died = "penstock_webhook_dead_total"
  case waiting = "penstock_webhook_waiting"
  case dead = "penstock_webhook_dead_letters"
  case switchedOff = "penstock_webhook_switched_off"

  public var help: String {
    switch self {
    case .published: "Events that were written to their topic, repetitions included."
    case .failures: "Times that publishing events failed and was begun again."
    case .lag: "Decided records of a partition whose events may not be in the topic yet."
    case .partitions: "Partitions whose events this relay publishes."
    case .delivered: "Webhooks that an endpoint has taken."
    case .failed: "Attempts to deliver a webhook that failed."
    case .died: "Webhooks that were given up after a day."
    case .waiting: "Webhooks of an endpoint that it has not got yet, counted up to 10,000."
    case .dead: "Webhooks of an endpoint that were given up and can be sent again, counted up to 10,000."
    case .switchedOff: "Whether an endpoint is switched off (1) or not (0)."
    }
  }
}
