public import Hummingbird

extension Response {
  /// The answer to HEAD: the head of this answer, with its length if that is known, and no body (RFC 9110 §9.3.2).
  public func withoutBody() -> Response {
    let body = ResponseBody(contentLength: body.contentLength) { writer in try await writer.finish(nil) }
    return Response(status: status, headers: headers, body: body)
  }
}
