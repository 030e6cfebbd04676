internal import CLibpq
internal import Logging

/// Owns one `PGconn`, whether connecting worked or not: "in any case PQfinish must be called, even if the connection
/// attempt fails" (libpq, 34.1).
struct ConnectionHandle: ~Copyable {
  let pointer: OpaquePointer
  let notices: NoticeSink

  /// Connects; blocks until it worked, failed or `connect_timeout` passed. `nil` only without memory. The answer goes
  /// to `init(owning:)` at once.
  ///
  /// libpq tells the SQLSTATE of a refused connection in a verbose message only, and how verbose it is can be set on a
  /// connection that exists: so one that was refused at once is tried again. A failure that took long is a server that
  /// is silent, and has no SQLSTATE to tell.
  static func open(_ settings: ConnectionSettings) -> OpaquePointer? {
    let parameters = settings.parameters
    let start = ContinuousClock.now
    let pointer = withCStrings(parameters.map(\.keyword)) { keywords in
      withCStrings(parameters.map(\.value)) { values in PQconnectdbParams(keywords, values, 0) }
    }
    guard let pointer, PQstatus(pointer) != CONNECTION_OK, .now - start < Limits.quickRefusal,
      // Settings that libpq refuses are not tried again: it would forget its reason.
      message(of: pointer).contains(hostFailed)
    else { return pointer }
    let usual = PQsetErrorVerbosity(pointer, PQERRORS_VERBOSE)
    PQreset(pointer)
    if PQstatus(pointer) == CONNECTION_OK { _ = PQsetErrorVerbosity(pointer, usual) }
    return pointer
  }

  /// How libpq's line on a server that it tried begins.
  static let hostFailed = "connection to server"

  /// Becomes the owner of what `open` answered.
  init(owning connected: OpaquePointer, logger: Logger) {
    let sink = NoticeSink(logger: logger)
    pointer = connected
    notices = sink
    // libpq calls it on the thread that is inside a libpq call. `notices` outlives the connection, see deinit.
    _ = PQsetNoticeReceiver(
      connected,
      { sink, result in
        guard let sink, let result else { return }
        Unmanaged<NoticeSink>.fromOpaque(sink).takeUnretainedValue().received(result)
      }, Unmanaged.passUnretained(sink).toOpaque())
  }

  deinit {
    withExtendedLifetime(notices) { PQfinish(pointer) }
  }

  /// libpq's text for what went wrong last on this connection.
  var message: String { Self.message(of: pointer) }

  /// The same of a connection that has no owner yet.
  static func message(of pointer: OpaquePointer) -> String {
    String(cString: PQerrorMessage(pointer)).split(whereSeparator: \.isNewline)
      .map { $0.trimmingPrefix { $0 == "\t" } }.joined(separator: "; ")
  }
}

/// Takes the server's notices to the log, and remembers an error that ends the session: with no statement under way,
/// libpq reports even that as a notice.
final class NoticeSink {
  private let logger: Logger
  private(set) var sessionEnd: (message: String, sqlState: String?)?

  init(logger: Logger) {
    self.logger = logger
  }

  /// The result is libpq's and lives during the call only.
  func received(_ result: OpaquePointer) {
    func field(_ code: DiagnosticField) -> String? {
      PQresultErrorField(result, code.rawValue).map { String(cString: $0) }
    }
    let message = field(.message) ?? "(no text)"
    let sqlState = field(.sqlState)
    let level: Logger.Level
    switch field(.severity) {
    case "WARNING": level = .warning
    case "NOTICE": level = .notice
    case "FATAL", "PANIC":
      // Whoever uses the session learns of its end as an error of a call, and connects again.
      level = .warning
      sessionEnd = (message, sqlState)
    case "ERROR": level = .warning
    case "INFO", "LOG": level = .info
    default: level = .debug
    }
    logger.log(level: level, "PostgreSQL: \(message)", metadata: sqlState.map { ["sqlstate": "\($0)"] })
  }
}

/// Lends the strings as an array of C strings that ends with a null pointer.
private func withCStrings<Answer>(
  _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Answer
) -> Answer {
  let storage = strings.map { Array($0.utf8CString) }
  func lend(_ index: Int, _ pointers: [UnsafePointer<CChar>?]) -> Answer {
    guard index < storage.count else { return (pointers + [nil]).withUnsafeBufferPointer { body($0.baseAddress!) } }
    return storage[index].withUnsafeBufferPointer { lend(index + 1, pointers + [$0.baseAddress]) }
  }
  return lend(0, [])
}
