public import Accounts
internal import Postgres
public import Time

/// A session that is still good, with whose it is.
public struct StoredSession: Sendable {
  public let digest: [UInt8]
  public let user: Int32
  public let name: UserName
  public let role: Role
  public let life: SessionLife

  /// Its cookie is for TLS only.
  public let isOverTLS: Bool
  public let address: String
}

extension SaleStore {
  /// Begins a session of a user, and logs it; what has ended of her is deleted.
  ///
  /// - Parameter codeStep: of the code that she has shown; it counts no more.
  /// - Returns: false if the code was used meanwhile, or another attempt has failed that costs a pause.
  public func signIn(
    _ user: Int32, _ secret: AccessSecret, codeStep: Int64?, isOverTLS: Bool, at now: Timestamp,
    logged: LogEntry.Content
  ) async throws -> Bool {
    let digest = secret.digest
    return try await logging(logged) { transaction in
      let changed = try transaction.execute(
        """
        UPDATE admin_users SET failures = 0, locked_until = NULL, code_step = coalesce($2, code_step)
        WHERE id = $1 AND disabled_at IS NULL AND ($2::int8 IS NULL OR coalesce(code_step, -1) < $2)
          AND (locked_until IS NULL OR locked_until <= $3)
        """, user, codeStep, now)
      guard changed == 1 else { return false }
      try transaction.execute(
        "DELETE FROM admin_sessions WHERE user_id = $1 AND (signed_in_at < $2 OR last_used_at < $3)", user,
        now.after(.zero - Accounts.Limits.sessionLife), now.after(.zero - Accounts.Limits.sessionIdle))
      try transaction.execute(
        """
        INSERT INTO admin_sessions (digest, user_id, signed_in_at, last_used_at, over_tls, address)
        VALUES ($1, $2, $3, $3, $4, $5)
        """, digest, user, now, isOverTLS, logged.address)
      return true
    }
  }

  /// The session of a cookie, if it is good at this time.
  public func session(_ secret: AccessSecret, at now: Timestamp) async throws -> StoredSession? {
    let rows = try await pool.withConnection { connection in
      try await connection.query(
        """
        SELECT s.digest, s.signed_in_at, s.last_used_at, s.over_tls, s.address, u.id, u.name, u.role
        FROM admin_sessions s JOIN admin_users u ON u.id = s.user_id
        WHERE s.digest = $1 AND u.disabled_at IS NULL
        """, secret.digest)
    }
    guard let session = try rows.first.map(StoredSession.init(row:)), session.life.isAlive(at: now) else { return nil }
    if session.life.isToBeNoted(at: now) {
      _ = try await pool.withConnection { connection in
        try await connection.query(
          "UPDATE admin_sessions SET last_used_at = $2 WHERE digest = $1 AND last_used_at < $2", secret.digest, now)
      }
    }
    return session
  }

  /// A user's sessions, the newest first, also such as have ended.
  public func sessions(of user: Int32) async throws -> [StoredSession] {
    try await pool.withConnection { connection in
      try await connection.query(
        """
        SELECT s.digest, s.signed_in_at, s.last_used_at, s.over_tls, s.address, u.id, u.name, u.role
        FROM admin_sessions s JOIN admin_users u ON u.id = s.user_id
        WHERE s.user_id = $1 ORDER BY s.last_used_at DESC
        """, user)
    }.map(StoredSession.init(row:))
  }

  /// Ends one session of a user, or all.
  ///
  /// - Parameter digest: the only one; `nil`: all.
  public func endSessions(of user: Int32, only digest: [UInt8]?, logged: LogEntry.Content) async throws {
    try await logging(logged) { transaction in
      try transaction.execute(
        "DELETE FROM admin_sessions WHERE user_id = $1 AND ($2::bytea IS NULL OR digest = $2)", user, digest)
    }
  }
}

extension StoredSession {
  init(row: Row) throws {
    let role = try row.string("role")
    guard let role = Role(rawValue: role) else { throw StoreError.unreadable("role \(role) is not known") }
    self.init(
      digest: try row.bytes("digest"), user: try row.int32("id"), name: try row.identifier("name"), role: role,
      life: SessionLife(signedInAt: try row.timestamp("signed_in_at"), lastUsedAt: try row.timestamp("last_used_at")),
      isOverTLS: try row.bool("over_tls"), address: try row.string("address"))
  }
}
