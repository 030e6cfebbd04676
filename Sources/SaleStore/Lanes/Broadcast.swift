public import Logging
public import Postgres

/// A worker's connection for signals: tells everyone who listens on `Signal.channel` what its lanes committed.
public struct Broadcast: Sendable {
  private let connection: Connection

  /// Connects. Throws `PostgresError` when PostgreSQL cannot be reached or refuses.
  ///
  /// - Parameter thread: the sender's own, on which its task runs too.
  public static func connect(
    _ settings: ConnectionSettings, on thread: StoreThread, logger: Logger
  ) async throws -> Broadcast {
    var settings = settings
    settings.statementTimeout = Limits.laneStatementTimeout
    // A transaction that notifies takes a number (`PreCommit_Notify` in async.c), so its commit would wait for the disk
    // like any other. What a signal tells is durable already; the signal itself need not be.
    settings.sessionParameters["synchronous_commit"] = "off"
    return Broadcast(connection: try await Connection.connect(settings, on: thread.executor, logger: logger))
  }

  /// Sends a signal, in one round trip. Losing one is harmless, so a failure may be ignored.
  public func send(_ signal: Signal, topic: String) async throws {
    _ = try await connection.query(
      "SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload", "\(Signal.channel)",
      signal.payloads(topic: topic))
  }

  /// Closes the connection. Closing twice is fine.
  public func close() async { await connection.close() }
}
