internal import CLibpq
internal import Glibc
internal import Time
public import Vitals

/// Where to connect and how. Made from a URL or a conninfo string; the password in it is never shown.
public struct ConnectionSettings: Sendable {
  /// Name shown in `pg_stat_activity`. At the server's limit of 63 bytes it is cut.
  public var applicationName: String?
  /// Time for making a connection; libpq counts whole seconds, at least 2.
  public var connectTimeout: Duration = Limits.connectTimeout
  /// Time after which the server ends a statement with SQLSTATE 57014; `nil` leaves the server's own setting.
  public var statementTimeout: Duration?
  /// Further settings of the session, such as `["synchronous_commit": "on"]`, in force from its start.
  ///
  /// Statements are not compiled unless it says so here. PostgreSQL takes a statement that reads a few rows of a large
  /// table for an expensive one, and compiles it for longer than it runs.
  public var sessionParameters = ["jit": "off"]
  /// Where the connection notes what it waits for.
  public var waits = Waits()

  private var keywords: [String: String]

  /// Reads `postgres://user:password@host:port/database?…` or `host=… port=…`, as libpq does; throws `.connect` with
  /// libpq's reason. What is not given comes from libpq's `PG…` environment variables and defaults.
  public init(_ conninfo: String) throws(PostgresError) {
    var message: UnsafeMutablePointer<CChar>?
    guard let options = PQconninfoParse(conninfo, &message) else {
      defer { PQfreemem(message) }
      let reason = message.map { String(cString: $0) } ?? "out of memory"
      throw PostgresError(.connect, "the database URL cannot be read: \(reason)")
    }
    // "The returned array must be freed with PQconninfoFree"; it ends with an entry whose keyword is null.
    defer { PQconninfoFree(options) }
    keywords = [:]
    var entry = options
    while let keyword = entry.pointee.keyword {
      if let value = entry.pointee.val { keywords[String(cString: keyword)] = String(cString: value) }
      entry += 1
    }
  }

  /// Has libpq look at the settings that it reads only when it connects, such as `sslmode` and `port`. Contacts nobody.
  /// Throws `.connect` with the reason, which names the setting and has no password in it. Does not look at settings
  /// that name a service, or whose addresses come from `PGHOSTADDR`.
  public func check() throws(PostgresError) {
    for keyword in Self.numbers {
      guard let text = keywords[keyword], Int32(text) == nil else { continue }
      throw PostgresError(.connect, "invalid \(keyword) value: \"\(text)\"")
    }
    // Before it tries a host, libpq looks at the settings. A socket in a folder that does not exist is a host that
    // fails at once; any other complaint is about a setting.
    guard keywords["service"] == nil, getenv("PGSERVICE") == nil, getenv("PGHOSTADDR") == nil else { return }
    let given = keywords["hostaddr"] ?? keywords["host"] ?? getenv("PGHOST").map { String(cString: $0) } ?? ""
    let hosts = given.split(separator: ",", omittingEmptySubsequences: false)
    var nowhere = self
    nowhere.keywords["hostaddr"] = nil
    nowhere.keywords["host"] = hosts.map { _ in "/nonexistent" }.joined(separator: ",")
    guard let pointer = ConnectionHandle.open(nowhere) else { return }
    defer { PQfinish(pointer) }
    let complaint = String(cString: PQerrorMessage(pointer)).split(whereSeparator: \.isNewline)
      .first { !$0.hasPrefix("\t") && !$0.hasPrefix(ConnectionHandle.hostFailed) }
    if let complaint { throw PostgresError(.connect, String(complaint)) }
  }

  /// The settings that libpq reads as numbers, after it has found a server.
  private static let numbers = [
    "connect_timeout", "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout",
  ]

  /// Keywords and values for `PQconnectdbParams`. The URL's transport settings override our defaults.
  var parameters: [(keyword: String, value: String)] {
    var all = [
      "connect_timeout": "\(max(2, connectTimeout.components.seconds))",
      "keepalives_idle": "\(Limits.keepaliveIdle.components.seconds)",
      "keepalives_interval": "\(Limits.keepaliveInterval.components.seconds)",
      "keepalives_count": "\(Limits.keepaliveCount)",
      "tcp_user_timeout": "\(Limits.tcpUserTimeout.wholeMilliseconds)",
    ]
    all.merge(keywords) { _, given in given }
    // `String` is decoded as UTF-8, whatever the database's own encoding is.
    all["client_encoding"] = "UTF8"
    if let applicationName { all["application_name"] = applicationName }
    var session = sessionParameters
    if let statementTimeout { session["statement_timeout"] = "\(statementTimeout.wholeMilliseconds)" }
    let options = session.sorted { $0.key < $1.key }.map { "-c \($0.key)=\(Self.escaped($0.value))" }
    if !options.isEmpty {
      let given = all["options"].map { [$0] } ?? []
      all["options"] = (given + options).joined(separator: " ")
    }
    return all.map { ($0.key, $0.value) }
  }

  /// In `options`, spaces separate arguments "unless escaped with a backslash" (libpq, 34.1.2).
  private static func escaped(_ value: String) -> String {
    value.replacing("\\", with: "\\\\").replacing(" ", with: "\\ ")
  }
}

extension ConnectionSettings: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// User, host, port and database; no password.
  public var description: String {
    func part(_ keyword: String) -> String { keywords[keyword] ?? "" }
    return "postgres://\(part("user"))@\(part("host")):\(part("port"))/\(part("dbname"))"
  }
  /// The same: a password does not belong in a log either.
  public var debugDescription: String { description }
  /// The same, so that `dump` does not show it.
  public var customMirror: Mirror { Mirror(self, children: ["address": description]) }
}
