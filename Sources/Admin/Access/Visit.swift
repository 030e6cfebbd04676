internal import Accounts
internal import FlashSale
internal import HTTPServing
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import SaleStore
internal import Vitals

/// A request of somebody who has the right to it.
struct Visit: Sendable {
  let request: Request
  let context: ListenerContext
  let who: Principal

  /// The session of a person with a browser.
  let session: AccessSecret?
  let store: SaleStore

  /// With which what goes on ends; `nil`: nothing that ends.
  var pass: AccessPass? {
    if let session { return .session(session.digest) }
    if case .token(let id) = who.kind { return .token(id) }
    return nil
  }

  /// Where it came from, as the connection has it: behind a proxy, the proxy's.
  var address: String { context.peer?.ipAddress ?? "" }

  /// The name in the admin log and in the history of orders. A holder of the shared token claims a name of their own,
  /// and nobody has checked it.
  var name: String {
    switch who.kind {
    case .user, .token: who.name
    case .machine, .local: "\(who.name) (\(claimedName ?? "admin"))"
    }
  }

  /// Who stands in an order's history.
  func actor(reason: String) throws(Problem) -> Actor {
    let claimed: String =
      switch who.kind {
      case .user, .token: who.name
      case .machine, .local: claimedName ?? "admin"
      }
    do throws(ValidationError) { return try Actor(name: claimed, reason: reason) } catch {
      guard error.field == "by" else { throw .body(.invalidField(error.field, error.reason)) }
      throw Problem(.invalidHeader, detail: "\(Self.nameField) \(error.reason).", field: Self.nameField)
    }
  }

  private var claimedName: String? { HTTPField.Name(Self.nameField).flatMap { request.headers[$0] } }

  private static let nameField = "X-Admin-Name"

  /// The caller's name for a command, by which it is known when it is sent again; `nil`: none.
  func idempotencyKey() throws(Problem) -> IdempotencyKey? {
    guard let name = HTTPField.Name(IdempotencyKey.field), let value = request.headers[name] else { return nil }
    guard request.headers[values: name].count == 1 else {
      throw .wrongKey(ValidationError(IdempotencyKey.field, "is there twice"))
    }
    do throws(ValidationError) { return try IdempotencyKey(validatingField: value) } catch { throw .wrongKey(error) }
  }

  func may(_ right: Right) -> Bool { who.rights.contains(right) }

  /// Throws what is told to who has not that right.
  func demand(_ right: Right) throws(Problem) {
    guard may(right) else { throw .rightMissing(right) }
  }

  func parameter<Value: PathParameter>(_: Value.Type = Value.self) throws(Problem) -> Value {
    try context.parameter(Value.self)
  }

  func query(_ name: Substring) -> String? {
    request.uri.queryParameters[name].flatMap { $0.isEmpty ? nil : String($0) }
  }

  /// A text that a person has typed into a form, which sends a space as `+`; `nil` without one. A `+` that `query`
  /// reads is itself, as in the offset of a time.
  func words(_ name: String) -> String? {
    guard let form = FormFields(request.uri.query ?? "") else { return nil }
    return form[name].isEmpty ? nil : form[name]
  }

  /// Whether this answer shows buyers' ids as they are. A person asks for it each time (`buyers=plain`), a program by
  /// having the right.
  func showsBuyers() throws(Problem) -> Bool {
    switch query("buyers") {
    case "masked": return false
    case "plain":
      try demand(.unmask)
      return true
    case nil:
      if case .user = who.kind { return false }
      return may(.unmask)
    default: throw .invalidParameter("buyers", "must be masked or plain")
    }
  }
}

// MARK: - The admin log

extension Visit {
  func line(
    _ action: LogAction, _ subject: String, from: String? = nil, to: String? = nil, why: String = "",
    problem: String? = nil
  ) -> LogEntry.Content {
    LogEntry.Content(
      who: name, action: action, subject: subject, from: from, to: to, why: why, problem: problem, address: address)
  }

  /// Does what is to be logged: the line is written before, so that nothing is done without one; what fails gets
  /// another line that says why.
  func logged<Answer>(
    _ action: LogAction, _ subject: String, from: String? = nil, to: String? = nil, why: String = "",
    _ work: () async throws -> Answer
  ) async throws -> Answer {
    try await write(line(action, subject, from: from, to: to, why: why))
    do {
      return try await work()
    } catch {
      let problem = (error as? Problem)?.code.name ?? (error is OutdatedEdit ? "outdated_edit" : "internal_error")
      try? await store.log(line(action, subject, from: from, to: to, why: why, problem: "\(problem)"))
      throw error
    }
  }

  private func write(_ line: LogEntry.Content) async throws {
    do {
      let isWritten: Void? = try await Patience.value(atMost: Limits.callPatience) { [store] in
        try await store.log(line)
      }
      if isWritten != nil { return }
    } catch {
      context.logger.warning("the admin log took no line", metadata: ["error": "\(String(reflecting: error))"])
    }
    throw Problem.unlogged
  }
}

extension Problem {
  fileprivate static func wrongKey(_ error: ValidationError) -> Problem {
    Problem(.invalidHeader, detail: "\(error.field) \(error.reason).", field: error.field)
  }

  /// Nothing is done without its line.
  fileprivate static let unlogged = Problem(
    .storeUnavailable, detail: "The admin log did not take the line of it, so nothing was done. Try again soon."
  ).with { $0.retryAfterMilliseconds = Limits.retryAfterMilliseconds }

  static func rightMissing(_ right: Right) -> Problem {
    Problem(.rightMissing, detail: "This needs the right \(right.rawValue). An owner can give it.")
  }
}
