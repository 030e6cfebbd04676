internal import CLibpq

extension Session {
  /// Starts `COPY … FROM STDIN`. COPY is not allowed in a pipeline, so a pending BEGIN takes a round trip of its own.
  func beginCopy(_ sql: String) throws(PostgresError) {
    _ = try idleConnection()
    try beginNow()
    guard PQsendQueryParams(try connection(), sql, 0, nil, nil, nil, nil, 1) == 1 else {
      throw lose(.copy, statement: sql)
    }
    try flush(.copy)
    guard let result = try nextResult() else { throw lose(.copy, statement: sql) }
    switch result.status {
    case PGRES_COPY_IN: return
    case PGRES_COPY_OUT, PGRES_COPY_BOTH:
      throw lose(
        PostgresError(.misuse, "only COPY … FROM STDIN is supported; the connection was closed", statement: sql))
    case PGRES_FATAL_ERROR:
      let error = failure(.copy, result, statement: sql)
      if !error.isConnectionLost { _ = try nextResult() }
      throw error
    default:
      while try nextResult() != nil {}
      throw PostgresError(.misuse, "the statement is not COPY … FROM STDIN", statement: sql)
    }
  }

  /// Sends COPY data. If the server has already refused the COPY, throws its reason.
  func copy(_ bytes: UnsafeRawBufferPointer, of sql: String) throws(PostgresError) {
    let pointer = try connection()
    guard PQputCopyData(pointer, bytes.bindMemory(to: CChar.self).baseAddress, Int32(bytes.count)) == 1 else {
      throw try copyFailure(sql)
    }
    try flush(.copy)
  }

  /// Ends the COPY, with `reason` as a failure that leaves nothing. Returns the rows of the command tag.
  func endCopy(_ sql: String, failing reason: String? = nil) throws(PostgresError) -> Int {
    guard PQputCopyEnd(try connection(), reason) == 1 else { throw try copyFailure(sql) }
    try flush(.copy)
    guard let result = try nextResult() else { throw lose(.copy, statement: sql) }
    guard result.status == PGRES_COMMAND_OK else {
      let error = failure(.copy, result, statement: sql)
      if !error.isConnectionLost { try drain() }
      throw error
    }
    let rows = result.affectedRows
    try drain()
    try checkScope()
    return rows
  }

  private func copyFailure(_ sql: String) throws(PostgresError) -> PostgresError {
    guard let result = try nextResult(), result.status == PGRES_FATAL_ERROR else { return lose(.copy, statement: sql) }
    let error = failure(.copy, result, statement: sql)
    if !error.isConnectionLost { try drain() }
    return error
  }

  private func drain() throws(PostgresError) {
    while let result = try nextResult() {
      if PQstatus(try connection()) == CONNECTION_BAD { throw failure(.copy, result, statement: nil) }
    }
  }
}
