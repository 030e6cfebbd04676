internal import CLibpq
internal import Logging

/// How much a transaction sees of others that run beside it.
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

  /// Commits. A connection that is lost once COMMIT may have left is `.commitOutcomeUnknown`.
  func commit() throws(PostgresError) {
    if case .beginning = scope {
      // No statement ran, so there is nothing to commit.
      scope = .autocommit
      return
    }
    defer { scope = .autocommit }
    do {
      // A session that has ended already certainly did not commit; worth knowing before COMMIT leaves.
      try checkAlive()
    } catch {
      throw error.reported(as: .commit)
    }
    let tag: String
    do {
      let answer = try exchange([.control("COMMIT", .commit)])
      tag = answer.first?.result.handle.commandTag ?? ""
    } catch {
      guard error.isConnectionLost else { throw error }
      // Also when the server's last word was FATAL: it can be interrupted after the commit record is durable.
      throw error.reported(as: .commitOutcomeUnknown, mayHaveTakenEffect: true)
    }
    guard tag == "COMMIT" else {
      // COMMIT of a failed transaction succeeds, with the tag ROLLBACK.
      throw PostgresError(
        .commitRolledBack, "COMMIT was answered with \(tag): a statement of the transaction had failed")
    }
  }

  /// Rolls back because of an error that the caller will throw, which a failure to roll back must not hide.
  func abandonTransaction() {
    do throws(PostgresError) {
      try rollback()
    } catch {
      logger.error("a rollback failed; its connection was closed", metadata: ["error": "\(error)"])
    }
  }

  /// Rolls back. If that fails the connection is closed, which ends the transaction as well.
  func rollback() throws(PostgresError) {
    if case .beginning = scope {
      scope = .autocommit
      return
    }
    defer { scope = .autocommit }
    guard isOpen else { return }
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
