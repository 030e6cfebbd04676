internal import FoundationEssentials
internal import HTTPServing
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

// The forms of an answer. No cache may keep one: each shows the present state.

extension Response {
  /// A value as JSON, formatted for people too: they call this API with curl.
  static func json(
    _ value: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
  ) throws -> Response {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let body = ResponseBody(byteBuffer: ByteBuffer(bytes: try encoder.encode(value)))
    return Response(status, type: "application/json", body: body, headers: headers)
  }

  /// Text of some type.
  static func text(_ text: String, type: String) -> Response {
    Response(.ok, type: type, body: ResponseBody(byteBuffer: ByteBuffer(string: text)), headers: [:])
  }

  /// What a browser saves under `name`, which is made of a sale's id and so needs no quoting.
  static func file(_ body: ResponseBody, type: String, name: String) -> Response {
    Response(
      .ok, type: type, body: body, headers: [.contentDisposition: "attachment; filename=\"\(name)\""])
  }

  /// A page. It may load and run nothing; its one stylesheet is allowed by its digest.
  static func page(_ page: HTML, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) -> Response {
    var headers = headers
    headers[.contentSecurityPolicy] = PageLayout.contentSecurityPolicy
    return Response(
      status, type: "text/html; charset=utf-8", body: ResponseBody(byteBuffer: ByteBuffer(string: page.text)),
      headers: headers)
  }

  /// A problem, as JSON for a program or as a page for a person.
  static func problem(_ problem: Problem, asPage: Bool) -> Response {
    if asPage { return page(ProblemPage.html(problem), status: problem.responseStatus, headers: problem.fields) }
    var response = problem.response()
    response.headers[.xContentTypeOptions] = "nosniff"
    return response
  }

  private init(_ status: HTTPResponse.Status, type: String, body: ResponseBody, headers: HTTPFields) {
    var headers = headers
    headers[.contentType] = type
    headers[.cacheControl] = "no-store"
    headers[.xContentTypeOptions] = "nosniff"
    self.init(status: status, headers: headers, body: body)
  }
}
