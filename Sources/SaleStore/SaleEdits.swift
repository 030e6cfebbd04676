public import FlashSale
internal import Postgres
public import Time

/// The last change of a sale's rules.
public struct SaleEdit: Sendable, Hashable {
  /// How many changes there were; 0: none.
  public let version: Int64

  /// Under which its records are in the log; `nil`: there was none.
  public let command: CommandID?
  public let by: String
  public let at: Timestamp

  /// Whether lanes have decided it, or it was `Limits.editWait` ago.
  public let isSettled: Bool
}

extension SaleStore {
  /// The last change of a sale; `nil`: nobody has changed it yet.
  public func edit(of sale: SaleNumber) async throws -> SaleEdit? {
    try await pool.withConnection { connection in
      try await connection.query(
        """
        SELECT version, command_id, changed_by, changed_at,
          is_decided OR changed_at < now() - make_interval(secs => $2) AS is_settled
        FROM sale_edits WHERE sale = $1
        """, sale.rawValue, Double(Limits.editWait.components.seconds))
    }.first.map { row in
      SaleEdit(
        version: try row.int64("version"), command: CommandID(rawValue: try row.int64("command_id")),
        by: try row.string("changed_by"), at: try row.timestamp("changed_at"),
        isSettled: try row.bool("is_settled"))
    }
  }

  /// Begins a change of a sale, before its records are written. Of two that begin at once, one does.
  ///
  /// - Parameters:
  ///   - version: of the change that it was made from; `nil`: whatever there is.
  ///   - id: a change that has begun under it begins again.
  /// - Returns: whether it begins: no other has begun since that version, and that one is settled.
  public func beginEdit(
    of sale: SaleNumber, from version: Int64?, named id: CommandID, by name: String
  ) async throws -> Bool {
    let rows = try await pool.withConnection { connection in
      try await connection.query(
        """
        INSERT INTO sale_edits AS e (sale, version, command_id, changed_by) VALUES ($1, 1, $3, $4)
        ON CONFLICT (sale) DO UPDATE SET version = e.version + (e.command_id <> $3)::int, command_id = $3,
          changed_by = $4, changed_at = now(), is_decided = false
        WHERE $2::int8 IS NULL OR e.command_id = $3 OR e.version = $2
          AND (e.is_decided OR e.changed_at < now() - make_interval(secs => $5))
        """, sale.rawValue, version, id.rawValue, name, Double(Limits.editWait.components.seconds))
    }
    return rows.affected == 1
  }

  /// Notes that lanes have decided a change, or that nothing of it was written.
  public func endEdit(of sale: SaleNumber, named id: CommandID) async throws {
    _ = try await pool.withConnection { connection in
      try await connection.query(
        "UPDATE sale_edits SET is_decided = true WHERE sale = $1 AND command_id = $2", sale.rawValue, id.rawValue)
    }
  }
}
