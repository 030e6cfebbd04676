internal import FlashSale
internal import Lane
internal import Metrics
internal import SaleStore
internal import Time
internal import Vitals

/// What a worker counts.
///
/// `Sendable`: swift-metrics' types are, and each is made once, so that nothing is looked up per record.
struct WorkerMetrics: Sendable {
  private let confirmed = Counter(WorkerMetric.decided, [("outcome", "confirmed")])
  private let waitlisted = Counter(WorkerMetric.decided, [("outcome", "waitlisted")])
  private let refused: [Refusal: Counter]
  private let repeated = Counter(WorkerMetric.repeated)
  private let quarantined = Counter(WorkerMetric.quarantined)
  private let batchRecords = Recorder.sizes(WorkerMetric.batchRecords)
  private let write = Timer(WorkerMetric.write)
  private let decisionDelay = Timer(WorkerMetric.decisionDelay)

  /// Transactions that changed nothing because someone else had claimed the partition (I7).
  let fenced = Counter(WorkerMetric.fenced)

  /// Batches that were decided again because what was loaded was no longer true.
  let conflicts = Counter(WorkerMetric.conflicts)

  /// Connections to PostgreSQL that lanes lost.
  let connectionsLost = Counter(WorkerMetric.connectionsLost)

  /// Batches that failed because of a record in them.
  let poisoned = Counter(WorkerMetric.poisoned)

  /// Partitions whose lane could not go on and that are claimed again.
  let surrendered = Counter(WorkerMetric.surrendered)

  private let leaseRenewed = Gauge(WorkerMetric.leaseRenewed)
  private let leaseAge = Gauge(WorkerMetric.leaseAge)

  init() {
    refused = Dictionary(
      uniqueKeysWithValues: Refusal.allCases.map {
        ($0, Counter(WorkerMetric.decided, [("outcome", $0.code)]))
      })
  }

  /// Notes a batch that was committed at `now`.
  func committed(_ written: WrittenBatch, took: Duration, now: Timestamp) {
    write.recordNanoseconds(took.wholeNanoseconds)
    batchRecords.record(written.records)
    var (confirmed, waitlisted) = (0, 0)
    // Indexed by its number: a hash for each record cost more than everything else here.
    var refused = [Int](repeating: 0, count: Refusal.numbers)
    let effects = written.effects
    // By index, because a loop over the orders copies each.
    for index in effects.orders.indices {
      let acceptedAt = effects.orders[index].request.acceptedAt
      decisionDelay.recordMicroseconds(max(0, now.microseconds(since: acceptedAt)))
      switch effects.orders[index].outcome {
      case .confirmed: confirmed += 1
      case .waitlisted: waitlisted += 1
      case .rejected(let refusal): refused[Int(refusal.rawValue)] += 1
      }
    }
    if confirmed > 0 { self.confirmed.increment(by: confirmed) }
    if waitlisted > 0 { self.waitlisted.increment(by: waitlisted) }
    for (refusal, counter) in self.refused {
      let count = refused[Int(refusal.rawValue)]
      if count > 0 { counter.increment(by: count) }
    }
    for repeats in effects.repeats.values { repeated.increment(by: repeats) }
    if !effects.quarantined.isEmpty { quarantined.increment(by: effects.quarantined.count) }
  }

  /// Notes how many records of a partition have no outcome yet.
  func lag(of partition: Partition, _ records: Int64) {
    Gauge(WorkerMetric.lag, [("partition", "\(partition)")]).record(records)
  }

  /// Notes in which epoch this worker has a partition, and since when; `nil` if it does not.
  func claimed(_ partition: Partition, _ claim: Claim?) {
    let labels = [("partition", "\(partition)")]
    Gauge(WorkerMetric.epoch, labels).record(claim?.epoch.rawValue ?? 0)
    Gauge(WorkerMetric.claimed, labels).record(Double(claim?.claimedAt?.microseconds ?? 0) / 1e6)
  }

  /// Notes this worker's last sign of life, since 1970, as the store has it.
  func leaseRenewed(_ lastSeen: Duration) { leaseRenewed.record(lastSeen.inSeconds) }

  /// Notes how long ago that was.
  func leaseAge(_ age: Duration) { leaseAge.record(age.inSeconds) }

  /// Notes whether a partition waits for a person.
  func halted(_ partition: Partition, _ isHalted: Bool) {
    Gauge(WorkerMetric.halted, [("partition", "\(partition)")]).record(isHalted ? 1 : 0)
  }
}

extension Refusal {
  /// One more than the largest raw value, which are small and not negative.
  fileprivate static let numbers = 1 + Int(allCases.map(\.rawValue).max() ?? 0)
}
