internal import CLibpq
internal import Glibc
internal import Logging
internal import Vitals

/// The libpq calls of one connection. Every method blocks; `Connection` calls them on a thread of its own, one at a
/// time.
///
/// (1) After the connection was lost, every call throws `.closed` and nothing reconnects: a fence held by this session
///     is gone with it.
/// (2) Outside of a method, no answer is outstanding, except between two batches of a stream.
/// (3) Outside of `Connection.transaction`, no transaction is open.
final class Session {
  enum Scope: Equatable {
    /// Each statement is a transaction of its own.
    case autocommit
    /// In a transaction whose BEGIN, here in full, travels with its first statement.
    case beginning(String)
    /// In a transaction that the server knows of.
    case inTransaction
    /// Behind the COMMIT that travelled with a transaction's last statements, and still in its body.
    case committed
    /// Rows of a stream are still to come.
    case streaming(Columns?)

    static func == (left: Scope, right: Scope) -> Bool {
      switch (left, right) {
      case (.autocommit, .autocommit), (.inTransaction, .inTransaction), (.committed, .committed): true
      case (.beginning(let left), .beginning(let right)): left == right
      case (.streaming, .streaming): true
      default: false
      }
    }
  }

  let logger: Logger
  let backendPID: Int32
  let serverVersion: Int32
  var scope = Scope.autocommit
  var prepared = PreparedStatements()
  private var handle: ConnectionHandle?
  private var end: PostgresError?
  /// What an answer that is outstanding answers to.
  var awaited = Waits.Kind.statement
  let waits: Waits
  let user: String

  /// Connects, and refuses a server that is too old.
  ///
  /// - Parameter user: on whose behalf it waits, for people.
  init(_ settings: ConnectionSettings, for user: String, logger: Logger) throws(PostgresError) {
    self.logger = logger
    self.user = user
    waits = settings.waits
    guard let pointer = waits.during(.connect, who: user, { ConnectionHandle.open(settings) }) else {
      throw PostgresError(.connect, "no memory for a connection")
    }
    handle = ConnectionHandle(owning: pointer, logger: logger)
    backendPID = PQbackendPID(pointer)
    serverVersion = PQserverVersion(pointer)
    guard PQstatus(pointer) == CONNECTION_OK else {
      throw PostgresError(refused: ConnectionHandle.message(of: pointer))
    }
    guard serverVersion >= Limits.oldestServerVersion else {
      throw PostgresError(
        .unsupportedServer, "the server's version is \(serverVersion), at least \(Limits.oldestServerVersion) is needed"
      )
    }
    // Sending never blocks inside libpq, so that answers can be taken in meanwhile; `flush` does the waiting.
    guard PQsetnonblocking(pointer, 1) == 0 else {
      throw PostgresError(.connect, ConnectionHandle.message(of: pointer))
    }
  }

  var isOpen: Bool { handle != nil }

  /// The connection to call libpq with; throws `.closed` if it is closed or was lost.
  func connection() throws(PostgresError) -> OpaquePointer {
    if let pointer = handle?.pointer { return pointer }
    throw end?.reported(as: .closed, mayHaveTakenEffect: false) ?? PostgresError(.closed, "the connection is closed")
  }

  /// Like `connection()`, but only where a statement may start.
  func idleConnection() throws(PostgresError) -> OpaquePointer {
    let pointer = try connection()
    switch scope {
    case .streaming: throw PostgresError(.misuse, "the connection is in the middle of a stream")
    case .committed: throw PostgresError(.misuse, "the transaction is committed already")
    case .autocommit, .beginning, .inTransaction: return pointer
    }
  }

  /// Closes the connection; the server rolls back what is open.
  func close() {
    handle = nil
  }

