package import FlashSale
package import Lane
package import Logging
package import Postgres
internal import Time

/// What workers tell each other. It only makes things quicker: whoever misses one looks by the clock.
package enum LeaseSignal: Equatable, Sendable {
  /// One has come or goes, or a partition was given back. The payload is the topic.
  case changed
  /// A worker is ready to go on with a partition that another still has. The payload is topic, partition and worker.
  case ready(Partition, WorkerID)

  /// The NOTIFY channel.
  static let channel: StaticString = "penstock_leases"

  func payload(of topic: String) -> String {
    switch self {
    case .changed: topic
    case .ready(let partition, let worker): "\(topic) \(partition) \(worker)"
    }
  }

  /// `nil` for another topic, or for what cannot be read.
  init?(payload: String, topic: String) {
    // A topic's name has no space.
    let words = payload.split(separator: " ", omittingEmptySubsequences: false)
    guard words.first.map(String.init) == topic else { return nil }
    switch words.count {
    case 1: self = .changed
    case 3:
      guard let partition = Int32(words[1]), let worker = Int64(words[2]) else { return nil }
      self = .ready(Partition(partition), WorkerID(rawValue: worker))
    default: return nil
    }
  }
}

/// A worker's connection for leases: shows that it is alive, and looks who has what.
package struct LeaseStore: Sendable {
  /// What a worker says of itself.
  package struct Seat: Sendable {
    let id: WorkerID
    package let topic: String
    let name: String
    let lanesMax: Int
    let lease: Duration

    /// - Parameters:
    ///   - name: host and process, for people.
    ///   - lanesMax: partitions that it takes at most, at least 1.
    ///   - lease: how long it may show no sign of life, at least 1 ms.
    package init(id: WorkerID, topic: String, name: String, lanesMax: Int, lease: Duration) {
      self.id = id
      self.topic = topic
      self.name = name
      self.lanesMax = lanesMax
      self.lease = lease
    }
  }

  private let connection: Connection
  private let seat: Seat

  /// Connects. Throws `PostgresError` when PostgreSQL cannot be reached or refuses.
  package static func connect(
    _ settings: ConnectionSettings, as seat: Seat, on thread: StoreThread, logger: Logger
  ) async throws -> LeaseStore {
    var settings = settings
    settings.statementTimeout = Limits.leaseStatementTimeout
    // A sign of life need not survive a crash of the server, and must not wait for a disk or a standby.
    settings.sessionParameters["synchronous_commit"] = "off"
    return LeaseStore(
      connection: try await Connection.connect(settings, on: thread.executor, logger: logger), seat: seat)
  }

  /// Takes part from here on, and tells the others. Workers that were silent for long are forgotten.
  package func join() async throws {
    try await showLife()
    _ = try await connection.query(
      """
      WITH gone AS (
        DELETE FROM workers WHERE topic = $1 AND last_seen < clock_timestamp() - make_interval(secs => $2)
      ) SELECT pg_notify($3, $1)
      """,
      seat.topic, Double(Limits.silentWorkersKept.components.seconds), "\(LeaseSignal.channel)")
  }

  /// Shows that the worker is alive. If somebody has deleted its row, it is there again.
  package func showLife() async throws {
    _ = try await connection.query(
      """
      INSERT INTO workers (id, topic, name, lanes_max, lease_ms, started_at, last_seen, session_pid, session_started)
      SELECT $1, $2, $3, $4, $5, clock_timestamp(), clock_timestamp(), pid, backend_start
      FROM pg_stat_activity WHERE pid = pg_backend_pid()
      ON CONFLICT (id) DO UPDATE SET last_seen = excluded.last_seen, session_pid = excluded.session_pid,
        session_started = excluded.session_started
      """,
      seat.id.rawValue, seat.topic, seat.name, Int32(seat.lanesMax), Int32(seat.lease.wholeMilliseconds))
  }

  /// Wants no partition any more, as after `penstock lanes drain`, and tells the others.
  package func drain() async throws {
    _ = try await connection.query(
      """
      WITH drained AS (
        UPDATE workers SET drained_at = coalesce(drained_at, clock_timestamp()) WHERE id = $1
      ) SELECT pg_notify($2, $3)
      """, seat.id.rawValue, "\(LeaseSignal.channel)", seat.topic)
  }

  /// Takes part no more, and tells the others.
  package func leave() async throws {
    _ = try await connection.query(
      "WITH gone AS (DELETE FROM workers WHERE id = $1) SELECT pg_notify($2, $3)", seat.id.rawValue,
      "\(LeaseSignal.channel)", seat.topic)
  }

  /// Looks who works, and who has what.
  package func look() async throws -> LeaseView {
    // One statement, so that workers and partitions are of one snapshot. Each row has one of either, or neither.
    let rows = try await connection.query(
      """
      WITH session AS MATERIALIZED (SELECT pid, backend_start FROM pg_stat_activity),
      worker AS (
        SELECT id, name, lanes_max, drained_at IS NOT NULL AS is_draining, last_seen,
          EXISTS (SELECT FROM session WHERE pid = session_pid AND backend_start = session_started) AS has_session
        FROM workers WHERE topic = $1
      ),
      lease AS (
        SELECT partition, epoch, owner_id,
          CASE WHEN halted_at IS NOT NULL THEN coalesce(halted_reason, 'no reason was recorded') END AS halted_reason,
          EXISTS (SELECT FROM session WHERE pid = owner_pid AND backend_start = owner_started) AS has_session
        FROM partition_progress WHERE topic = $1
      )
      SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::int8 AS now,
        (extract(epoch FROM clock_timestamp() - pg_postmaster_start_time()) * 1000000)::int8 AS server_age,
        topic.partitions, worker.id, worker.name, worker.lanes_max, worker.is_draining,
        (extract(epoch FROM worker.last_seen) * 1000000)::int8 AS last_seen, worker.has_session AS worker_has_session,
        lease.partition, lease.epoch, lease.owner_id, lease.halted_reason, lease.has_session AS owner_has_session
      FROM (SELECT coalesce((SELECT partitions FROM topics WHERE name = $1), 0) AS partitions) AS topic
      LEFT JOIN (worker FULL JOIN lease ON false) ON true
      """, seat.topic)
    // There is at least the topic's own row.
    guard let first = rows.first else { throw StoreError.unreadable("the leases cannot be read: there is no answer") }
    return LeaseView(
      now: .microseconds(try first.int64("now")), serverAge: .microseconds(try first.int64("server_age")),
      partitions: Int(try first.int32("partitions")),
      leases: Dictionary(
        try rows.compactMap { row in try row.lease.map { (try row.partition("partition"), $0) } },
        uniquingKeysWith: { first, _ in first }),
      workers: try rows.compactMap { try $0.worker }.sorted { $0.id < $1.id })
  }

  /// Closes the connection. Closing twice is fine.
  package func close() async { await connection.close() }
}

extension Row {
  fileprivate var worker: LeaseView.Worker? {
    get throws {
      guard let id: Int64 = try optional("id") else { return nil }
      return LeaseView.Worker(
        id: WorkerID(rawValue: id), name: try string("name"), lanesMax: Int(try int32("lanes_max")),
        isDraining: try bool("is_draining"), lastSeen: .microseconds(try int64("last_seen")),
        hasSession: try bool("worker_has_session"))
    }
  }

  fileprivate var lease: LeaseView.Lease? {
    get throws {
      guard let epoch: Int64 = try optional("epoch") else { return nil }
      return LeaseView.Lease(
        epoch: Epoch(rawValue: epoch), owner: try optional("owner_id").map(WorkerID.init(rawValue:)),
        hasSession: try bool("owner_has_session"), haltedReason: try optional("halted_reason"))
    }
  }
}
