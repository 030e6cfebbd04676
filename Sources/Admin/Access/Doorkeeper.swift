internal import Accounts
internal import FlashSale
internal import HTTPServing
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import SaleStore
internal import Telemetry
internal import Time

/// Finds out who asks: by a bearer token, or by the cookie of a session.
struct Doorkeeper: Sendable {
  let store: SaleStore
  let gate: OperatorGate

  /// Lets a request through that has the right. Throws what the caller is told otherwise.
  func visit(_ request: Request, _ context: ListenerContext, needs right: Right) async throws -> Visit {
    guard let found = try await principal(of: request, context) else { throw Problem.unauthenticated }
    let visit = Visit(request: request, context: context, who: found.who, session: found.session, store: store)
    try visit.demand(right)
    return visit
  }

  /// Who asks; `nil`: nobody that is known. A bearer token counts before a cookie.
  func principal(
    of request: Request, _ context: ListenerContext
  ) async throws -> (who: Principal, session: AccessSecret?)? {
    do {
      if let value = request.headers[.authorization] {
        return try await Self.bearer(value).asyncMap { try await principal(bearing: $0) }.flatMap { $0 }
          .map { ($0, nil) }
      }
      if let session = try await session(of: request) {
        let who = Principal(
          .user(session.stored.user), name: session.stored.name.rawValue, rights: session.stored.role.rights)
        return (who, session.secret)
      }
    } catch let problem as Problem {
      throw problem
    } catch {
      context.logger.warning("who asks is not known", metadata: ["error": "\(String(reflecting: error))"])
      throw Problem.storeUnavailable
    }
    return gate.isOpen ? (.local, nil) : nil
  }

  private func principal(bearing token: String) async throws -> Principal? {
    if gate.isShared(token) { return .machine }
    guard AccessSecret.isToken(token), let secret = AccessSecret(sent: token),
      let stored = try await store.token(secret, at: .now)
    else { return nil }
    return .token(stored.id, named: stored.name.rawValue, rights: stored.scopes, addedBy: stored.createdBy)
  }

  /// RFC 6750 §2.1; scheme names ignore case (RFC 9110 §11.1).
  private static func bearer(_ value: String) -> String? {
    guard let space = value.firstIndex(of: " "), value[..<space].lowercased() == "bearer" else { return nil }
    return String(value[value.index(after: space)...].drop { $0 == " " })
  }

  /// The session of the request's cookie, if it is good, and the cookie is of the kind that the session was made with.
  func session(of request: Request) async throws -> (stored: StoredSession, secret: AccessSecret)? {
    for kind in SessionCookie.Kind.allCases {
      guard let text = SessionCookie.value(kind.rawValue, in: request), let secret = AccessSecret(sent: text),
        let stored = try await store.session(secret, at: .now), stored.isOverTLS == (kind == .overTLS)
      else { continue }
      if kind == .onThisMachine, !(request.head.authority.map(gate.isLoopback) ?? false) { continue }
      return (stored, secret)
    }
    return nil
  }
}

extension Optional {
  fileprivate func asyncMap<Answer>(_ work: (Wrapped) async throws -> Answer) async rethrows -> Answer? {
    if let self { try await work(self) } else { nil }
  }
}

extension Problem {
  /// No token or session, or a wrong one.
  static let unauthenticated = Problem(
    .unauthenticated,
    detail: "Sign in at /admin/sign-in, or send a token as Authorization: Bearer TOKEN (penstock admin token add)."
  ).with { $0.challenges = ["Bearer realm=\"penstock admin\""] }
}
