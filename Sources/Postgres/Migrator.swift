internal import FoundationEssentials
internal import Logging
internal import Time

/// Brings a database's schema up to date: runs the files `NNNN_name.sql` of a folder in order, each once and in one
/// transaction, and remembers them in the table `schema_migrations` of the current schema.
///
/// Two at once are safe: one waits for the other. A file that was changed, removed or added before one that was
/// applied is refused with `.migration`, before anything runs. A file holds any number of statements, but no BEGIN,
/// COMMIT or what PostgreSQL allows outside of transactions only (CREATE INDEX CONCURRENTLY). Errors name the file in
/// their `debugDescription`.
public struct Migrator: Sendable {
  private let directory: String

  /// A migrator for the files in `directory`.
  public init(directory: String) {
    self.directory = directory
  }

  /// Applies the missing migrations, and returns them. The statement timeout is off meanwhile. If one fails, those
  /// before it stay, and nothing of it does.
  @discardableResult
  public func run(on connection: Connection) async throws(PostgresError) -> [Migration] {
    try await connection.migrate(directory)
  }

  /// All migrations in order, applied or not; changes nothing. Throws `.migration` like `run`.
  public func status(on connection: Connection) async throws(PostgresError) -> [Migration] {
    try await connection.migrations(directory)
  }
}

extension Connection {
  fileprivate func migrate(_ directory: String) throws(PostgresError) -> [Migration] {
    let files = try MigrationFile.load(from: directory)
    // Waiting for the lock and building an index may take long.
    try session.script("SET statement_timeout = 0")
    _ = try query("SELECT pg_advisory_lock(1347309395, hashtext(coalesce(current_schema(), '')))")
    let done: [Migration]
    do throws(PostgresError) {
      done = try applyMissing(files)
    } catch {
      // If unlocking fails, the lock lasts until the session ends; nothing worse can happen here.
      try? unlock()
      throw error
    }
    try unlock()
    return done
  }

  private func unlock() throws(PostgresError) {
    _ = try query("SELECT pg_advisory_unlock(1347309395, hashtext(coalesce(current_schema(), '')))")
    try session.script("RESET statement_timeout")
  }

  private func applyMissing(_ files: [MigrationFile]) throws(PostgresError) -> [Migration] {
    try session.script(
      """
      SET client_min_messages = warning;
      CREATE TABLE IF NOT EXISTS schema_migrations (
        version integer CONSTRAINT schema_migrations_pkey PRIMARY KEY,
        name text NOT NULL,
        sha256 bytea NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT clock_timestamp());
      RESET client_min_messages
      """)
    let plan = try MigrationPlan(files: files, hashes: try hashes(of: files), applied: try applied())
    var done: [Migration] = []
    for file in plan.pending { done.append(try apply(file)) }
    return done
  }

  private func apply(_ file: MigrationFile) throws(PostgresError) -> Migration {
    let label = "migration \(file.version) (\(file.name))"
    try session.begin(.readCommitted, readOnly: false)
    let appliedAt: Timestamp
    do throws(PostgresError) {
      try session.script(file.sql)
      try session.checkScope()
      let row = try session.query([
        EncodedStatement(
          """
          INSERT INTO schema_migrations (version, name, sha256)
          VALUES ($1, $2, sha256(convert_to($3, 'UTF8'))) RETURNING applied_at
          """, [file.version, file.name, file.sql])
      ]).only().single()
      appliedAt = try row.timestamp("applied_at")
    } catch {
      session.abandonTransaction()
      throw error.reported(as: .migration, of: label)
    }
    try session.commit()
    session.logger.info("applied \(label)")
    return Migration(version: file.version, name: file.name, appliedAt: appliedAt)
  }

  fileprivate func migrations(_ directory: String) throws(PostgresError) -> [Migration] {
    let files = try MigrationFile.load(from: directory)
    let exists = try query("SELECT to_regclass('schema_migrations') IS NOT NULL").single().bool(0)
    let applied = exists ? try applied() : []
    _ = try MigrationPlan(files: files, hashes: try hashes(of: files), applied: applied)
    return files.map { file in
      let appliedAt = applied.first { $0.version == file.version }?.appliedAt
      return Migration(version: file.version, name: file.name, appliedAt: appliedAt)
    }
  }

  private func applied() throws(PostgresError) -> [AppliedMigration] {
    var applied: [AppliedMigration] = []
    for row in try query("SELECT version, name, sha256, applied_at FROM schema_migrations ORDER BY version") {
      applied.append(
        AppliedMigration(
          version: try row.int32("version"), name: try row.string("name"), sha256: try row.bytes("sha256"),
          appliedAt: try row.timestamp("applied_at")))
    }
    return applied
  }

  /// The server computes them, so that no cryptography is needed here.
  private func hashes(of files: [MigrationFile]) throws(PostgresError) -> [[UInt8]] {
    var hashes: [[UInt8]] = []
    let rows = try query(
      """
      SELECT sha256(convert_to(sql, 'UTF8')) FROM unnest($1) WITH ORDINALITY AS file (sql, position) ORDER BY position
      """, files.map(\.sql))
    for row in rows { hashes.append(try row.bytes(0)) }
    return hashes
  }
}

extension MigrationFile {
  /// All files of a folder, in order. Throws `.migration` if the folder cannot be read, or if a `.sql` file has no
  /// number, the number of another, no UTF-8, a NUL or more than `Limits.migrationBytes`. Other files are ignored.
  static func load(from directory: String) throws(PostgresError) -> [MigrationFile] {
    func refuse(_ reason: String) -> PostgresError { PostgresError(.migration, "\(directory): \(reason)") }
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: directory)
    } catch {
      throw refuse("the folder of migrations cannot be read: \(error)")
    }
    var files: [MigrationFile] = []
    for fileName in names.sorted() where fileName.hasSuffix(".sql") {
      guard let (version, name) = parse(fileName) else { throw refuse("\(fileName) is not named like 0001_name.sql") }
      if let last = files.last, last.version == version { throw refuse("\(fileName) has the number of \(last.name)") }
      guard let data = FileManager.default.contents(atPath: directory + "/" + fileName) else {
        throw refuse("\(fileName) cannot be read")
      }
      guard data.count <= Limits.migrationBytes else {
        throw refuse("\(fileName) is larger than \(Limits.migrationBytes) bytes")
      }
      guard let sql = String(validating: data, as: UTF8.self), !sql.contains("\0") else {
        throw refuse("\(fileName) is not UTF-8 text")
      }
      files.append(MigrationFile(version: version, name: name, sql: sql))
    }
    return files
  }
}

extension PostgresError {
  /// The same failure as one of a migration, which is named.
  fileprivate func reported(as kind: Kind, of label: String) -> PostgresError {
    PostgresError(
      kind, "\(label) failed and left nothing: \(message)", sqlState: sqlState, constraint: constraint, detail: detail,
      statement: statement, isConnectionLost: isConnectionLost, mayHaveTakenEffect: mayHaveTakenEffect)
  }
}
