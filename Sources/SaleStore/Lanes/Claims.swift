package import FlashSale
package import Lane
import Postgres
import Time

extension LaneStore {
  /// Takes a partition over (I7). The owner before can be another worker, or a lost session of the lane's own.
  ///
  /// First it ends the recorded owner's session: a session that is frozen inside a transaction holds the row for as
  /// long as it sleeps, and no timeout of the server fires for it. Then it raises the epoch, so that the old owner's
  /// transactions change nothing.
  ///
  /// `nextOffset` of the answer says whether a transaction whose COMMIT was not answered took effect: the session is
  /// gone when this returns, so nothing can change any more.
  ///
  /// Throws `StoreError.ownerCannotBeEnded` when the owner's session stays in the way, `PostgresError` when PostgreSQL
  /// fails. The claim may have taken effect then; the next one says `.fenced`.
  /// - Parameters:
  ///   - vacancy: what was seen. If the partition has another epoch by now, or the owner has shown that it is alive,
  ///     nothing is changed: `.fenced`.
  ///   - name: host and process, for people.
  package func claim(
    topic: String, partition: Partition, _ vacancy: Vacancy, worker: WorkerID, name: String
  ) async throws -> ClaimAnswer {
    for _ in 0..<Limits.claimAttempts {
      try await endOwner(topic: topic, partition: partition, vacancy)
      do {
        if vacancy.epoch.rawValue == 0 { try await makeRow(topic: topic, partition: partition) }
        return try await raiseEpoch(topic: topic, partition: partition, vacancy, worker: worker, name: name)
      } catch let error as PostgresError where error.sqlState == SQLState.lockNotAvailable {
        // Someone took the row in between, or is slow to go.
        continue
      }
    }
    throw StoreError.ownerCannotBeEnded(
      partition, "the partition's row is locked, perhaps by a session of another role; workers must use one role")
  }

  /// Gives a partition back, and tells everyone, so that the next owner need not wait. Changes nothing if someone else
  /// has claimed it.
  package func giveBack(_ claim: Claim) async throws {
    try await connection.transaction { transaction in
      _ = try transaction.commit { pipeline in
        // Not waited for: a crash of the server that undoes it has ended the owner's session, which says the same.
        try pipeline.add("SELECT set_config('synchronous_commit', 'off', true)")
        try pipeline.add(
          """
          WITH given AS (
            UPDATE partition_progress SET owner_id = NULL, owner_pid = NULL, owner_started = NULL
            WHERE topic = $1 AND partition = $2 AND epoch = $3 RETURNING topic
          ) SELECT pg_notify($4, topic) FROM given
          """,
          claim.topic, claim.partition.rawValue, claim.epoch.rawValue, "\(LeaseSignal.channel)")
      }
    }
  }

  /// Stops a partition until a person has looked: no claim succeeds until `SaleStore.resume`.
  ///
  /// Throws `StoreError.fenced` when someone else has claimed the partition; then nothing was changed.
  package func halt(_ claim: Claim, reason: String) async throws {
    let changed = try await connection.query(
      """
      UPDATE partition_progress SET halted_at = now(), halted_reason = $4
      WHERE topic = $1 AND partition = $2 AND epoch = $3
      """,
      claim.topic, claim.partition.rawValue, claim.epoch.rawValue, String(reason.prefix(Limits.storedErrorCharacters))
    ).affected
    guard changed == 1 else { throw StoreError.fenced(claim.partition) }
  }

  /// Why a partition is halted; `nil` if it is not.
  package func haltReason(topic: String, partition: Partition) async throws -> String? {
    let halted = try await connection.query(
      """
      SELECT coalesce(halted_reason, 'no reason was recorded') FROM partition_progress
      WHERE topic = $1 AND partition = $2 AND halted_at IS NOT NULL
      """, topic, partition.rawValue)
    return try halted.first?.string(0)
  }

  /// Ends the recorded owner's session, and waits until it is gone.
  ///
  /// Pids are reused, so the session is known by its pid *and* its start. Between the look and the signal the server
  /// could in theory give the pid to a new session of ours, which would then have to connect again: harmless.
  func endOwner(topic: String, partition: Partition, _ vacancy: Vacancy) async throws {
    do {
      // "pg_terminate_backend (pid, timeout): … If timeout is specified (in milliseconds) and greater than zero, the
      // function waits until the process is actually terminated or until the given time has passed" (PostgreSQL,
      // 9.27.2). The inner query has OFFSET 0, so that the signal goes to no row that the conditions exclude.
      _ = try await connection.query(
        """
        SELECT pg_terminate_backend(owner.pid, $3) FROM (
          SELECT a.pid FROM partition_progress p
          JOIN pg_stat_activity a ON a.pid = p.owner_pid AND a.backend_start = p.owner_started
          WHERE p.topic = $1 AND p.partition = $2 AND p.halted_at IS NULL AND a.pid <> pg_backend_pid()
            AND p.epoch = $4 AND NOT EXISTS (
              SELECT FROM workers WHERE id = p.owner_id AND (extract(epoch FROM last_seen) * 1000000)::int8 <> $5
            ) OFFSET 0
        ) AS owner
        """,
        topic, partition.rawValue, Limits.ownerEndTimeout.wholeMilliseconds, vacancy.epoch.rawValue,
        vacancy.ownerLastSeen?.wholeMicroseconds)
    } catch let error where error.sqlState == SQLState.insufficientPrivilege {
      throw StoreError.ownerCannotBeEnded(
        partition, "this role may not end sessions of the role that owns it; workers must use one role")
    }
  }

  /// The first claim of a partition makes its row. Two at once: one inserts, and both go on.
  private func makeRow(topic: String, partition: Partition) async throws {
    _ = try await connection.query(
      "INSERT INTO partition_progress (topic, partition) VALUES ($1, $2) ON CONFLICT DO NOTHING", topic,
      partition.rawValue)
  }

  func raiseEpoch(
    topic: String, partition: Partition, _ vacancy: Vacancy, worker: WorkerID, name: String
  ) async throws -> ClaimAnswer {
    let claimed = try await connection.query(
      """
      UPDATE partition_progress SET epoch = epoch + 1, owner_id = $4, owner_name = $5, owner_pid = pg_backend_pid(),
        claimed_at = now(), owner_started = (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid())
      WHERE topic = $1 AND partition = $2 AND halted_at IS NULL AND epoch = $3 AND NOT EXISTS (
        SELECT FROM workers WHERE id = owner_id AND (extract(epoch FROM last_seen) * 1000000)::int8 <> $6
      )
      RETURNING epoch, next_offset, last_record, claimed_at
      """,
      topic, partition.rawValue, vacancy.epoch.rawValue, worker.rawValue, name,
      vacancy.ownerLastSeen?.wholeMicroseconds)
    if let row = claimed.first {
      return .claimed(
        Claim(
          topic: topic, partition: partition, epoch: Epoch(rawValue: try row.int64("epoch")),
          nextOffset: try row.offset("next_offset"),
          lastRecord: try row.optional("last_record").map(RecordFingerprint.init(rawValue:)),
          claimedAt: try row.timestamp("claimed_at")))
    }
    return try await haltReason(topic: topic, partition: partition).map { .halted(reason: $0) } ?? .fenced
  }
}

/// The SQLSTATEs that lanes act on (PostgreSQL documentation, appendix A).
enum SQLState {
  static let serializationFailure = "40001"
  static let deadlockDetected = "40P01"
  static let insufficientPrivilege = "42501"
  static let lockNotAvailable = "55P03"
}
