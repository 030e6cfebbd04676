internal import HTTPTypes
public import Hummingbird

extension RouterMethods where Context == ListenerContext {
  /// What answers one method of a path. Throws `Problem` for what the caller is told.
  public typealias Handler = @Sendable (Request, ListenerContext) async throws -> Response

  /// Adds a path with all that it takes: HEAD goes with GET, and OPTIONS with both.
  ///
  /// A request by another method comes to OPTIONS too, through the same middleware, and hears 405 there. So middleware
  /// lets OPTIONS pass where a stranger may know what a path takes.
  @discardableResult
  public func at(
    _ path: RouterPath, get: Handler? = nil, post: Handler? = nil, patch: Handler? = nil, delete: Handler? = nil
  ) -> Self {
    var methods: [String] = []
    if let get {
      on(path, method: .get, use: get)
      // Its body is left out later, and so never made if it is made while it is sent.
      on(path, method: .head, use: get)
      methods += ["GET", "HEAD"]
    }
    if let post {
      on(path, method: .post, use: post)
      methods.append("POST")
    }
    if let patch {
      on(path, method: .patch, use: patch)
      methods.append("PATCH")
    }
    if let delete {
      on(path, method: .delete, use: delete)
      methods.append("DELETE")
    }
    let allow = (methods + ["OPTIONS"]).joined(separator: ", ")
    return on(path, method: .options) { _, context -> Response in
      if context.refusesMethod { throw Problem.methodNotAllowed(allow: allow) }
      return Response(status: .noContent, headers: [.allow: allow])
    }
  }
}
