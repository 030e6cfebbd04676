import Foundation
public import Logging
public import Postgres
public import SaleStore

/// A database of a test's own, with the project's schema, dropped when the test is over.
///
/// The server is the one of `PENSTOCK_TEST_DATABASE_URL`, which `make test` starts; its role may create databases. A
/// database and not a schema, because NOTIFY reaches every listener of a database.
public struct TestDatabase: Sendable {
  /// Where a process of its own would connect.
  public let url: String

  /// The same, for `Connection.connect`. A busy disk can make the server take longer than a shop would wait.
  public var settings: ConnectionSettings {
    get throws {
      var settings = try ConnectionSettings(url)
      settings.connectTimeout = .seconds(30)
      return settings
    }
  }

  /// All tests of a target begin at once. With a database come a broker, connections and threads, and on two cores 74
  /// of them starve each other until deadlines pass. They also had 1,900 files open: many shells allow 1,024, and from
  /// 1,365 on Foundation's `Process` can crash (up to Swift 6.3.1, swiftlang/swift-corelibs-foundation#5472).
  private static let turns = Turns(atOnce: 8)

  /// Whether this is inside of another one's `body`, which may not wait: that one has its turn.
  @TaskLocal private static var isNested = false

  /// Waits for its turn, makes a database, runs `migrations/`, lends it to `body`, and drops it, however `body` ends.
  ///
  /// - Parameter server: another server than the tests' own.
  public static func with<Answer>(
    migrated: Bool = true, server: String? = nil, _ body: (TestDatabase) async throws -> Answer
  ) async throws -> Answer {
    if isNested { return try await make(migrated: migrated, server: server, body) }
    await turns.begin()
    let result: Result<Answer, any Error>
    do {
      result = .success(
        try await $isNested.withValue(true) { try await make(migrated: migrated, server: server, body) })
    } catch {
      result = .failure(error)
    }
    await turns.end()
    return try result.get()
  }

  private static func make<Answer>(
    migrated: Bool, server: String?, _ body: (TestDatabase) async throws -> Answer
  ) async throws -> Answer {
    let server = if let server { server } else { try serverURL() }
    let name = "test_\(UUID().uuidString.replacing("-", with: "").lowercased())"
    try await administer(server, "CREATE DATABASE \(name)")
    guard var components = URLComponents(string: server) else { throw TestSetUpError("not a URL: \(server)") }
    components.path = "/\(name)"
    let database = TestDatabase(url: components.string ?? server)
    do {
      if migrated {
        let connection = try await database.connect()
        try await Migrator(directory: projectRoot + "/migrations").run(on: connection)
        await connection.close()
      }
      let answer = try await body(database)
      // Autovacuum can be at work in there for a moment, and we may not end its process.
      let isGone = try await eventually { (try? await administer(server, "DROP DATABASE \(name) WITH (FORCE)")) != nil }
      guard isGone else { throw TestSetUpError("\(name) could not be dropped") }
      return answer
    } catch {
      try? await administer(server, "DROP DATABASE \(name) WITH (FORCE)")
      throw error
    }
  }

  /// A new connection to it.
  public func connect() async throws -> Connection {
    try await Connection.connect(settings, logger: quietLogger)
  }

  /// Runs `body` while a transaction of a session of its own has done this statement, and so holds its locks.
  public func holding<Answer>(_ statement: Statement, _ body: () async throws -> Answer) async throws -> Answer {
    let connection = try await connect()
    let (held, hold) = AsyncStream.makeStream(of: Void.self)
    let mayGoOn = DispatchSemaphore(value: 0)
    let holder = Task {
      defer { hold.finish() }
      // Blocks the thread of its own connection.
      try await connection.transaction { transaction in
        _ = try transaction.query(statement)
        hold.finish()
        mayGoOn.wait()
      }
    }
    for await _ in held {}
    let result: Result<Answer, any Error>
    do { result = .success(try await body()) } catch { result = .failure(error) }
    mayGoOn.signal()
    try await holder.value
    return try result.get()
  }

  /// A store over a small pool, lent to `body`.
  public func withStore<Answer>(_ body: (SaleStore) async throws -> Answer) async throws -> Answer {
    try await withStore(try settings, body)
  }

  /// The same, and returns when PostgreSQL has ended the store's sessions: by then its statistics have what they read.
  public func withEndedStore<Answer>(_ body: (SaleStore) async throws -> Answer) async throws -> Answer {
    let name = "ended \(UUID())"
    var settings = try settings
    settings.applicationName = name
    let answer = try await withStore(settings, body)
    let connection = try await connect()
    let haveEnded = try await eventually {
      try await connection.query(
        "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = $1)", name
      ).single().bool(0)
    }
    await connection.close()
    guard haveEnded else { throw TestSetUpError("PostgreSQL has not ended a store's sessions") }
    return answer
  }

  private func withStore<Answer>(
    _ settings: ConnectionSettings, _ body: (SaleStore) async throws -> Answer
  ) async throws -> Answer {
    let pool = Pool(settings, size: 4, waitLimit: 1_000, waitTimeout: .seconds(10), logger: quietLogger)
    do {
      let answer = try await body(SaleStore(pool: pool))
      await pool.close()
      return answer
    } catch {
      await pool.close()
      throw error
    }
  }

  private static func serverURL() throws -> String {
    guard let url = ProcessInfo.processInfo.environment["PENSTOCK_TEST_DATABASE_URL"] else {
      throw TestSetUpError("PENSTOCK_TEST_DATABASE_URL is not set: run the tests with `make test`")
    }
    return url
  }

  /// Runs a statement that names a database. `psql` does it, because `Statement` rightly takes literals only.
  private static func administer(_ server: String, _ sql: String) async throws {
    try await Tool.run("psql", ["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--command", sql, server])
  }
}

/// A test could not be set up; its text says why.
public struct TestSetUpError: Error, CustomStringConvertible {
  /// What was missing.
  public var description: String

  /// Creates an error from its text.
  public init(_ description: String) { self.description = description }
}

/// The folder with `Package.swift`.
public let projectRoot: String =
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().path

/// A logger for parts under test: what they say at `critical` only.
public let quietLogger: Logger = {
  var logger = Logger(label: "test", factory: { StreamLogHandler.standardError(label: $0) })
  logger.logLevel = .critical
  return logger
}()
