internal import CLibpq
internal import Logging
internal import Vitals

/// What a transaction sees of concurrent ones.
public enum IsolationLevel: String, Sendable {
  /// Each statement sees what was committed before it started.
  case readCommitted = "READ COMMITTED"
  /// All statements see what was committed before the first one.
  case repeatableRead = "REPEATABLE READ"
  /// As if transactions ran one after another; may fail with a retriable error.
  case serializable = "SERIALIZABLE"
}

extension Session {
  /// Starts a transaction here; the server hears of it with the first statement.
  func begin(_ isolation: IsolationLevel, readOnly: Bool) throws(PostgresError) {
    _ = try idleConnection()
    guard scope == .autocommit else { throw PostgresError(.misuse, "a transaction is open already") }
    scope = .beginning("BEGIN ISOLATION LEVEL \(isolation.rawValue) \(readOnly ? "READ ONLY" : "READ WRITE")")
  }

  /// Tells the server now that the transaction begins, if it does not know yet.
  func beginNow() throws(PostgresError) {
    if case .beginning(let begin) = scope { _ = try exchange([.control(begin, .begin)]) }
  }

  /// Commits, unless that is done. A connection that is lost once COMMIT may have left is `.commitOutcomeUnknown`.
  func commit() throws(PostgresError) {
    switch scope {
    // No statement ran, so there is nothing to commit; or it is.
    case .beginning, .committed: scope = .autocommit
    case .autocommit, .inTransaction, .streaming:
      defer { scope = .autocommit }
      _ = try exchangeAndCommit([])
    }
  }

  /// Runs a transaction's last statements and commits, in one round trip.
  ///
  /// The failure of a statement leaves the transaction open, as `query` does: behind it the server skips everything up
  /// to the end of the pipeline, so also COMMIT ("reads and discards messages until a Sync is reached", PostgreSQL,
  /// Extended Query).
  func commit(after statements: [EncodedStatement]) throws(PostgresError) -> [Rows] {
    _ = try idleConnection()
    let answers = try exchangeAndCommit(commands(for: statements))
    scope = .committed
    return answers
  }

  /// Sends these commands and a COMMIT behind them; the answers are without the COMMIT's.
  private func exchangeAndCommit(_ commands: [Command]) throws(PostgresError) -> [Rows] {
    do {
      // A session that has ended already certainly did not commit; worth knowing before COMMIT leaves.
      try checkAlive()
    } catch {
      throw error.reported(as: .commit)
    }
    awaited = .commit
    defer { awaited = .statement }
    var answers: [Rows]
    do {
      answers = try exchange(commands + [.control("COMMIT", .commit)])
    } catch {
      guard error.isConnectionLost else { throw error }
      // Also when the server's last word was FATAL: it can be interrupted after the commit record is durable.
      throw error.reported(as: .commitOutcomeUnknown, mayHaveTakenEffect: true)
    }
    let tag = answers.popLast()?.result.handle.commandTag ?? ""
    guard tag == "COMMIT" else {
      // COMMIT of a failed transaction succeeds, with the tag ROLLBACK.
      throw PostgresError(
        .commitRolledBack, "COMMIT was answered with \(tag): a statement of the transaction had failed")
    }
    return answers
  }

  /// Rolls back because of an error that the caller will throw. A failure to roll back must not hide that error.
  func abandonTransaction() {
    do throws(PostgresError) {
      try rollback()
    } catch {
      logger.warning("a rollback failed; its connection was closed", metadata: ["error": "\(error)"])
    }
  }

  /// Rolls back. If that fails the connection is closed, which ends the transaction as well.
  func rollback() throws(PostgresError) {
    defer { scope = .autocommit }
    if case .beginning = scope { return }
    // An error behind the COMMIT that went along.
    if scope == .committed { throw PostgresError(.rollback, "the transaction is committed already") }
    // A COMMIT that was refused has ended it.
    guard isOpen, PQtransactionStatus(try connection()) != PQTRANS_IDLE else { return }
    do {
      _ = try exchange([.control("ROLLBACK", .rollback)])
    } catch {
      throw lose(error)
    }
    guard PQtransactionStatus(try connection()) == PQTRANS_IDLE else {
      throw lose(PostgresError(.rollback, "the transaction is still open after ROLLBACK"))
    }
  }
}
