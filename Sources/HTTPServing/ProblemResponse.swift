public import HTTPTypes
public import Hummingbird
internal import NIOHTTP1

extension Problem {
  /// The header fields that belong to the answer, but for those that describe its body.
  public var fields: HTTPFields {
    var fields = HTTPFields()
    if let allow { fields[.allow] = allow }
    if let retryAfterSeconds { fields[.retryAfter] = String(retryAfterSeconds) }
    if let limit {
      if let name = HTTPField.Name("RateLimit-Policy") { fields[name] = limit.policy }
      if let name = HTTPField.Name("RateLimit") { fields[name] = limit.state }
    }
    for challenge in challenges ?? [] { fields.append(HTTPField(name: .wwwAuthenticate, value: "\(challenge)")) }
    return fields
  }

  /// The status as the web framework has it.
  public var responseStatus: HTTPResponse.Status {
    HTTPResponse.Status(code: Int(status.code), reasonPhrase: status.reasonPhrase)
  }

  /// The whole answer. No cache may keep it: it shows the present state.
  public func response() -> Response {
    var fields = fields
    fields[.contentType] = "application/problem+json"
    fields[.cacheControl] = "no-store"
    return Response(status: responseStatus, headers: fields, body: ResponseBody(byteBuffer: body()))
  }
}
