public import Accounts
internal import Postgres
public import Time

/// A user of the admin console as the store has her.
public struct StoredUser: Sendable {
  public let id: Int32
  public let name: UserName
  public let role: Role
  public let password: PasswordHash
  public let createdAt: Timestamp
  public let disabledAt: Timestamp?

  /// `nil`: the password is enough.
  public let codes: OneTimeCodes?

  /// The step of the last code that was used.
  public let codeStep: Int64?
  public let lockout: Lockout

  init(row: Row) throws {
    id = try row.int32("id")
    name = try row.identifier("name")
    let (role, password) = (try row.string("role"), try row.string("password"))
    guard let role = Role(rawValue: role) else { throw StoreError.unreadable("role \(role) is not known") }
    guard let password = PasswordHash(text: password) else {
      throw StoreError.unreadable("the password of \(name) is not hashed in a way that this version takes")
    }
    (self.role, self.password) = (role, password)
    createdAt = try row.timestamp("created_at")
    disabledAt = try row.optional("disabled_at")
    codes = try row.optional("code_secret", as: [UInt8].self).map(OneTimeCodes.init(secret:))
    codeStep = try row.optional("code_step")
    lockout = Lockout(
      failures: try row.int32("failures"), until: try row.optional("locked_until"),
      lastFailure: try row.optional("failed_at"))
  }
}

extension SaleStore {
  /// All users, by name.
  public func adminUsers() async throws -> [StoredUser] {
    try await pool.withConnection { connection in
      try await connection.query(
        """
        SELECT id, name, role, password, created_at, disabled_at, code_secret, code_step, failures, failed_at,
          locked_until
        FROM admin_users ORDER BY name
        """)
    }.map(StoredUser.init(row:))
  }

  /// One user, also a disabled one; `nil` if there is none of this name.
  public func adminUser(_ name: UserName) async throws -> StoredUser? {
    try await pool.withConnection { connection in
      try await connection.query(
        """
        SELECT id, name, role, password, created_at, disabled_at, code_secret, code_step, failures, failed_at,
          locked_until
        FROM admin_users WHERE name = $1
        """, name.rawValue)
    }.first.map(StoredUser.init(row:))
  }

  /// Adds a user, and logs it.
  ///
  /// - Returns: whether the name was free.
  public func addAdminUser(
    _ name: UserName, role: Role, password: PasswordHash, logged: LogEntry.Content
  ) async throws -> Bool {
    try await logging(logged) { transaction in
      try transaction.execute(
        "INSERT INTO admin_users (name, role, password) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING",
        name.rawValue, role.rawValue, password.text) == 1
    }
  }

  /// Gives a user another role. It counts with her next request: a session's rights are read with each.
  ///
  /// - Returns: whether there is such a user.
  /// - Throws: `StoreError.lastOwner`.
  public func changeAdminUser(_ name: UserName, to role: Role, logged: LogEntry.Content) async throws -> Bool {
    try await logging(logged) { transaction in
      if role != .owner { try Self.leaveAnOwner(besides: name, in: transaction) }
      return try transaction.execute("UPDATE admin_users SET role = $2 WHERE name = $1", name.rawValue, role.rawValue)
        == 1
    }
  }

  /// Lets a user in no more, or again; what she has open ends.
  ///
  /// - Returns: whether there is such a user.
  /// - Throws: `StoreError.lastOwner`.
  public func switchAdminUser(_ name: UserName, isOn: Bool, logged: LogEntry.Content) async throws -> Bool {
    try await logging(logged) { transaction in
      if !isOn { try Self.leaveAnOwner(besides: name, in: transaction) }
      try transaction.execute(
        """
        DELETE FROM admin_sessions WHERE user_id = (SELECT id FROM admin_users WHERE name = $1)
        """, name.rawValue)
      return try transaction.execute(
        """
        UPDATE admin_users SET disabled_at = CASE WHEN $2 THEN NULL ELSE coalesce(disabled_at, now()) END,
          failures = 0, locked_until = NULL
        WHERE name = $1
        """, name.rawValue, isOn) == 1
    }
  }

  /// Throws unless somebody is left who can manage users. Owners stay locked until the transaction ends, so of two who
  /// take each other's role at once, the second sees what the first has done.
  private static func leaveAnOwner(besides name: UserName, in transaction: borrowing Transaction) throws {
    let owners = try transaction.query(
      """
      SELECT name FROM admin_users WHERE role = $1 AND disabled_at IS NULL ORDER BY id FOR NO KEY UPDATE
      """, Role.owner.rawValue
    ).map { try $0.string(0) }
    if owners == [name.rawValue] { throw StoreError.lastOwner(name.rawValue) }
  }

  /// Gives a user another password, and ends all her sessions but one.
  ///
  /// - Parameter kept: the digest of the session that stays; `nil`: none.
  /// - Returns: whether there is such a user.
  public func changePassword(
    of name: UserName, to password: PasswordHash, keeping kept: [UInt8]?, logged: LogEntry.Content
  ) async throws -> Bool {
    try await logging(logged) { transaction in
      try transaction.execute(
        """
        DELETE FROM admin_sessions WHERE user_id = (SELECT id FROM admin_users WHERE name = $1)
          AND ($2::bytea IS NULL OR digest <> $2)
        """, name.rawValue, kept)
      return try transaction.execute(
        """
        UPDATE admin_users SET password = $2, password_at = now(), failures = 0, locked_until = NULL WHERE name = $1
        """, name.rawValue, password.text) == 1
    }
  }

  /// Has a user's sign-ins ask for codes, or no more.
  ///
  /// - Parameters:
  ///   - before: what they are; where somebody has changed them since, nothing is done.
  ///   - step: of the code that showed that the app has the secret.
  /// - Returns: whether it was done.
  public func changeCodes(
    of user: Int32, from before: OneTimeCodes?, to codes: OneTimeCodes?, step: Int64?, logged: LogEntry.Content
  ) async throws -> Bool {
    try await logging(logged) { transaction in
      try transaction.execute(
        "UPDATE admin_users SET code_secret = $3, code_step = $4 WHERE id = $1 AND code_secret IS NOT DISTINCT FROM $2",
        user, before?.secret, codes?.secret, step) == 1
    }
  }

  /// Notes a failed sign-in. Failures at the same time count each.
  public func noteFailure(of user: Int32, at now: Timestamp, logged: LogEntry.Content) async throws {
    try await logging(logged) { transaction in
      let row = try transaction.query(
        "SELECT failures, failed_at, locked_until FROM admin_users WHERE id = $1 FOR UPDATE", user
      ).single()
      var lockout = Lockout(
        failures: try row.int32(0), until: try row.optional(2), lastFailure: try row.optional(1))
      lockout.failed(at: now)
      try transaction.execute(
        "UPDATE admin_users SET failures = $2, failed_at = $3, locked_until = $4 WHERE id = $1", user,
        lockout.failures, now, lockout.until)
    }
  }
}
