public import Accounts
internal import Postgres
public import Time

/// An API token as the store has it, without its secret.
public struct StoredToken: Sendable {
  public let id: Int32
  public let name: UserName

  /// What it gives now: of what it was given, that which the user who answers for it may still do. Nothing, where she
  /// is disabled.
  public let scopes: Set<Right>
  public let createdAt: Timestamp

  /// The user who answers for it, or else who added it.
  public let createdBy: String
  public let expiresAt: Timestamp

  /// To the minute.
  public let lastUsedAt: Timestamp?
  public let revokedAt: Timestamp?
}

extension SaleStore {
  /// Adds an API token, and logs it.
  ///
  /// - Parameter person: the user who answers for it; `nil`: nobody is known.
  /// - Returns: false if a token of this name is in use.
  public func addToken(
    _ secret: AccessSecret, named name: UserName, scopes: Set<Right>, person: String? = nil, expiresAt: Timestamp,
    logged: LogEntry.Content
  ) async throws -> Bool {
    let digest = secret.digest
    return try await logging(logged) { transaction in
      try transaction.execute(
        """
        INSERT INTO admin_tokens (name, digest, scopes, created_by, expires_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (name) WHERE revoked_at IS NULL DO NOTHING
        """, name.rawValue, digest, scopes.map(\.rawValue).sorted(), person ?? logged.who, expiresAt) == 1
    }
  }

  /// The token of this secret, if it is good at this time; its use is noted. None is whose user is disabled.
  public func token(_ secret: AccessSecret, at now: Timestamp) async throws -> StoredToken? {
    let found = try await pool.withConnection { connection in
      try await connection.query(
        """
        SELECT t.id, t.name, array_to_string(scopes, ',') AS scopes, t.created_at, created_by, expires_at, last_used_at,
          revoked_at, u.role, u.disabled_at IS NOT NULL AS is_disabled
        FROM admin_tokens t LEFT JOIN admin_users u ON u.name = t.created_by
        WHERE digest = $1 AND revoked_at IS NULL AND expires_at > $2 AND u.disabled_at IS NULL
        """, secret.digest, now)
    }.first.map(StoredToken.init(row:))
    if let found, found.lastUsedAt.map({ $0.after(.seconds(60)) < now }) ?? true {
      _ = try await pool.withConnection { connection in
        try await connection.query("UPDATE admin_tokens SET last_used_at = $2 WHERE id = $1", found.id, now)
      }
    }
    return found
  }

  /// All tokens, the newest first.
  public func tokens() async throws -> [StoredToken] {
    try await pool.withConnection { connection in
      try await connection.query(
        """
        SELECT t.id, t.name, array_to_string(scopes, ',') AS scopes, t.created_at, created_by, expires_at, last_used_at,
          revoked_at, u.role, u.disabled_at IS NOT NULL AS is_disabled
        FROM admin_tokens t LEFT JOIN admin_users u ON u.name = t.created_by ORDER BY t.id DESC
        """)
    }.map(StoredToken.init(row:))
  }

  /// Ends a token.
  ///
  /// - Returns: whether one of this name was in use.
  public func revokeToken(_ name: UserName, logged: LogEntry.Content) async throws -> Bool {
    try await logging(logged) { transaction in
      try transaction.execute(
        "UPDATE admin_tokens SET revoked_at = now() WHERE name = $1 AND revoked_at IS NULL", name.rawValue) == 1
    }
  }
}

extension StoredToken {
  init(row: Row) throws {
    let given = Set(try row.string("scopes").split(separator: ",").compactMap { Right(rawValue: String($0)) })
    let role = try row.optional("role", as: String.self).map { Role(rawValue: $0)?.rights ?? [] }
    self.init(
      id: try row.int32("id"), name: try row.identifier("name"),
      scopes: try row.bool("is_disabled") ? [] : role.map(given.intersection) ?? given,
      createdAt: try row.timestamp("created_at"), createdBy: try row.string("created_by"),
      expiresAt: try row.timestamp("expires_at"), lastUsedAt: try row.optional("last_used_at"),
      revokedAt: try row.optional("revoked_at"))
  }
}
