public import FlashSale
internal import Lane
internal import Synchronization
public import Time
internal import Vitals

/// How a worker is doing, for health checks and people.
public struct WorkerStatus: Sendable, Hashable {
  /// What a partition's lane does.
  public enum LaneState: Sendable, Hashable {
    /// Is meant for this worker, which takes it over as soon as its owner has given it up, or is gone.
    case claiming
    case running
    /// PostgreSQL or the broker cannot do what the lane needs. The lane goes on as soon as they can.
    case waiting(String)
    /// Nobody works on the partition until a person has looked.
    case halted(String)
  }

  /// One partition that is this worker's, or is meant for it.
  public struct PartitionStatus: Sendable, Hashable {
    public var epoch: Epoch?

    /// Since when it is this worker's, by the database's clock.
    public var claimedAt: Timestamp?

    /// The first offset without an effect in the store.
    public var nextOffset: Offset?

    /// Records in the log that have no outcome yet, as of a few seconds ago.
    public var lag: Int64?
    public var state: LaneState

    /// `nextOffset` as of when `lag` was measured.
    var seen: Offset?
    /// Since when records wait and none was decided, as of these measurements.
    var stillSince: ContinuousClock.Instant?
    /// Since when the log does not tell where it ends.
    var silentSince: ContinuousClock.Instant?

    /// Creates a status.
    public init(epoch: Epoch? = nil, nextOffset: Offset? = nil, lag: Int64? = nil, state: LaneState) {
      self.epoch = epoch
      self.nextOffset = nextOffset
      self.lag = lag
      self.state = state
    }

    mutating func claimed(_ claim: Claim) {
      (epoch, claimedAt, nextOffset) = (claim.epoch, claim.claimedAt, claim.nextOffset)
    }

    mutating func ended() { (epoch, claimedAt) = (nil, nil) }
  }

  /// The worker's id, as `penstock lanes list` shows it.
  public var worker = ""

  /// When it last showed the others that it is alive, as far as it knows.
  var aliveAt: ContinuousClock.Instant?

  /// Since it last showed that; `nil`: never.
  public var leaseAge: Duration? { aliveAt.map { ContinuousClock.now - $0 } }

  /// Why it takes no part in the sharing of partitions; `nil` while it does.
  public var notTakingPart: String? = "has not seen the leases yet"

  /// Partitions that are this worker's, or meant for it.
  public var partitions: [Partition: PartitionStatus] = [:]

  /// Partitions that no worker has room for.
  public var unserved: [Partition] = []

  /// What the log's client complains of; `nil` once the log has answered again.
  public var logTrouble: String?

  /// How many partitions the topic has, if that is more than were recorded.
  public var grownTo: Int?

  /// How many partitions the topic has by the store.
  var recordedPartitions: Int?

  /// Since when an order of its partitions should have ended: its hold, or the sale that it waits in, is over. `nil`:
  /// there is none.
  var overSince: ContinuousClock.Instant?

  /// What it waits for longer than it should, a clause for each kind (I14).
  public var overdue: [String] = []

  /// Creates the status of a worker that has just started.
  public init() {}

  /// Whether every partition that is meant for it is being worked on.
  public var isReady: Bool { reasons.isEmpty }

  /// Who it is, how old its lease is, and what it has in which epoch and since when.
  public var standing: String {
    let age = leaseAge.map { "showed \($0.wholeMilliseconds) ms ago that it is alive" } ?? "takes no part yet"
    let owned = partitions.sorted { $0.key < $1.key }.compactMap { partition, status in
      status.epoch.map { "\(partition) (epoch \($0), since \(status.claimedAt.map { "\($0)" } ?? "not known"))" }
    }
    return "worker \(worker) \(age); it has "
      + (owned.isEmpty ? "no partition" : "partition \(owned.joined(separator: ", "))")
  }

  /// What keeps the worker from being ready, a clause for each.
  public var reasons: [String] {
    var reasons: [String] = []
    if let notTakingPart { reasons.append("the worker \(notTakingPart)") }
    if let logTrouble { reasons.append("the log: \(logTrouble)") }
    reasons += overdue
    if let grownTo, let recordedPartitions {
      reasons.append(
        "the topic has grown to \(grownTo) partitions; this database was filled from \(recordedPartitions)")
    }
    if let first = unserved.first {
      reasons.append(
        "no worker has room for \(unserved.count) partitions, the first of them \(first): start another worker")
    }
    return reasons
      + partitions.sorted { $0.key < $1.key }.compactMap { partition, status in
        switch status.state {
        case .running: nil
        case .claiming: "partition \(partition) is being claimed"
        case .waiting(let reason): "partition \(partition) waits: \(reason)"
        case .halted(let reason): "partition \(partition) is halted: \(reason)"
        }
      }
  }
}

/// Where the parts of a worker note how they are doing.
final class StatusBoard: Sendable {
  private let status = Mutex(WorkerStatus())

  var current: WorkerStatus { status.withLock { $0 } }

  /// What lanes wait for without a call that could tell it.
  var waits: [Waits.Wait] {
    let status = current
    let expiry = status.overSince.map { Waits.Wait(.expiry, who: "scheduler", since: $0) }
    return [expiry].compactMap(\.self)
      + status.partitions.flatMap { partition, status in
        [
          status.stillSince.map { Waits.Wait(.decision, who: "partition \(partition)", since: $0) },
          status.silentSince.map { Waits.Wait(.logQuery, who: "partition \(partition)", since: $0) },
        ].compactMap { $0 }
      }
  }

  func update(_ change: (inout WorkerStatus) -> Void) {
    status.withLock { change(&$0) }
  }

  /// Takes note of what is meant for this worker.
  ///
  /// - Returns: partitions that are newly seen to be halted, with the reason, and those that were and are no more.
  func note(
    meant: [Partition], of view: LeaseView, hasLane: (Partition) -> Bool, unserved: [Partition]
  ) -> (halted: [(Partition, String)], cleared: [Partition]) {
    status.withLock { status in
      var halted: [(Partition, String)] = []
      var cleared: [Partition] = []
      status.notTakingPart = nil
      status.recordedPartitions = view.leases.count
      status.unserved = unserved
      let mine = Set(meant)
      // What is meant for another worker has a lane here for a moment longer.
      for partition in status.partitions.keys where !mine.contains(partition) && !hasLane(partition) {
        if case .halted = status.partitions[partition]?.state { cleared.append(partition) }
        status.partitions[partition] = nil
      }
      for partition in meant {
        let known = status.partitions[partition]?.state
        if let reason = view.lease(of: partition).haltedReason {
          guard !hasLane(partition), known != .halted(reason) else { continue }
          status.partitions[partition] = WorkerStatus.PartitionStatus(state: .halted(reason))
          halted.append((partition, reason))
        } else if case .halted = known {
          cleared.append(partition)
          status.partitions[partition]?.state = .claiming
        } else if known == nil {
          status.partitions[partition] = WorkerStatus.PartitionStatus(state: .claiming)
        }
      }
      return (halted, cleared)
    }
  }

  /// Changes the status of a partition that is this worker's, or meant for it.
  func update(_ partition: Partition, _ change: (inout WorkerStatus.PartitionStatus) -> Void) {
    status.withLock { status in
      if status.partitions[partition] != nil { change(&status.partitions[partition]!) }
    }
  }
}
