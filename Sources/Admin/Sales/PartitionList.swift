internal import FlashSale
internal import SaleStore
internal import Time

/// Each partition's progress and owner, and the workers, in the admin API and on the pages.
struct PartitionList: Encodable {
  struct Entry: Encodable {
    let partition: Int32
    let nextOffset: Int64

    /// The end of its log, and how many records are not decided; `nil` where the log could not be asked.
    @Nullable var endOffset: Int64?
    @Nullable var lag: Int64?
    let epoch: Int64
    /// The worker that has it; as text, because not every reader of JSON keeps 64 bits.
    @Nullable var ownerID: String?
    /// Since that worker's last sign of life.
    @Nullable var leaseAge: Int64?
    @Nullable var owner: String?
    @Nullable var claimedAt: Timestamp?
    @Nullable var haltedAt: Timestamp?
    @Nullable var haltedReason: String?
    @Nullable var resumedAt: Timestamp?
    @Nullable var resumedBecause: String?

    private enum CodingKeys: String, CodingKey {
      case partition, lag, epoch, owner
      case nextOffset = "next_offset"
      case endOffset = "end_offset"
      case ownerID = "owner_id"
      case leaseAge = "lease_age_ms"
      case claimedAt = "claimed_at"
      case haltedAt = "halted_at"
      case haltedReason = "halted_reason"
      case resumedAt = "resumed_at"
      case resumedBecause = "resumed_because"
    }
  }

  struct Worker: Encodable {
    let id: String
    let name: String
    let startedAt: Timestamp
    let leaseAge: Int64
    let isAlive: Bool
    let lanesMax: Int32
    let partitions: Int64
    @Nullable var drainedAt: Timestamp?

    private enum CodingKeys: String, CodingKey {
      case id, name, partitions
      case startedAt = "started_at"
      case leaseAge = "lease_age_ms"
      case isAlive = "alive"
      case lanesMax = "lanes_max"
      case drainedAt = "drained_at"
    }

    init(_ worker: StoredWorker) {
      id = "\(worker.id)"
      name = worker.name
      startedAt = worker.startedAt
      leaseAge = worker.silentMilliseconds
      isAlive = worker.isAlive
      lanesMax = worker.lanesMax
      partitions = worker.partitions
      drainedAt = worker.drainedAt
    }
  }

  let topic: String
  private(set) var partitions: [Entry]
  let workers: [Worker]

  /// The same list with one partition.
  func only(_ partition: Partition) -> PartitionList {
    var list = self
    list.partitions.removeAll { $0.partition != partition.rawValue }
    return list
  }

  /// Joins the store's progress with the log's ends. A partition that nobody ever claimed stands at offset 0.
  init(topic: String, progress: [PartitionProgress], workers: [StoredWorker], ends: [Partition: Offset]?) {
    self.topic = topic
    self.workers = workers.map(Worker.init)
    let known = Dictionary(progress.map { ($0.partition, $0) }, uniquingKeysWith: { first, _ in first })
    let all = Set(known.keys).union(ends.map { Set($0.keys) } ?? [])
    partitions = all.sorted().map { partition in
      let progress = known[partition]
      let next = progress?.nextOffset.rawValue ?? 0
      let end = ends?[partition]?.rawValue
      return Entry(
        partition: partition.rawValue, nextOffset: next, endOffset: end, lag: end.map { max(0, $0 - next) },
        epoch: progress?.epoch.rawValue ?? 0, ownerID: progress?.ownerID.map { "\($0)" },
        leaseAge: progress?.leaseAgeMilliseconds, owner: progress?.owner, claimedAt: progress?.claimedAt,
        haltedAt: progress?.haltedAt, haltedReason: progress?.haltedReason,
        resumedAt: progress?.resumedAt, resumedBecause: progress?.resumedBecause)
    }
  }
}
