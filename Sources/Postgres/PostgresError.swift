/// What went wrong between this process and PostgreSQL.
///
/// `description` names the kind and the SQLSTATE only and is safe for a stranger; the server's message, the statement
/// and addresses are in `debugDescription`.
public struct PostgresError: Error, Sendable {
  /// What was being done when it failed.
  public enum Kind: String, Sendable {
    /// The settings cannot be read, or no connection could be made.
    case connect
    /// The server is older than `Limits.oldestServerVersion`.
    case unsupportedServer
    /// A transaction could not be started; nothing in it ran.
    case begin
    /// A statement failed.
    case statement
    /// A parameter cannot be sent: text with a NUL, or a value past a limit. Nothing was sent.
    case encode
    /// A value read is not of the type asked for, is NULL, or has no such column.
    case decode
    /// `COPY` failed; it left no row.
    case copy
    /// The server refused the commit (a deferred constraint, a serialization failure), or the connection was found dead
    /// before COMMIT was sent. Nothing of the transaction is in the database.
    case commit
    /// COMMIT was answered with ROLLBACK, because a statement of the transaction had failed and the body went on.
    case commitRolledBack
    /// COMMIT went out and its answer did not come. The transaction may be in the database or not: read to find out.
    case commitOutcomeUnknown
    /// The transaction could not be rolled back; the connection was closed instead, which ends it.
    case rollback
    /// The connection, pool or listener is closed. For a connection that was lost, `isConnectionLost` is true.
    case closed
    /// The connection is in the middle of a stream, or the statement began or ended a transaction by itself.
    case misuse
    /// As many callers as allowed are waiting for a pooled connection already.
    case poolExhausted
    /// No pooled connection came free in time.
    case timedOut
    /// The migrations on disk and in the database do not agree, or one failed.
    case migration
  }

  /// What was being done.
  public let kind: Kind
  /// The server's five-character SQLSTATE, if the failure came from it.
  public let sqlState: String?
  /// The constraint that was violated, if one was.
  public let constraint: String?
  /// The connection is gone; each further call on it fails with `.closed`.
  public let isConnectionLost: Bool
  /// The statement or transaction may have been carried out although this error was thrown.
  public let mayHaveTakenEffect: Bool

  let message: String
  let detail: String?
  let statement: String?

  init(
    _ kind: Kind, _ message: String, sqlState: String? = nil, constraint: String? = nil, detail: String? = nil,
    statement: String? = nil, isConnectionLost: Bool = false, mayHaveTakenEffect: Bool = false
  ) {
    self.kind = kind
    self.message = message
    self.sqlState = sqlState
    self.constraint = constraint
    self.detail = detail
    self.statement = statement
    self.isConnectionLost = isConnectionLost
    self.mayHaveTakenEffect = mayHaveTakenEffect
  }

  /// The same, done again (on a new connection if this one was lost), may succeed, and it is known that nothing of it
  /// was carried out.
  public var isRetriable: Bool {
    if mayHaveTakenEffect { return false }
    if isConnectionLost { return true }
    switch kind {
    case .poolExhausted, .timedOut: return true
    case .connect: return sqlState.map(Self.isTransient) ?? true
    default: return sqlState.map(Self.isTransient) ?? false
    }
  }

  /// The server will not have this role or does not have this database, and neither will change by itself: SQLSTATE
  /// class 28 (password, `pg_hba.conf`), 3D000 (no such database), 42501 (no right to connect).
  public var isRefusal: Bool {
    guard kind == .connect, let sqlState else { return false }
    return sqlState.hasPrefix("28") || sqlState == SQLState.unknownDatabase || sqlState == SQLState.noPrivilege
  }

  /// A row with this key exists already (SQLSTATE 23505); `constraint` tells which key.
  public var isUniqueViolation: Bool { sqlState == SQLState.uniqueViolation }
  /// A referenced row is missing, or still referenced (23503).
  public var isForeignKeyViolation: Bool { sqlState == SQLState.foreignKeyViolation }
  /// A CHECK does not hold (23514); `constraint` tells which.
  public var isCheckViolation: Bool { sqlState == SQLState.checkViolation }

  /// Classes and codes of PostgreSQL's appendix A that pass by themselves.
  private static func isTransient(_ state: String) -> Bool {
    switch state {
    case SQLState.serializationFailure, SQLState.deadlockDetected, SQLState.lockNotAvailable: true
    // Shut down or starting up by an administrator or a crash; not query_canceled, which is also statement_timeout.
    case "57P01", "57P02", "57P03": true
    // A protocol violation, which is also what COPY says of a field of the wrong width: it will be wrong again.
    case "08P01": false
    // Connection exceptions; insufficient resources, such as too_many_connections.
    default: state.hasPrefix("08") || state.hasPrefix("53")
    }
  }

  /// The same failure seen as another kind.
  func reported(as kind: Kind, mayHaveTakenEffect: Bool? = nil) -> PostgresError {
    PostgresError(
      kind, message, sqlState: sqlState, constraint: constraint, detail: detail, statement: statement,
      isConnectionLost: isConnectionLost, mayHaveTakenEffect: mayHaveTakenEffect ?? self.mayHaveTakenEffect)
  }
}

extension PostgresError: CustomStringConvertible, CustomDebugStringConvertible {
  /// What failed, and the SQLSTATE. Safe to show.
  public var description: String {
    "PostgreSQL: \(kind.words)" + (sqlState.map { " (SQLSTATE \($0))" } ?? "")
  }

  /// One line for the operator of this process: the server's or libpq's own words, without the statement. It has no
  /// password; it can have addresses, names and data.
  public var reason: String {
    message.split(whereSeparator: \.isNewline).joined(separator: "; ")
  }

  /// Everything known, with the server's message, the statement and perhaps data. For logs only.
  public var debugDescription: String {
    var text = "\(description): \(message)"
    if let detail { text += "; detail: \(detail)" }
    if let constraint { text += "; constraint: \(constraint)" }
    if isConnectionLost { text += "; connection lost" }
    if let statement { text += "; statement: \(statement)" }
    return text
  }
}

extension PostgresError.Kind {
  /// A clause on what failed.
  fileprivate var words: String {
    switch self {
    case .connect: "no connection could be made"
    case .unsupportedServer: "the server is too old"
    case .begin: "a transaction could not be started"
    case .statement: "a statement failed"
    case .encode: "a parameter cannot be sent"
    case .decode: "a value is not what was asked for"
    case .copy: "COPY failed"
    case .commit: "the commit was refused"
    case .commitRolledBack: "the commit was answered with a rollback"
    case .commitOutcomeUnknown: "the commit was not confirmed"
    case .rollback: "the transaction could not be rolled back"
    case .closed: "the connection is closed"
    case .misuse: "the connection was misused"
    case .poolExhausted: "too many wait for a connection of the pool"
    case .timedOut: "no connection of the pool came free in time"
    case .migration: "the migrations do not fit"
    }
  }
}

/// The SQLSTATEs that this module acts on (PostgreSQL documentation, appendix A).
enum SQLState {
  static let featureNotSupported = "0A000"
  static let unknownDatabase = "3D000"
  static let uniqueViolation = "23505"
  static let foreignKeyViolation = "23503"
  static let checkViolation = "23514"
  static let invalidStatementName = "26000"
  static let serializationFailure = "40001"
  static let deadlockDetected = "40P01"
  static let noPrivilege = "42501"
  static let lockNotAvailable = "55P03"
}
