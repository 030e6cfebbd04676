public import Logging
public import Postgres
internal import Time

/// A lane's own connection to the store: claims one partition and writes its batches.
///
/// A lane has a session of its own, not one of a pool: the session's identity stands in `partition_progress`, and the
/// next owner ends it. A connection that was lost stays lost; the lane opens another and claims again.
public struct LaneStore: Sendable {
  let connection: Connection

  /// Connects. Throws `PostgresError` when PostgreSQL cannot be reached or refuses.
  ///
  /// The session uses `settings`, except where a lane's correctness or speed needs others.
  ///
  /// - Parameter thread: the lane's own, on which its task runs too.
  public static func connect(
    _ settings: ConnectionSettings, on thread: StoreThread = StoreThread(label: "lane"), logger: Logger
  ) async throws -> LaneStore {
    var settings = settings.findingByIndex()
    settings.statementTimeout = Limits.laneStatementTimeout
    settings.sessionParameters.merge([
      "lock_timeout": "\(Limits.laneLockTimeout.wholeMilliseconds)ms",
      // A confirmed order survives a crash of the server. Speed comes from batches.
      "synchronous_commit": "on",
    ]) { _, ours in ours }
    return LaneStore(connection: try await Connection.connect(settings, on: thread.executor, logger: logger))
  }

  /// Closes the connection, once a write that is running has ended. What is open is rolled back. Closing twice is fine.
  public func close() async {
    await connection.close()
  }

  /// Whether it can be used: not closed, and not noticed to be lost.
  public var isOpen: Bool {
    get async { await connection.isOpen }
  }
}
