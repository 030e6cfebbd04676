internal import FoundationEssentials
public import HTTPTypes
public import Hummingbird
internal import NIOCore

// The forms of an answer to an operator. No cache may keep one: each shows the present state.

extension Response {
  /// A value as JSON, formatted for people too: they call this listener with curl.
  public static func json(
    _ value: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
  ) throws -> Response {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let body = ResponseBody(byteBuffer: ByteBuffer(bytes: try encoder.encode(value)))
    return fresh(body, type: "application/json", status: status, headers: headers)
  }

  /// Text of some type.
  public static func text(
    _ text: String, type: String, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
  ) -> Response {
    fresh(ResponseBody(byteBuffer: ByteBuffer(string: text)), type: type, status: status, headers: headers)
  }

  /// What a browser saves under `name`, which needs no quoting.
  public static func file(_ body: ResponseBody, type: String, name: String) -> Response {
    fresh(body, type: type, headers: [.contentDisposition: "attachment; filename=\"\(name)\""])
  }

  private static func fresh(
    _ body: ResponseBody, type: String, status: HTTPResponse.Status = .ok, headers: HTTPFields
  ) -> Response {
    var headers = headers
    headers[.contentType] = type
    headers[.cacheControl] = "no-store"
    return Response(status: status, headers: headers, body: body)
  }
}
