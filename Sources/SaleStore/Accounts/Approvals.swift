public import Accounts
public import FlashSale
internal import Postgres
public import Time

/// A command that waits for a second person, or waited.
public struct StoredApproval: Sendable {
  public let id: Int64
  public let command: GuardedCommand
  public let subject: String

  /// As it was asked for, JSON.
  public let body: String
  public let why: String
  public let askedBy: String

  /// The user who answers for who asked; `nil`: nobody knows, and it cannot be approved.
  public let person: String?
  public let askedAt: Timestamp
  public let expiresAt: Timestamp
  public let decidedBy: String?
  public let isApproved: Bool?

  /// Under which it is done once, where it goes through the log.
  public let commandID: CommandID?
}

extension SaleStore {
  /// Asks for a second person, and logs it.
  ///
  /// - Parameters:
  ///   - id: under which it is done once; `nil`: it has none.
  ///   - person: the user who answers for who asks.
  /// - Returns: the request, or the one that was made before under the same id.
  public func askApproval(
    _ command: GuardedCommand, subject: String, body: String, id: CommandID?, person: String, expiresAt: Timestamp,
    logged: LogEntry.Content
  ) async throws -> Int64 {
    try await logging(logged) { transaction in
      // An update that changes nothing, because only a row that is written is returned.
      try transaction.query(
        """
        INSERT INTO admin_approvals AS a (command, subject, body, why, asked_by, expires_at, command_id, person)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (command, subject, command_id) DO UPDATE SET command_id = a.command_id RETURNING id
        """, command.rawValue, subject, body, logged.why, logged.who, expiresAt, id?.rawValue, person
      ).single().int64(0)
    }
  }

  /// The newest requests, those that wait first.
  public func approvals(limit: Int32) async throws -> [StoredApproval] {
    try await pool.withConnection { connection in
      try await connection.query(
        """
        SELECT id, command, subject, body, why, asked_by, person, asked_at, expires_at, decided_by, approved, command_id
        FROM admin_approvals ORDER BY (decided_at IS NULL AND expires_at > now()) DESC, id DESC LIMIT $1
        """, limit)
    }.map(StoredApproval.init(row:))
  }

  /// One request; `nil` if there is none.
  public func approval(_ id: Int64) async throws -> StoredApproval? {
    try await pool.withConnection { connection in
      try await connection.query(
        """
        SELECT id, command, subject, body, why, asked_by, person, asked_at, expires_at, decided_by, approved, command_id
        FROM admin_approvals WHERE id = $1
        """, id)
    }.first.map(StoredApproval.init(row:))
  }

  /// The request that was made under an id; `nil`: none was.
  public func approval(
    of command: GuardedCommand, subject: String, named id: CommandID
  ) async throws -> StoredApproval? {
    let found = try await pool.withConnection { connection in
      try await connection.query(
        "SELECT id FROM admin_approvals WHERE command = $1 AND subject = $2 AND command_id = $3", command.rawValue,
        subject, id.rawValue)
    }
    guard let number = try found.first?.int64(0) else { return nil }
    return try await approval(number)
  }

  /// Decides a request, once, by somebody else if it is approved, and logs it.
  ///
  /// - Returns: false if it was decided or has lapsed meanwhile.
  public func decideApproval(_ id: Int64, isApproved: Bool, logged: LogEntry.Content) async throws -> Bool {
    try await logging(logged) { transaction in
      try transaction.execute(
        """
        UPDATE admin_approvals SET decided_by = $2, decided_at = now(), approved = $3
        WHERE id = $1 AND decided_at IS NULL AND expires_at > now() AND ($2 <> person OR NOT $3)
        """, id, logged.who, isApproved) == 1
    }
  }
}

extension StoredApproval {
  init(row: Row) throws {
    let command = try row.string("command")
    guard let command = GuardedCommand(rawValue: command) else {
      throw StoreError.unreadable("the command \(command) is not known")
    }
    self.init(
      id: try row.int64("id"), command: command, subject: try row.string("subject"), body: try row.string("body"),
      why: try row.string("why"), askedBy: try row.string("asked_by"), person: try row.optional("person"),
      askedAt: try row.timestamp("asked_at"), expiresAt: try row.timestamp("expires_at"),
      decidedBy: try row.optional("decided_by"),
      isApproved: try row.optional("approved"),
      commandID: try row.optional("command_id", as: Int64.self).map(CommandID.init(rawValue:)))
  }
}
