internal import CLibpq
internal import Vitals

extension Session {
  /// Runs the statements of `sql`, separated by semicolons, in the simple query protocol; returns when all are done.
  /// Answers are dropped. In a transaction it fails as a whole; outside of one it is one by itself.
  func script(_ sql: String) throws(PostgresError) {
    _ = try idleConnection()
    try beginNow()
    // "PQexec … will act in blocking fashion anyhow" on a nonblocking connection (libpq, 34.4).
    let connection = try connection()
    guard let pointer = waits.during(awaited, who: user, { PQexec(connection, sql) }) else { throw lose(.statement) }
    let result = ResultHandle(pointer: pointer)
    switch result.status {
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: return
    case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
      throw lose(PostgresError(.misuse, "a script cannot COPY from or to the client; the connection was closed"))
    default: throw failure(.statement, result, statement: nil)
    }
  }

  /// Descriptor to wait on for notifications; −1 if the connection is closed.
  var socket: Int32 { PQsocket(try? connection()) }

  /// Notifications that have arrived; does not wait. Throws `.closed` if the session has ended.
  func notifications() throws(PostgresError) -> [(channel: String, payload: String)] {
    try checkAlive()
    let pointer = try connection()
    var arrived: [(channel: String, payload: String)] = []
    while let notification = PQnotifies(pointer) {
      // "You should call PQfreemem on it after use" (libpq, 34.9); the strings lie in the same block.
      defer { PQfreemem(notification) }
      arrived.append((String(cString: notification.pointee.relname), String(cString: notification.pointee.extra)))
    }
    return arrived
  }
}
