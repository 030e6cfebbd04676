@testable import Postgres

/// A second connection for use inside a transaction's body, which is synchronous.
///
/// Sendable: a test uses it from one body at a time.
final class BlockingConnection: @unchecked Sendable {
  private let session: Session

  init(_ settings: ConnectionSettings) throws {
    session = try Session(settings, for: "test", logger: Database.logger)
  }

  func run(_ sql: String) throws { try session.script(sql) }

  /// Ends a backend and waits until it is gone.
  func terminate(_ pid: Int32) throws {
    let gone = try session.query([EncodedStatement("SELECT pg_terminate_backend($1, 10000)", [pid])])
    guard try gone.only().single().bool(0) else { throw PostgresErrorInTest.backendStays }
  }
}
