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

  /// Whether the session of its signs of life is open: it is gone as soon as the process has ended.
  public let hasSession: Bool

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
}

extension SaleStore {
  /// The workers of a topic, the first to start first.
  public func workers(topic: String) async throws -> [StoredWorker] {
    let rows = try await pool.withConnection { connection in
      try await connection.query(
        """
        SELECT w.id, w.name, w.started_at, w.lanes_max, w.drained_at,
          (extract(epoch FROM clock_timestamp() - w.last_seen) * 1000)::int8 AS silent,
          EXISTS (SELECT FROM pg_stat_activity WHERE pid = w.session_pid AND backend_start = w.session_started)
            AS has_session,
          (SELECT count(*) FROM partition_progress p WHERE p.topic = w.topic AND p.owner_id = w.id) AS partitions
        FROM workers w WHERE w.topic = $1 ORDER BY w.started_at, w.id
        """, topic)
    }
    return try rows.map(StoredWorker.init(row:))
  }

  /// Has a worker give its partitions to the others, and take none from then on.
  public func drain(_ worker: Int64, of topic: String) async throws -> DrainAnswer {
    try await pool.withConnection { connection in
      let drained = try await connection.query(
        """
        WITH drained AS (
          UPDATE workers w SET drained_at = coalesce(drained_at, clock_timestamp())
          WHERE w.topic = $1 AND w.id = $2 AND EXISTS (
            SELECT FROM workers o
            JOIN pg_stat_activity a ON a.pid = o.session_pid AND a.backend_start = o.session_started
            WHERE o.topic = $1 AND o.id <> $2 AND o.drained_at IS NULL
          )
          RETURNING topic
        ) SELECT pg_notify($3, topic) FROM drained
        """, topic, worker, "\(LeaseSignal.channel)")
      guard drained.isEmpty else { return .draining }
      let known = try await connection.query("SELECT FROM workers WHERE topic = $1 AND id = $2", topic, worker)
      return known.isEmpty ? .unknown : .last
    }
  }
}

extension StoredWorker {
  fileprivate init(row: Row) throws {
    id = try row.int64("id")
    name = try row.string("name")
    startedAt = try row.timestamp("started_at")
    silentMilliseconds = max(0, try row.int64("silent"))
    hasSession = try row.bool("has_session")
    lanesMax = try row.int32("lanes_max")
    partitions = try row.int64("partitions")
    drainedAt = try row.optional("drained_at")
  }
}
