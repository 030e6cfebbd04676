extension PostgresError {
  /// Why no connection was made, in libpq's words, which name the host, the port and the role, and never the password.
  ///
  /// - Parameter message: libpq's, in one line. A verbose one (`PQERRORS_VERBOSE`) has the SQLSTATE of a server's
  ///   refusal and its place in PostgreSQL's source: `… failed: FATAL:  28P01: password authentication failed for user
  ///   "me"; LOCATION:  auth_failed, auth.c:326`. Several hosts have a refusal each; the last one counts.
  init(refused message: String) {
    // A state that can be met here begins with a digit; words of five capitals do not.
    let state = #/:  ([0-9][0-9A-Z]{4}): /#
    let words = message.split(separator: "; ").filter { !$0.hasPrefix("LOCATION:") }.joined(separator: "; ")
    self.init(
      .connect, words.replacing(state) { _ in ":  " }, sqlState: message.matches(of: state).last.map { String($0.1) },
      isConnectionLost: true)
  }
}
