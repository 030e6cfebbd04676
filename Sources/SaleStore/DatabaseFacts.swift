import Postgres

/// What a look at a database found.
struct DatabaseFacts: Sendable {
  let role: String
  let database: String
  /// Where tables are made and found first; `nil` if the search path names no schema that exists.
  let schema: String?
  let encoding: String
  let isStandby: Bool
  let mayCreate: Bool
  let mayEndSessions: Bool
  /// `table: privilege`, for tables that exist.
  let missingPrivileges: [String]
  /// The settings that matter, as they are in the session.
  let settings: [String: String]

  static func read(on connection: Connection) async throws -> DatabaseFacts {
    let row = try await connection.query(
      """
      SELECT current_user::text AS role, current_database()::text AS database, current_schema()::text AS schema,
        current_setting('server_encoding') AS encoding, pg_is_in_recovery() AS standby,
        coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create,
        has_function_privilege('pg_terminate_backend(integer, bigint)', 'EXECUTE') AS may_end_sessions
      """
    ).single()
    // What the statements of this module do to each table; the rest of what a table allows, nobody needs.
    let missing = try await connection.query(
      """
      SELECT name || ': ' || privilege FROM (VALUES
        ('sales', 'SELECT'), ('sales', 'INSERT'), ('sales', 'UPDATE'),
        ('stock', 'SELECT'), ('stock', 'INSERT'), ('stock', 'UPDATE'),
        ('topics', 'SELECT'), ('topics', 'INSERT'),
        ('partition_progress', 'SELECT'), ('partition_progress', 'INSERT'), ('partition_progress', 'UPDATE'),
        ('tallies', 'SELECT'), ('tallies', 'INSERT'), ('tallies', 'UPDATE'),
        ('orders', 'SELECT'), ('orders', 'INSERT'),
        ('subjects_held', 'SELECT'), ('subjects_held', 'INSERT'),
        ('sale_generations', 'SELECT'), ('sale_generations', 'INSERT'), ('sale_generations', 'UPDATE'),
        ('quarantined_records', 'SELECT'), ('quarantined_records', 'INSERT')
      ) AS needed (name, privilege)
      WHERE to_regclass(name) IS NOT NULL AND NOT has_table_privilege(to_regclass(name), privilege)
      """)
    let settings = try await connection.query(
      "SELECT name, setting FROM pg_settings WHERE name = ANY ($1::text[])", SettingRule.all.map(\.name))
    return DatabaseFacts(
      role: try row.string("role"), database: try row.string("database"),
      schema: try row.optional("schema", as: String.self), encoding: try row.string("encoding"),
      isStandby: try row.bool("standby"), mayCreate: try row.bool("may_create"),
      mayEndSessions: try row.bool("may_end_sessions"), missingPrivileges: try missing.map { try $0.string(0) },
      settings: Dictionary(
        try settings.map { (try $0.string(0), try $0.string(1)) }, uniquingKeysWith: { first, _ in first }))
  }
}

// MARK: - What follows from it

extension DatabaseFacts {
  /// Settings with which Penstock would do harm, or would not work.
  var unfitSettings: [String] { complaints(about: SettingRule.all.filter { !$0.isForWarning }) }

  /// Settings with which a crash of the server can cost what was promised.
  var unsafeSettings: [String] { complaints(about: SettingRule.all.filter(\.isForWarning)) }

  private func complaints(about rules: [SettingRule]) -> [String] {
    rules.compactMap { rule in
      // A setting that this version does not have cannot be wrong.
      guard let value = settings[rule.name], !rule.right.contains(value) else { return nil }
      return "\(rule.name) is \(value): \(rule.consequence); \(rule.remedy(role: role, database: database))"
    }
  }

  /// Why the tables cannot be made, if so.
  var missingRightToCreate: String? {
    guard let schema else {
      return "no schema of \(role)'s search_path exists in database \(database): make one, as CREATE SCHEMA penstock"
    }
    guard !mayCreate else { return nil }
    return "role \(role) may not make tables in schema \(schema): its owner has to GRANT CREATE ON SCHEMA \(schema)"
  }

  /// What the role may not do, and has to.
  var missingRights: [String] {
    var missing: [String] = []
    if !missingPrivileges.isEmpty {
      let list = missingPrivileges.joined(separator: ", ")
      missing.append("role \(role) lacks rights on tables (\(list)): their owner has to GRANT them")
    }
    if !mayEndSessions {
      missing.append(
        """
        role \(role) may not end its own sessions, which a worker that takes a partition over has to: \
        GRANT EXECUTE ON FUNCTION pg_terminate_backend(integer, bigint) TO \(role)
        """)
    }
    return missing
  }
}

/// What a setting of the session has to be.
struct SettingRule: Sendable {
  let name: String
  let right: Set<String>
  let consequence: String

  /// Whether it belongs to the server as a whole, so that one may well run with it where nothing can be lost.
  var isForWarning = false

  func remedy(role: String, database: String) -> String {
    isForWarning
      ? "set \(name) = on in postgresql.conf"
      : "ALTER ROLE \(role) RESET \(name), or ALTER DATABASE \(database), postgresql.conf or a pooler in between"
  }

  static let all = [
    SettingRule(
      name: "fsync", right: ["on"], consequence: "a crash of the server's machine can lose or spoil confirmed orders",
      isForWarning: true),
    SettingRule(
      name: "full_page_writes", right: ["on"],
      consequence: "a crash of the server's machine can spoil confirmed orders", isForWarning: true),
    // Every lane asks for "on"; "off" is the only one that does not wait for the server's own disk.
    SettingRule(
      name: "synchronous_commit", right: ["on", "remote_apply", "remote_write", "local"],
      consequence: "a crash of the server loses orders that buyers were told are confirmed"),
    SettingRule(name: "default_transaction_read_only", right: ["off"], consequence: "nothing can be written"),
    // Transactions name their level; a single statement takes the default.
    SettingRule(
      name: "default_transaction_isolation", right: ["read committed"],
      consequence: "claims and look-ups fail where two of them meet"),
    SettingRule(
      name: "session_replication_role", right: ["origin"], consequence: "the schema's foreign keys are not checked"),
  ]
}
