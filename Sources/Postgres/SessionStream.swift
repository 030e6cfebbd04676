internal import CLibpq

extension Session {
  /// Sends a statement whose rows are then taken one by one, so that only what was not yet taken waits in memory: the
  /// server's sending is held back by TCP.
  func beginStream(_ statement: EncodedStatement) throws(PostgresError) {
    _ = try idleConnection()
    guard scope == .autocommit else { throw PostgresError(.misuse, "a stream is not part of a transaction") }
    let name = try prepare(statement)
    let pointer = try connection()
    guard statement.send(on: pointer, as: name) == 1, PQsetSingleRowMode(pointer) == 1 else {
      throw lose(.statement, statement: statement.sql)
    }
    scope = .streaming(nil)
    try flush(.statement)
  }

  /// The next row; `nil` after the last one, when the connection is free again.
  func nextStreamRow(of sql: String) throws(PostgresError) -> Row? {
    guard case .streaming(let columns) = scope else { throw PostgresError(.misuse, "no stream is open") }
    guard let result = try nextResult() else { throw lose(.statement, statement: sql) }
    if result.status == PGRES_SINGLE_TUPLE {
      let answer = QueryResult(result, columns: columns)
      if columns == nil { scope = .streaming(answer.columns) }
      return Row(result: answer, index: 0)
    }
    switch result.status {
    case PGRES_TUPLES_OK, PGRES_COMMAND_OK:
      scope = .autocommit
      _ = try nextResult()
      try endSingleRows()
      try checkScope()
      return nil
    default:
      scope = .autocommit
      let error = failure(.statement, result, statement: sql)
      if !error.isConnectionLost {
        _ = try nextResult()
        try endSingleRows()
      }
      throw error
    }
  }

  /// Leaves single-row mode. libpq does that when a command is sent outside of a pipeline, but not for the first one
  /// inside (`PQsendQueryStart` in fe-exec.c): its rows would come one by one too. An empty query costs a round trip.
  private func endSingleRows() throws(PostgresError) {
    guard PQsendQuery(try connection(), "") == 1 else { throw lose(.statement) }
    try flush(.statement)
    while try nextResult() != nil {}
  }

  /// Gives a stream up whose reader does not want the rest. The connection is closed: the rest may be endless, and a
  /// cancel request goes beside the connection and can hit a later statement.
  func abandonStream() {
    guard case .streaming = scope else { return }
    _ = lose(PostgresError(.closed, "the connection was closed with a stream that was not read to its end"))
    scope = .autocommit
  }

  private func prepare(_ statement: EncodedStatement) throws(PostgresError) -> String {
    let key = PreparedStatements.Key(sql: statement.sql, oids: statement.oids)
    if let name = prepared[key] { return name }
    let name = prepared.newName()
    guard PQsendPrepare(try connection(), name, statement.sql, Int32(statement.oids.count), statement.oids) == 1 else {
      throw lose(.statement, statement: statement.sql)
    }
    try flush(.statement)
    guard let result = try nextResult() else { throw lose(.statement, statement: statement.sql) }
    guard result.status == PGRES_COMMAND_OK else {
      let error = failure(.statement, result, statement: statement.sql)
      if !error.isConnectionLost { _ = try nextResult() }
      throw error
    }
    _ = try nextResult()
    prepared[key] = name
    return name
  }
}
