import Postgres
public import Time

/// A worker process that takes part, or did until recently.
public struct StoredWorker: Sendable, Hashable {
  /// Drawn by the process when it starts; not negative.
  public let id: Int64

  /// Host and process, for people. Two can have one name.
  public let name: String
  public let startedAt: Timestamp

  /// Since its last sign of life, in milliseconds, by the database's clock.
  public let silentMilliseconds: Int64

  /// Whether the session of its signs of life is open, which is gone as soon as the process has ended, and it was not
  /// silent for its lease: a frozen one is not alive.
  public let isAlive: Bool

  /// Partitions that it takes at most, and has.
  public let lanesMax: Int32
  public let partitions: Int64

  /// Since when somebody wants it to be empty.
  public let drainedAt: Timestamp?
}

/// What came of the wish to empty a worker.
public enum DrainAnswer: Sendable, Hashable {
  case draining
  /// There is no such worker.
  case unknown
  /// Nobody else is alive to take its partitions; nothing was changed.
  case last
  /// The others that are alive take so many partitions at most, and the topic has more; nothing was changed.
  case noRoom(lanes: Int64, partitions: Int64)
}

extension SaleStore {
  /// The workers of a topic, the first to start first.
  public func workers(topic: String) async throws -> [StoredWorker] {
    let rows = try await pool.withConnection { connection in
      try await connection.query(
        """
        SELECT w.id, w.name, w.started_at, w.lanes_max, w.drained_at,
          (extract(epoch FROM clock_timestamp() - w.last_seen) * 1000)::int8 AS silent,
          EXISTS (SELECT FROM living_workers l WHERE l.id = w.id) AS is_alive,
          (SELECT count(*) FROM partition_progress p WHERE p.topic = w.topic AND p.owner_id = w.id) AS partitions
        FROM workers w WHERE w.topic = $1 ORDER BY w.started_at, w.id
        """, topic)
    }
    return try rows.map(StoredWorker.init(row:))
  }

  /// Has a worker give its partitions to the others, and take none from then on. Nothing takes that back but a new
  /// start of the process, so it is done only if the others are alive and have room.
  public func drain(_ worker: Int64, of topic: String) async throws -> DrainAnswer {
    try await pool.withConnection { connection in
      try await connection.transaction { transaction -> DrainAnswer in
        // One after another: two workers could be emptied into each other.
        _ = try transaction.query("SELECT FROM topics WHERE name = $1 FOR NO KEY UPDATE", topic)
        let known = try transaction.query("SELECT FROM workers WHERE topic = $1 AND id = $2", topic, worker)
        guard !known.isEmpty else { return .unknown }
        let others = try transaction.query(
          """
          SELECT count(*) AS workers, coalesce(sum(lanes_max), 0) AS lanes,
            coalesce((SELECT partitions FROM topics WHERE name = $1), 0)::int8 AS partitions
          FROM living_workers WHERE topic = $1 AND id <> $2 AND drained_at IS NULL
          """, topic, worker
        ).single()
        guard try others.int64("workers") > 0 else { return .last }
        let (lanes, partitions) = (try others.int64("lanes"), try others.int64("partitions"))
        guard lanes >= partitions else { return .noRoom(lanes: lanes, partitions: partitions) }
        _ = try transaction.query(
          """
          WITH drained AS (
            UPDATE workers SET drained_at = coalesce(drained_at, clock_timestamp()) WHERE topic = $1 AND id = $2
            RETURNING topic
          ) SELECT pg_notify($3, topic) FROM drained
          """, topic, worker, "\(LeaseSignal.channel)")
        return .draining
      }
    }
  }
}

extension StoredWorker {
  fileprivate init(row: Row) throws {
    id = try row.int64("id")
    name = try row.string("name")
    startedAt = try row.timestamp("started_at")
    silentMilliseconds = max(0, try row.int64("silent"))
    isAlive = try row.bool("is_alive")
    lanesMax = try row.int32("lanes_max")
    partitions = try row.int64("partitions")
    drainedAt = try row.optional("drained_at")
  }
}
