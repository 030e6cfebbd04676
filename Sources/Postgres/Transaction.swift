/// A transaction that is open: lent to the closure of `Connection.transaction`, and not copyable, so that it cannot
/// outlive it.
public struct Transaction: ~Copyable {
  let session: Session

  /// Runs one statement. After a failure every further statement fails with SQLSTATE 25P02.
  public func query(_ statement: Statement, _ parameters: any PostgresEncodable...) throws(PostgresError) -> Rows {
    try session.query([EncodedStatement(statement, parameters)]).only()
  }

  /// Runs one statement for its effect. Returns the number of rows affected.
  @discardableResult
  public func execute(_ statement: Statement, _ parameters: any PostgresEncodable...) throws(PostgresError) -> Int {
    try session.query([EncodedStatement(statement, parameters)]).only().affected
  }

  /// Runs several statements in one round trip and returns their answers in order. The first failure is thrown, and the
  /// server skips what follows it. At most `Limits.pipelineStatements`; more throws `.encode` before any is sent.
  public func pipeline(_ build: (inout Pipeline) throws -> Void) throws -> [Rows] {
    var pipeline = Pipeline()
    try build(&pipeline)
    return pipeline.statements.isEmpty ? [] : try session.query(pipeline.statements)
  }

  /// Runs the transaction's last statements like `pipeline`, and commits in the same round trip.
  ///
  /// The server commits only if every one of them succeeded: what has to hold, a statement itself must check, and fail.
  /// After it the body only returns: a further statement is refused, and an error that it throws undoes nothing.
  /// Failures as of `pipeline`, and `.commit`, `.commitRolledBack`, `.commitOutcomeUnknown` as of
  /// `Connection.transaction`.
  public func commit(after build: (inout Pipeline) throws -> Void) throws -> [Rows] {
    var pipeline = Pipeline()
    try build(&pipeline)
    return try session.commit(after: pipeline.statements)
  }

  /// Runs `COPY … FROM STDIN (FORMAT binary)` with the rows that `rows` writes. Returns the number of rows copied.
  ///
  /// Binary COPY converts nothing: each field must be of exactly its column's type. If `rows` throws, the COPY fails,
  /// it leaves no row, and the error is thrown on. The server's own failures are `.copy`.
  public func copyIn(_ statement: Statement, rows: (inout CopyWriter) throws -> Void) throws -> Int {
    try session.beginCopy(statement.sql)
    var writer = CopyWriter(session: session, sql: statement.sql)
    do {
      try rows(&writer)
      try writer.finish()
    } catch {
      // A failure of the COPY itself has ended it already.
      if !writer.hasFailed { _ = try? session.endCopy(statement.sql, failing: "the rows could not be written") }
      throw error
    }
    return try session.endCopy(statement.sql)
  }
}

/// Collects the statements that go out together.
public struct Pipeline: ~Copyable {
  private(set) var statements: [EncodedStatement] = []

  /// Adds a statement. Throws `.encode` if a parameter cannot be sent, or if there are too many statements.
  public mutating func add(_ statement: Statement, _ parameters: any PostgresEncodable...) throws(PostgresError) {
    guard statements.count < Limits.pipelineStatements else {
      throw PostgresError(.encode, "a pipeline holds at most \(Limits.pipelineStatements) statements")
    }
    statements.append(try EncodedStatement(statement, parameters))
  }
}
