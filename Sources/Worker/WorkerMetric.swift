public import Vitals

/// The metrics of a worker.
public enum WorkerMetric: String, MetricCatalogue {
  case decided = "penstock_worker_decided_total"
  case repeated = "penstock_worker_repeated_total"
  case quarantined = "penstock_worker_quarantined_total"
  case batchRecords = "penstock_worker_batch_records"
  case write = "penstock_worker_write_seconds"
  case decisionDelay = "penstock_worker_decision_delay_seconds"
  case fenced = "penstock_worker_fenced_total"
  case conflicts = "penstock_worker_conflicts_total"
  case connectionsLost = "penstock_worker_connections_lost_total"
  case poisoned = "penstock_worker_poisoned_batches_total"
  case surrendered = "penstock_worker_surrendered_total"
  case lag = "penstock_worker_lag_records"
  case halted = "penstock_worker_halted"
  case epoch = "penstock_worker_epoch"
  case expiryDelay = "penstock_hold_expiry_delay_seconds"
  case claimed = "penstock_worker_claimed_timestamp_seconds"
  case leaseAge = "penstock_worker_lease_age_seconds"
  case leaseRenewed = "penstock_worker_lease_renewed_timestamp_seconds"

  case roomWaiting = "penstock_worker_room_waiting"
  case roomAdmitted = "penstock_worker_room_admitted_total"

  public var help: String {
    switch self {
    case .decided: "Records that got their first outcome, by outcome."
    case .repeated: "Records that repeat an order which has its outcome."
    case .quarantined: "Records that could not be decided and are kept whole."
    case .batchRecords: "Records of a committed batch."
    case .write: "From the decision of a batch to its commit."
    case .decisionDelay:
      "From the acceptance of an order to the commit of its outcome, by the clocks of intake and worker."
    case .fenced: "Transactions that changed nothing because someone else had claimed the partition."
    case .conflicts: "Batches that were decided again because what was loaded was no longer true."
    case .connectionsLost: "Connections to PostgreSQL that lanes lost."
    case .poisoned: "Batches that failed because of a record in them."
    case .surrendered: "Partitions whose lane could not go on and that are claimed again."
    case .lag: "Records of a partition that have no outcome yet."
    case .epoch: "The epoch in which this worker has the partition; 0 if it does not."
    case .claimed:
      "When this worker claimed the partition, in seconds since 1970 by the database's clock; 0 if it has not."
    case .leaseAge: "Since this worker last showed the others that it is alive, as it was seen some seconds ago."
    case .leaseRenewed:
      "When this worker last showed the others that it is alive, by the database's clock, in seconds since 1970."
    case .roomWaiting: "Buyers who wait in a sale's waiting room, by the sale's number; from the worker that owns it."
    case .roomAdmitted: "Buyers whom this worker has let in from waiting rooms."
    case .expiryDelay: "From the end of a hold, or of a sale that an order waits in, until the log has it."
    case .halted: "Whether a partition waits for a person (1) or not (0)."
    }
  }
}
