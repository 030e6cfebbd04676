internal import HTTPTypes
public import Hummingbird
public import Logging

/// Hummingbird's router, with what HTTP asks of every path before and behind it: one spelling for each path, the server
/// as a whole, methods that a path does not take, HEAD, problems, and answers that are longer than what a client takes.
public struct RoutedResponder: HTTPResponder {
  private let router: RouterResponder<ListenerContext>

  /// Those that some path takes.
  private static let everyMethod = "GET, HEAD, POST, PATCH, DELETE, OPTIONS"

  /// - Parameter router: with all its routes, each added by `at`.
  public init(_ router: Router<ListenerContext>) {
    // Added behind all routes, it meets only what belongs to none of them.
    router.add(middleware: Unrouted())
    self.router = router.buildResponder()
  }

  public func respond(to request: Request, context: ListenerContext) async -> Response {
    var response: Response
    do {
      response = try await answer(to: request, context)
    } catch {
      response = Problem(telling: error, to: request, logger: context.logger).response()
    }
    if request.method == .head { return response.withoutBody() }
    response.body = response.body.paced(on: context.eventLoop)
    return response
  }

  private func answer(to request: Request, _ context: ListenerContext) async throws -> Response {
    // The server as a whole (RFC 9110 §9.3.7), and a proxy that this is not (§9.3.6).
    if request.uri.path == "*" { return Response(status: .noContent, headers: [.allow: Self.everyMethod]) }
    if request.method == .connect { throw Problem.methodNotAllowed(allow: Self.everyMethod) }
    guard let path = RequestPath(request.uri.path) else { throw Problem.notFound }
    var head = request.head
    head.path = request.uri.query.map { "\(path.normalForm)?\($0)" } ?? path.normalForm
    do {
      return try await router.respond(to: Request(head: head, body: request.body), context: context)
    } catch is Unrouted.NoRoute {
      // The router knows a path only together with a method, and every path takes OPTIONS.
      head.method = .options
      var context = context
      context.refusesMethod = true
      do {
        return try await router.respond(to: Request(head: head, body: request.body), context: context)
      } catch is Unrouted.NoRoute {
        throw Problem.notFound
      }
    }
  }
}

/// Tells our responder what the router would otherwise answer by itself.
private struct Unrouted: RouterMiddleware {
  struct NoRoute: Error {}

  func handle(
    _ request: Request, context: ListenerContext, next: (Request, ListenerContext) async throws -> Response
  ) async throws -> Response { throw NoRoute() }
}

extension Problem {
  /// What a caller is told of an error: itself if it is a problem. Any other is logged, and was ours.
  public init(telling error: any Error, to request: Request, logger: Logger) {
    if let problem = error as? Problem {
      self = problem
      return
    }
    logger.error(
      "a request failed", metadata: ["path": "\(request.uri.path)", "error": "\(String(reflecting: error))"])
    self = .internalError
  }
}
