public import FlashSale
import Postgres
public import Time

/// A partition's progress, and who works on it.
public struct PartitionProgress: Sendable, Hashable {
  public let partition: Partition
  public let epoch: Epoch

  /// The first offset without an effect in the store.
  public let nextOffset: Offset

  /// The fingerprint of the record before `nextOffset`; `nil` if it is not known.
  public let lastRecord: RecordFingerprint?

  /// The worker that has the partition; `nil` if it was given back.
  public let ownerID: Int64?

  /// Since that worker's last sign of life, in milliseconds, by the database's clock; `nil` without an owner that is
  /// known.
  public let leaseAgeMilliseconds: Int64?

  /// How long that worker may show none before others take the partition; `nil` as above.
  public let leaseMilliseconds: Int64?

  /// Host and process of the last owner, for people, and since when it has the partition, or had.
  public let owner: String?
  public let claimedAt: Timestamp?

  /// When and why the partition was halted; a person must look at it.
  public let haltedAt: Timestamp?
  public let haltedReason: String?

  /// When a person last let it go on, and why.
  public let resumedAt: Timestamp?
  public let resumedBecause: String?

  /// Whether its owner was silent for its lease.
  public var isOwnerSilent: Bool { (leaseAgeMilliseconds ?? 0) >= (leaseMilliseconds ?? .max) }
}

extension SaleStore {
  /// The progress of every partition that was ever claimed, in their order. One that is missing has its next offset
  /// at 0.
  public func progress(topic: String) async throws -> [PartitionProgress] {
    let rows = try await pool.withConnection { connection in
      try await connection.query(
        PartitionProgress.ofTopic, topic)
    }
    return try rows.map(PartitionProgress.init(row:))
  }

  /// Records a topic with its partition count the first time, and afterwards checks that it is the same.
  ///
  /// Throws `StoreError.partitionCountChanged` if it is not. Two processes at once agree.
  public func record(topic: String, partitions: Int32) async throws {
    let recorded = try await pool.withConnection { connection in
      // DO UPDATE instead of DO NOTHING, so that the row comes back in either case.
      try await connection.query(
        """
        INSERT INTO topics (name, partitions) VALUES ($1, $2)
        ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING partitions
        """, topic, partitions
      ).single().int32(0)
    }
    guard recorded == partitions else {
      throw StoreError.partitionCountChanged(topic: topic, recorded: recorded, found: partitions)
    }
  }
}

extension PartitionProgress {
  /// Those of the topic $1, in their order.
  static let ofTopic: Statement = """
    SELECT p.partition, epoch, next_offset, last_record, owner_id, owner_name, claimed_at, halted_at,
      halted_reason, resumed_at, resumed_because,
      (extract(epoch FROM clock_timestamp() - w.last_seen) * 1000)::int8 AS lease_age, w.lease_ms::int8 AS lease_ms
    FROM partition_progress p LEFT JOIN workers w ON w.id = p.owner_id
    WHERE p.topic = $1 ORDER BY p.partition
    """

  init(row: Row) throws {
    partition = try row.partition("partition")
    epoch = Epoch(rawValue: try row.int64("epoch"))
    nextOffset = try row.offset("next_offset")
    lastRecord = try row.optional("last_record").map(RecordFingerprint.init(rawValue:))
    ownerID = try row.optional("owner_id")
    leaseAgeMilliseconds = try row.optional("lease_age").map { max(0, $0) }
    leaseMilliseconds = try row.optional("lease_ms")
    owner = try row.optional("owner_name")
    claimedAt = try row.optional("claimed_at")
    haltedAt = try row.optional("halted_at")
    haltedReason = try row.optional("halted_reason")
    resumedAt = try row.optional("resumed_at")
    resumedBecause = try row.optional("resumed_because")
  }
}
