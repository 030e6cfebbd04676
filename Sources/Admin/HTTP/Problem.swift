internal import FlashSale
internal import HTTPTypes

/// An answer other than success: an RFC 9457 problem with a stable `code`. Safe to show to the caller.
struct Problem: Error {
  var status: HTTPResponse.Status

  /// For programs; never renamed.
  var code: String

  /// For people: what is wrong, and what to do.
  var detail: String

  /// The place in the request that is wrong, as `items[2].stock`.
  var field: String?

  /// Header fields that belong to the answer, such as `Allow`.
  var headers = HTTPFields()

  var title: String { status.reasonPhrase }
}

extension Problem {
  static let notFound = Problem(status: .notFound, code: "not_found", detail: "there is nothing at this path")

  static func noSale(_ id: SaleID) -> Problem {
    Problem(status: .notFound, code: "unknown_sale", detail: "there is no sale \(id)")
  }

  static func methodNotAllowed(_ allowed: [HTTPRequest.Method]) -> Problem {
    let list = allowed.map(\.rawValue).joined(separator: ", ")
    return Problem(
      status: .methodNotAllowed, code: "method_not_allowed", detail: "this path takes \(list)", headers: [.allow: list])
  }

  static let internalError = Problem(
    status: .internalServerError, code: "internal_error", detail: "something went wrong here; the log says what")

  /// The database does not answer, or not as it should.
  static let storeUnavailable = Problem(
    status: .serviceUnavailable, code: "store_unavailable", detail: "the database does not answer; try again soon",
    headers: [.retryAfter: "1"])
}

extension Problem: Encodable {
  private enum CodingKeys: String, CodingKey { case type, title, status, code, detail, field }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    // "about:blank": the problem has no more meaning than the status (RFC 9457 §4.2.1); `code` has the rest.
    try container.encode("about:blank", forKey: .type)
    try container.encode(title, forKey: .title)
    try container.encode(status.code, forKey: .status)
    try container.encode(code, forKey: .code)
    try container.encode(detail, forKey: .detail)
    try container.encodeIfPresent(field, forKey: .field)
  }
}
