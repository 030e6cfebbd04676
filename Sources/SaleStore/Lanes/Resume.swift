public import FlashSale
import Postgres
import Time

/// What came of the wish to let a halted partition go on.
public enum ResumeAnswer: Sendable, Hashable {
  case resumed
  /// Nobody ever claimed it.
  case unknown
  /// Nothing was changed.
  case notHalted
  /// It went on and is halted again since; nothing was changed.
  case haltedAgain
  /// Commands, baskets or quarantined records from the wanted offset on are stored, the last of them at this one;
  /// nothing was changed.
  case decided(upTo: Offset)
}

extension SaleStore {
  /// Lets a halted partition be claimed again, for a person who has looked and says why: from here on the log counts as
  /// the right one. Records before `request.offset` that have no outcome never get one.
  ///
  /// (1) Rows of commands, baskets and quarantined records are known by their offset. So no partition goes back to
  ///     where another log had some: new ones could not be stored. Orders are known by their ids.
  /// (2) What is decided from here on is told: no relay is ahead of the partition.
  public func resume(
    _ partition: Partition, of topic: String, _ request: ResumeRequest
  ) async throws -> ResumeAnswer {
    try await pool.withConnection { connection in
      try await connection.transaction { transaction -> ResumeAnswer in
        let found = try transaction.query(
          """
          SELECT next_offset, halted_at FROM partition_progress
          WHERE topic = $1 AND partition = $2 FOR UPDATE
          """, topic, partition.rawValue)
        guard let row = found.first else { return .unknown }
        guard let haltedAt: Timestamp = try row.optional("halted_at") else { return .notHalted }
        // As it is told: in milliseconds.
        if let meant = request.haltedAt, meant.description != haltedAt.description { return .haltedAgain }
        if let offset = request.offset, offset < (try row.offset("next_offset")) {
          if let last = try Self.lastDecided(of: topic, partition, from: offset, transaction) {
            return .decided(upTo: last)
          }
          try transaction.execute(
            "UPDATE relay_progress SET next_offset = $2, epoch = epoch + 1 WHERE partition = $1 AND next_offset > $2",
            partition.rawValue, offset.rawValue)
        }
        _ = try transaction.query(
          """
          WITH resumed AS (
            UPDATE partition_progress SET halted_at = NULL, halted_reason = NULL, epoch = epoch + 1,
              next_offset = coalesce($3, next_offset), last_record = NULL, resumed_at = now(), resumed_because = $4
            WHERE topic = $1 AND partition = $2 RETURNING topic
          ) SELECT pg_notify($5, topic) FROM resumed
          """, topic, partition.rawValue, request.offset?.rawValue, request.because, "\(LeaseSignal.channel)")
        return .resumed
      }
    }
  }

  /// The last offset, from one on, of a record that left a row which is known by it; `nil`: there is none.
  private static func lastDecided(
    of topic: String, _ partition: Partition, from offset: Offset, _ transaction: borrowing Transaction
  ) throws -> Offset? {
    try transaction.query(
      """
      SELECT max(log_offset) FROM (
        SELECT log_offset FROM history WHERE partition = $2 AND log_offset >= $3
        UNION ALL SELECT log_offset FROM baskets WHERE partition = $2 AND log_offset >= $3
        UNION ALL SELECT log_offset FROM quarantined_records
        WHERE topic = $1 AND partition = $2 AND log_offset >= $3
      ) AS decided
      """, topic, partition.rawValue, offset.rawValue
    ).single().optional(0).map(Offset.init(_:))
  }
}
