public import FlashSale
package import Lane
import Postgres

extension LaneStore {
  /// Takes a partition over from its owner (I7).
  ///
  /// First it ends the recorded owner's session: a session that is frozen inside a transaction holds the row for as
  /// long as it sleeps, and no timeout of the server fires for it. Then it raises the epoch, so that the old owner's
  /// transactions change nothing.
  ///
  /// Throws `StoreError.ownerCannotBeEnded` when the owner's session stays in the way, `PostgresError` when PostgreSQL
  /// fails. The claim may have taken effect then: claim again.
  /// - Parameter owner: host and process, for people.
  package func claim(topic: String, partition: Partition, owner: String) async throws -> ClaimAnswer {
    return try await takeOver(topic: topic, partition: partition, held: nil, owner: owner)
  }

  /// Takes a lane's own partition over from its own lost session, unless someone has claimed it meanwhile.
  ///
  /// `nextOffset` of the answer says whether a transaction whose COMMIT was not answered took effect: the lost session
  /// is gone when this returns, so nothing can change any more. A lane must not use `claim` for this: two lanes that
  /// both believe in their assignment would end each other's session for ever.
  ///
  /// Throws as `claim` does. If the answer of a reclaim that took effect gets lost, the next one says `.fenced`.
  package func reclaim(_ claim: Claim, owner: String) async throws -> ClaimAnswer {
    try await takeOver(topic: claim.topic, partition: claim.partition, held: claim.epoch, owner: owner)
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
  public func haltReason(topic: String, partition: Partition) async throws -> String? {
    let halted = try await connection.query(
      """
      SELECT coalesce(halted_reason, 'no reason was recorded') FROM partition_progress
      WHERE topic = $1 AND partition = $2 AND halted_at IS NOT NULL
      """, topic, partition.rawValue)
    return try halted.first?.string(0)
  }

  private func takeOver(
    topic: String, partition: Partition, held: Epoch?, owner: String
  ) async throws -> ClaimAnswer {
    for _ in 0..<Limits.claimAttempts {
      try await endOwner(topic: topic, partition: partition, held: held)
      do {
        if held == nil { try await makeRow(topic: topic, partition: partition) }
        if let answer = try await raiseEpoch(topic: topic, partition: partition, held: held, owner: owner) {
          return answer
        }
      } catch let error as PostgresError where error.sqlState == SQLState.lockNotAvailable {
        // Someone took the row in between, or is slow to go.
        continue
      }
    }
    throw StoreError.ownerCannotBeEnded(
      partition, "the partition's row is locked, perhaps by a session of another role; workers must use one role")
  }

  /// Ends the recorded owner's session, and waits until it is gone.
  ///
  /// Pids are reused, so the session is known by its pid *and* its start. Between the look and the signal the server
  /// could in theory give the pid to a new session of ours, which would then have to connect again: harmless.
  private func endOwner(topic: String, partition: Partition, held: Epoch?) async throws {
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
            AND ($4::int8 IS NULL OR p.epoch = $4) OFFSET 0
        ) AS owner
        """,
        topic, partition.rawValue, Limits.ownerEndTimeout.wholeMilliseconds, held?.rawValue)
    } catch let error where error.sqlState == SQLState.insufficientPrivilege {
      throw StoreError.ownerCannotBeEnded(
        partition, "this role may not end sessions of the role that owns it; workers must use one role")
    }
  }

  /// The first claim of a partition makes its row. Two at once: one inserts, and both go on.
  ///
  /// A partition beyond the recorded count is halted from the start: the topic has grown under the workers. Its records
  /// come from a writer that uses another count, and their keys belong to other lanes.
  ///
  /// Must come after `endOwner`: to detect a conflict, PostgreSQL waits for a transaction that has updated the row.
  private func makeRow(topic: String, partition: Partition) async throws {
    _ = try await connection.query(
      """
      INSERT INTO partition_progress (topic, partition, halted_at, halted_reason)
      SELECT $1, $2, CASE WHEN $2 >= recorded.count THEN now() END,
        CASE WHEN $2 >= recorded.count THEN
          format('the topic has grown: this database was filled from one with %s partitions', recorded.count) END
      FROM (SELECT (SELECT partitions FROM topics WHERE name = $1) AS count) AS recorded
      ON CONFLICT DO NOTHING
      """,
      topic, partition.rawValue)
  }

  private func raiseEpoch(
    topic: String, partition: Partition, held: Epoch?, owner: String
  ) async throws -> ClaimAnswer? {
    let claimed = try await connection.query(
      """
      UPDATE partition_progress SET epoch = epoch + 1, owner_pid = pg_backend_pid(), owner_name = $4,
        claimed_at = now(), owner_started = (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid())
      WHERE topic = $1 AND partition = $2 AND halted_at IS NULL AND ($3::int8 IS NULL OR epoch = $3)
      RETURNING epoch, next_offset, last_record
      """,
      topic, partition.rawValue, held?.rawValue, owner)
    if let row = claimed.first {
      return .claimed(
        Claim(
          topic: topic, partition: partition, epoch: Epoch(rawValue: try row.int64("epoch")),
          nextOffset: try row.offset("next_offset"),
          lastRecord: try row.optional("last_record").map(RecordFingerprint.init(rawValue:))))
    }
    if let reason = try await haltReason(topic: topic, partition: partition) { return .halted(reason: reason) }
    // Without a condition on the epoch, the update misses the row only if its halt was cleared just now: try again.
    return held == nil ? nil : .fenced
  }
}

extension SaleStore {
  /// Lets a halted partition be claimed again, for a person who has looked and says why: from here on the log counts as
  /// the right one. Records before `request.offset` that have no outcome never get one.
  ///
  /// - Returns: whether the partition was halted; `nil` if nobody ever claimed it.
  public func resume(_ partition: Partition, of topic: String, _ request: ResumeRequest) async throws -> Bool? {
    try await pool.withConnection { connection in
      let changed = try await connection.query(
        """
        UPDATE partition_progress SET halted_at = NULL, halted_reason = NULL, epoch = epoch + 1,
          next_offset = coalesce($3, next_offset), last_record = NULL, resumed_at = now(), resumed_because = $4
        WHERE topic = $1 AND partition = $2 AND halted_at IS NOT NULL
        """, topic, partition.rawValue, request.offset?.rawValue, request.because
      ).affected
      guard changed == 0 else { return true }
      let known = try await connection.query(
        "SELECT 1 FROM partition_progress WHERE topic = $1 AND partition = $2", topic, partition.rawValue)
      return known.first == nil ? nil : false
    }
  }
}

/// The SQLSTATEs that lanes act on (PostgreSQL documentation, appendix A).
enum SQLState {
  static let serializationFailure = "40001"
  static let deadlockDetected = "40P01"
  static let insufficientPrivilege = "42501"
  static let lockNotAvailable = "55P03"
}

extension Duration {
  /// Rounded down, for PostgreSQL's parameters.
  var wholeMilliseconds: Int64 {
    components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
  }
}