  /// Gives the connection up because of `error`, which every later call will repeat.
  func lose(_ error: PostgresError) -> PostgresError {
    // Outside of a transaction the server commits before it answers.
    let mayHaveTakenEffect = error.mayHaveTakenEffect || scope == .autocommit && error.kind == .statement
    let lost = PostgresError(
      error.kind, error.message, sqlState: error.sqlState, constraint: error.constraint, detail: error.detail,
      statement: error.statement, isConnectionLost: true, mayHaveTakenEffect: mayHaveTakenEffect)
    if end == nil { end = lost }
    handle = nil
    return lost
  }

  /// Gives the connection up with libpq's own message.
  func lose(_ kind: PostgresError.Kind, statement: String? = nil) -> PostgresError {
    lose(PostgresError(kind, handle?.message ?? "the connection is closed", statement: statement))
  }

  /// The failure that a result reports; gives the connection up if the result says that the session ended.
  func failure(_ kind: PostgresError.Kind, _ result: borrowing ResultHandle, statement: String?) -> PostgresError {
    let error = PostgresError(
      kind, result.field(.message) ?? handle?.message ?? "unexpected answer \(result.status.rawValue)",
      sqlState: result.field(.sqlState), constraint: result.field(.constraint), detail: result.field(.detail),
      statement: statement)
    // libpq answers CONNECTION_BAD for a null pointer as well.
    let isBad = PQstatus(handle?.pointer) == CONNECTION_BAD
    return isBad || result.endsSession ? lose(error) : error
  }

  /// Checks, without asking the server, whether it has ended the session meanwhile; then throws `.closed`.
  func checkAlive() throws(PostgresError) {
    let pointer = try connection()
    // Once for what came, once more for the end of file behind it; PQisBusy has the messages read parsed.
    for _ in 0..<2 where PQconsumeInput(pointer) == 0 || PQstatus(pointer) == CONNECTION_BAD {
      throw lose(.closed)
    }
    _ = PQisBusy(pointer)
    if let end = handle?.notices.sessionEnd {
      throw lose(PostgresError(.closed, end.message, sqlState: end.sqlState))
    }
  }

  /// Sends all that is queued. "Wait for the socket to become read- or write-ready. If it becomes write-ready, call
  /// PQflush again. If it becomes read-ready, call PQconsumeInput, then call PQflush again" (libpq, 34.4): otherwise
  /// a server that waits for its answers to be read, and so does not read, would never let us finish.
  func flush(_ kind: PostgresError.Kind) throws(PostgresError) {
    let pointer = try connection()
    while true {
      switch PQflush(pointer) {
      case 0: return
      case 1: break
      default: throw lose(kind)
      }
      var socket = pollfd(fd: PQsocket(pointer), events: Int16(POLLIN | POLLOUT), revents: 0)
      // An interrupted wait (EINTR) just goes round once more; an unusable socket is reported by PQflush.
      _ = waits.during(awaited, who: user) { poll(&socket, 1, -1) }
      if socket.revents & Int16(POLLIN) != 0, PQconsumeInput(pointer) == 0 { throw lose(kind) }
    }
  }

  /// The next result; `nil` at the end of a statement's. Call `flush` before: PQgetResult alone waits only to read.
  func nextResult() throws(PostgresError) -> ResultHandle? {
    let pointer = try connection()
    // "PQisBusy returns 1 if a command is busy, that is, PQgetResult would block waiting for input" (libpq, 34.4).
    let result =
      PQisBusy(pointer) == 0 ? PQgetResult(pointer) : waits.during(awaited, who: user) { PQgetResult(pointer) }
    guard let result else { return nil }
    return ResultHandle(pointer: result)
  }
}

/// Which statements the server has prepared, and under which name.
struct PreparedStatements {
  struct Key: Hashable {
    let sql: String
    let oids: [UInt32]
  }
  private var names: [Key: String] = [:]
  private var made = 0

  subscript(key: Key) -> String? {
    get { names[key] }
    set { names[key] = newValue }
  }

  /// Number of statements prepared so far, given-up ones included.
  var count: Int { made }

  /// A new name, so that a statement that is prepared again never collides with its earlier version.
  mutating func newName() -> String {
    made += 1
    return "s\(made)"
  }
}
