public import Vitals

/// The metrics of an intake.
public enum IntakeMetric: String, MetricCatalogue {
  case answers = "penstock_intake_answers_total"
  case requestDuration = "penstock_intake_request_duration_seconds"
  case backlog = "penstock_intake_backlog_records"
  case signalDelay = "penstock_intake_signal_delay_seconds"
  case winners = "penstock_intake_winners"
  case watchers = "penstock_intake_watchers"
  case watchersRefused = "penstock_intake_watchers_refused_total"
  case outcomeDelay = "penstock_intake_outcome_delay_seconds"
  case partitions = "penstock_intake_partitions"
  case partitionsTaking = "penstock_intake_partitions_taking_orders"

  public var help: String {
    switch self {
    case .answers: "Answers to orders by their code; accepted is the 202."
    case .requestDuration: "From a whole request to its answer, by endpoint and class of status."
    case .backlog: "Records of a partition that are accepted and not known to be decided."
    case .signalDelay: "From a lane's commit until this intake heard of it; between machines, by two clocks."
    case .winners: "Confirmed orders that this intake knows, so that a retry of one hears that it has won."
    case .watchers: "Clients that wait for an order's outcome, by a long poll or a stream of events."
    case .watchersRefused:
      "Clients that were not let wait, at the limit of watchers: streams heard busy, long polls were answered at once."
    case .outcomeDelay:
      "From an order's decision until the clients that wait for it were told; between machines, by two clocks."
    case .partitions: "Partitions of the orders topic."
    case .partitionsTaking: "Partitions that take orders: with a leader, not halted, and acknowledging."
    }
  }
}
