internal import CLibpq

/// One step of a pipeline.
enum Command {
  /// BEGIN, COMMIT or ROLLBACK, and the kind that a failure of it has.
  case control(String, PostgresError.Kind)
  case statement(EncodedStatement)
}

/// What the server will answer to, in this order.
private enum Expected {
  case control(String, PostgresError.Kind)
  case prepared(PreparedStatements.Key, name: String)
  case rows(PreparedStatements.Key)
}

extension Session {
  /// Runs statements in the current scope in one round trip: a pending BEGIN and what has to be prepared travel along.
  /// The first failure is thrown; the server has skipped what came after it.
  func query(_ statements: [EncodedStatement]) throws(PostgresError) -> [Rows] {
    _ = try idleConnection()
    let rows = try exchange(commands(for: statements))
    try checkScope()
    return rows
  }

  /// These statements, behind a BEGIN that is still to be sent.
  func commands(for statements: [EncodedStatement]) -> [Command] {
    let commands = statements.map(Command.statement)
    guard case .beginning(let begin) = scope else { return commands }
    return [.control(begin, .begin)] + commands
  }

  /// A statement must not change the transaction state: only `transaction` may end what it began.
  func checkScope() throws(PostgresError) {
    let status = PQtransactionStatus(try connection())
    let isAsItShould = scope == .inTransaction ? status == PQTRANS_INTRANS : status == PQTRANS_IDLE
    if isAsItShould { return }
    throw lose(
      PostgresError(
        .misuse, "a statement began or ended a transaction by itself; the connection was closed",
        mayHaveTakenEffect: true))
  }

  /// Sends all commands as one pipeline, and takes all answers in.
  func exchange(_ commands: [Command]) throws(PostgresError) -> [Rows] {
    let pointer = try connection()
    guard PQenterPipelineMode(pointer) == 1 else { throw lose(.statement) }
    let expected = try send(commands)
    var rows: [Rows] = []
    rows.reserveCapacity(commands.count)
    var failed: PostgresError?
    for step in expected {
      do {
        if let answer = try answer(to: step) { rows.append(answer) }
      } catch {
        if error.isConnectionLost { throw failed.map(lose) ?? error }
        failed = failed ?? error
      }
    }
    guard let sync = try nextResult(), sync.status == PGRES_PIPELINE_SYNC else {
      throw failed.map(lose) ?? lose(.statement)
    }
    guard PQexitPipelineMode(pointer) == 1 else { throw lose(.statement) }
    if let failed { throw failed }
    return rows
  }

  private func send(_ commands: [Command]) throws(PostgresError) -> [Expected] {
    let pointer = try connection()
    var expected: [Expected] = []
    var preparing: [PreparedStatements.Key: String] = [:]
    var unsent = 0
    for command in commands {
      switch command {
      case .control(let sql, let kind):
        guard PQsendQueryParams(pointer, sql, 0, nil, nil, nil, nil, 1) == 1 else { throw lose(kind, statement: sql) }
        expected.append(.control(sql, kind))
      case .statement(let statement):
        let key = PreparedStatements.Key(sql: statement.sql, oids: statement.oids)
        let name = prepared[key] ?? preparing[key] ?? prepared.newName()
        if prepared[key] == nil, preparing.updateValue(name, forKey: key) == nil {
          guard PQsendPrepare(pointer, name, statement.sql, Int32(statement.oids.count), statement.oids) == 1 else {
            throw lose(.statement, statement: statement.sql)
          }
          expected.append(.prepared(key, name: name))
        }
        guard statement.send(on: pointer, as: name) == 1 else { throw lose(.statement, statement: statement.sql) }
        expected.append(.rows(key))
        unsent += statement.byteCount + Self.messageOverhead
      }
      if unsent >= Limits.pipelineFlushBytes {
        try flush(.statement)
        unsent = 0
      }
    }
    guard PQpipelineSync(pointer) == 1 else { throw lose(.statement) }
    try flush(.statement)
    return expected
  }

  /// Bytes of Bind, Describe and Execute around a statement's parameters, roughly; it only paces the flushing.
  private static var messageOverhead: Int { 64 }

  /// Takes one command's result and the null that ends it.
  private func answer(to step: Expected) throws(PostgresError) -> Rows? {
    let (sql, kind): (String, PostgresError.Kind) =
      switch step {
      case .control(let sql, let kind): (sql, kind)
      case .prepared(let key, _), .rows(let key): (key.sql, .statement)
      }
    guard let result = try nextResult() else { throw lose(kind, statement: sql) }
    switch result.status {
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: break
    case PGRES_PIPELINE_ABORTED:
      // Skipped because of an earlier failure, which the caller has.
      _ = try nextResult()
      return nil
    case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
      throw lose(PostgresError(.misuse, "COPY is sent by copyIn only; the connection was closed", statement: sql))
    default:
      let error = failure(kind, result, statement: sql)
      if error.isConnectionLost { throw error }
      _ = try nextResult()
      forgetIfStale(step, error)
      throw error
    }
    guard try nextResult() == nil else { throw lose(kind, statement: sql) }
    return try accept(step, result)
  }

  private func accept(_ step: Expected, _ result: consuming ResultHandle) throws(PostgresError) -> Rows? {
    switch step {
    case .control(let sql, .begin):
      if case .beginning(sql) = scope { scope = .inTransaction }
      return nil
    case .prepared(let key, let name):
      prepared[key] = name
      return nil
    case .control, .rows: return Rows(result: QueryResult(result))
    }
  }

  /// "cached plan must not change result type" after a migration, or a name that is gone after DISCARD: the next use
  /// prepares the statement again. This use fails, because a transaction may already depend on what was read.
  private func forgetIfStale(_ step: Expected, _ error: PostgresError) {
    guard case .rows(let key) = step else { return }
    if error.sqlState == SQLState.featureNotSupported || error.sqlState == SQLState.invalidStatementName {
      prepared[key] = nil
    }
  }
}
