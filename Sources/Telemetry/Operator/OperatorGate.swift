public import HTTPServing
internal import HTTPTypes
public import Hummingbird

/// From where one may come to what is not for everyone, and when: once the process has what it waits for. Who may do
/// what is decided behind it, by whoever adds the routes.
///
/// Everybody may ask by OPTIONS what a path takes: that is no secret, and a browser's preflight carries no token.
public struct OperatorGate: RouterMiddleware {
  let access: Access
  let health: ProcessHealth

  public func handle(
    _ request: Request, context: ListenerContext, next: (Request, ListenerContext) async throws -> Response
  ) async throws -> Response {
    if request.method != .options {
      try access.check(request.head)
      // Its schema and its log were not looked at yet, so nothing else can be answered.
      if let reason = health.waitsFor() { throw Problem.starting(reason) }
    }
    return try await next(request, context)
  }

  /// Whether no shared token is set: everyone on this machine may come in.
  public var isOpen: Bool { access.isOpen }

  /// Whether a bearer's text is the shared token.
  public func isShared(_ bearer: String) -> Bool { access.isShared(bearer) }

  /// Whether only this machine can have asked for that authority (`host:port`).
  public func isLoopback(_ authority: String) -> Bool {
    OperatorConfiguration.isLoopback(Access.host(of: authority))
  }
}
