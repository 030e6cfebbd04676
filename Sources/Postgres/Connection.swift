public import Logging

/// One connection to PostgreSQL.
///
/// Its statements run one after another on a thread of its own. Cancelling a task does not cancel a statement; the
/// session's `statement_timeout` ends a long one. A connection that was lost stays lost, and every call throws
/// `.closed` at once with `isConnectionLost`; there is no silent reconnect, because locks, epochs and settings would
/// not come back with it.
public actor Connection {
  /// Process id of the server's end; with `pg_stat_activity.backend_start` it identifies this session.
  public nonisolated let backendPID: Int32
  /// The server's version as a number, such as 150004.
  public nonisolated let serverVersion: Int32

  private let executor: ConnectionExecutor
  let session: Session

  /// Where the connection's code runs: a thread of its own.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  private init(_ session: sending Session, on executor: ConnectionExecutor) {
    backendPID = session.backendPID
    serverVersion = session.serverVersion
    self.executor = executor
    self.session = session
  }

  /// Connects. Throws `.connect` (after `connectTimeout` at the latest, per address tried) or `.unsupportedServer`.
  /// The server's notices go to `logger`.
  ///
  /// - Parameter executor: where its code runs; for a task that shares it, or for connections used one at a time.
  public static func connect(
    _ settings: ConnectionSettings, on executor: ConnectionExecutor = ConnectionExecutor(label: "postgres connection"),
    logger: Logger
  ) async throws(PostgresError) -> Connection {
    let opened = await executor.run { () throws(PostgresError) in
      try Session(settings, for: executor.label, logger: logger)
    }
    return Connection(try opened.get(), on: executor)
  }

  /// Whether statements can be run: it was not closed, and nobody has yet noticed that it was lost.
  public var isOpen: Bool { session.isOpen }

  /// Number of statements this connection has prepared.
  public var preparedStatementCount: Int { session.prepared.count }

  /// Runs one statement in a transaction of its own. If the connection is lost meanwhile, the error's
  /// `mayHaveTakenEffect` is true.
  public func query(_ statement: Statement, _ parameters: any PostgresEncodable...) throws(PostgresError) -> Rows {
    try query(statement, parameters: parameters)
  }

  /// Runs one statement in a transaction of its own; the parameters as an array.
  public func query(
    _ statement: Statement, parameters: [any PostgresEncodable]
  ) throws(PostgresError) -> Rows {
    try session.query([EncodedStatement(statement, parameters)]).only()
  }

  /// Runs `body` in a transaction: commits when it returns, rolls back when it throws, and then throws its error.
  ///
  /// `body` is synchronous and runs on the connection's thread: nothing else can come between BEGIN and COMMIT. BEGIN
  /// travels with the first statement, so a body that runs none costs nothing. Failures: `.begin`, whatever `body`
  /// throws, `.commit` and `.commitRolledBack` (nothing was committed), `.commitOutcomeUnknown` (perhaps it was). A
  /// rollback that fails closes the connection, which ends the transaction; it is logged, and `body`'s error is the
  /// one thrown.
  public func transaction<Answer: Sendable>(
    isolation: IsolationLevel = .readCommitted, readOnly: Bool = false,
    _ body: @Sendable (borrowing Transaction) throws -> Answer
  ) throws -> Answer {
    try session.begin(isolation, readOnly: readOnly)
    let answer: Answer
    do {
      answer = try body(Transaction(session: session))
    } catch {
      session.abandonTransaction()
      throw error
    }
    try session.commit()
    return answer
  }

  /// Closes the connection. Later calls throw `.closed`; closing twice is fine.
  public func close() {
    session.close()
  }

  /// Whether it can be lent to somebody else: open, and no stream or transaction under way.
  var isFree: Bool { session.isOpen && session.scope == .autocommit }

  /// Checks, without a round trip, whether the server has ended the session meanwhile.
  func isAlive() -> Bool {
    do throws(PostgresError) {
      try session.checkAlive()
      return true
    } catch {
      return false
    }
  }
}

extension [Rows] {
  /// The answer to the only statement sent.
  func only() throws(PostgresError) -> Rows {
    guard count == 1, let rows = first else { throw PostgresError(.statement, "\(count) answers to one statement") }
    return rows
  }
}
