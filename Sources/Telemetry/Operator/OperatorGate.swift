public import HTTPServing
public import Hummingbird

/// Who may pass to what is not for everyone, and when: an operator, once the process has what it waits for.
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
}
