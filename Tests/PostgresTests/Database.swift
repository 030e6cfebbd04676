import Foundation
import Logging
import Postgres

/// The PostgreSQL of the tests. Each test has a schema of its own there, so that tests can run at the same time.
enum Database {
  struct Missing: Error, CustomStringConvertible {
    let description = """
      PENSTOCK_TEST_DATABASE_URL is not set. It must name a PostgreSQL 15 or newer over TCP whose user may create \
      schemas and end backends, such as postgres://postgres@127.0.0.1:5432/postgres
      """
  }

  static let logger = Logger(label: "PostgresTests") { _ in SwiftLogNoOpLogHandler() }

  static var url: String {
    get throws {
      guard let url = ProcessInfo.processInfo.environment["PENSTOCK_TEST_DATABASE_URL"] else { throw Missing() }
      return url
    }
  }

  /// Runs `body` with settings whose search path is a fresh schema, which is dropped afterwards.
  static func withSchema<Answer>(_ body: (ConnectionSettings) async throws -> Answer) async throws -> Answer {
    var settings = try ConnectionSettings(url)
    let schema = "test_\(UInt64.random(in: 0...UInt64.max))"
    settings.sessionParameters = ["search_path": schema]
    settings.applicationName = schema
    let owner = try await Connection.connect(settings, logger: logger)
    _ = try await owner.query("SELECT set_config('search_path', $1, false)", schema)
    try await owner.run("DO $$ BEGIN EXECUTE format('CREATE SCHEMA %I', current_setting('search_path')); END $$")
    let answer: Answer
    do {
      answer = try await body(settings)
    } catch {
      try await owner.dropSchema()
      throw error
    }
    try await owner.dropSchema()
    return answer
  }

  /// The same with one connection, which is closed afterwards.
  static func withConnection(_ body: (Connection) async throws -> Void) async throws {
    try await withSchema { settings in
      let connection = try await Connection.connect(settings, logger: logger)
      try await body(connection)
      await connection.close()
    }
  }

  /// Ends a backend and waits until it is gone.
  static func terminate(_ pid: Int32) async throws {
    let other = try await Connection.connect(ConnectionSettings(url), logger: logger)
    let isGone = try await other.query("SELECT pg_terminate_backend($1, 10000)", pid).single().bool(0)
    await other.close()
    guard isGone else { throw PostgresErrorInTest.backendStays }
  }

  /// Waits until `condition` holds; throws after 20 s.
  static func until(_ condition: () async throws -> Bool) async throws {
    for _ in 0..<4_000 {
      if try await condition() { return }
      try await Task.sleep(for: .milliseconds(5))
    }
    throw PostgresErrorInTest.neverHappened
  }
}

enum PostgresErrorInTest: Error {
  case backendStays, neverHappened
}

/// What a body throws on purpose.
struct OnPurpose: Error, Equatable {}

extension Connection {
  func run(_ statement: Statement) throws(PostgresError) { _ = try query(statement) }

  func count(_ statement: Statement) throws(PostgresError) -> Int64 { try query(statement).single().int64(0) }

  fileprivate func dropSchema() throws(PostgresError) {
    try run("SET client_min_messages = warning")
    try run("DO $$ BEGIN EXECUTE format('DROP SCHEMA %I CASCADE', current_setting('search_path')); END $$")
    close()
  }
}

/// The `PostgresError` that `body` throws, if it throws one.
func failure(of body: () async throws -> Void) async -> PostgresError? {
  do {
    try await body()
    return nil
  } catch {
    return error as? PostgresError
  }
}
