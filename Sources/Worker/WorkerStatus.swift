public import FlashSale
internal import Synchronization
internal import Vitals

/// How a worker is doing, for health checks and people.
public struct WorkerStatus: Sendable, Hashable {
  /// What a partition's lane does.
  public enum LaneState: Sendable, Hashable {
    /// Takes the partition over from its last owner.
    case claiming
    case running
    /// PostgreSQL or the broker cannot do what the lane needs. The lane goes on as soon as they can.
    case waiting(String)
    /// Nobody works on the partition until a person has looked.
    case halted(String)
    /// Assigned beyond `WorkerConfiguration.lanesMax`.
    case notServed
  }

  /// One assigned partition.
  public struct PartitionStatus: Sendable, Hashable {
    public var epoch: Epoch?

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
  }

  /// Why there is no assignment; `nil` while there is one, even of no partition.
  public var notAssigned: String? = "is joining its group"

  /// The assigned partitions.
  public var partitions: [Partition: PartitionStatus] = [:]

  /// What it waits for longer than it should, a clause for each kind (I14).
  public var overdue: [String] = []

  /// Creates the status of a worker that has just started.
  public init() {}

  /// Whether every assigned partition is being worked on.
  public var isReady: Bool { reasons.isEmpty }

  /// What keeps the worker from being ready, a clause for each.
  public var reasons: [String] {
    if let notAssigned { return ["the worker \(notAssigned)"] + overdue }
    return overdue
      + partitions.sorted { $0.key < $1.key }.compactMap { partition, status in
        switch status.state {
        case .running: nil
        case .claiming: "partition \(partition) is being claimed"
        case .waiting(let reason): "partition \(partition) waits: \(reason)"
        case .halted(let reason): "partition \(partition) is halted: \(reason)"
        case .notServed: "partition \(partition) is beyond the lanes that this worker may have"
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
    current.partitions.flatMap { partition, status in
      [
        status.stillSince.map { Waits.Wait(.decision, who: "partition \(partition)", since: $0) },
        status.silentSince.map { Waits.Wait(.logQuery, who: "partition \(partition)", since: $0) },
      ].compactMap { $0 }
    }
  }

  func update(_ change: (inout WorkerStatus) -> Void) {
    status.withLock { change(&$0) }
  }

  /// Changes the status of a partition that is assigned.
  func update(_ partition: Partition, _ change: (inout WorkerStatus.PartitionStatus) -> Void) {
    status.withLock { status in
      if status.partitions[partition] != nil { change(&status.partitions[partition]!) }
    }
  }
}
