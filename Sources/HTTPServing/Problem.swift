public import FlashSale
public import NIOCore
public import NIOHTTP1
public import Time

/// An answer that says why not: `application/problem+json` (RFC 9457) with a stable `code`. Both listeners answer with
/// this and nothing else.
public struct Problem: Error {
  public let code: ProblemCode
  /// For people; safe to show to a stranger.
  public var detail: String?
  /// The header, query parameter or body field that is wrong, such as `items[2].stock`.
  public var field: String?
  /// When the sale opens, where that is the reason.
  public var startsAt: Timestamp?
  /// When units that are held can come back at the earliest, where that is the reason.
  public var releasesAt: Timestamp?
  /// Whether the same request with `"waitlist": true` would wait for units that come back.
  public var hasWaitlist: Bool?
  /// Where the order stands that a command could not change.
  public var state: String?
  /// The order that this is about, if it may exist.
  public var order: OrderID?
  /// When to try again, in milliseconds from now.
  public var retryAfterMilliseconds: Int?
  /// The rate limit that was reached.
  public var limit: ReachedLimit?
  /// What `Allow` lists.
  public var allow: String?
  /// What `WWW-Authenticate` says, in a field for each (RFC 9110 §11.6.1).
  public var challenges: [StaticString]?

  @inlinable
  public init(_ code: ProblemCode, detail: String? = nil, field: String? = nil) {
    self.code = code
    self.detail = detail
    self.field = field
  }

  @inlinable public var status: HTTPResponseStatus { code.status }

  /// `Retry-After` in whole seconds, rounded up.
  @inlinable public var retryAfterSeconds: Int? { retryAfterMilliseconds.map { ($0 + 999) / 1_000 } }

  /// This problem, changed.
  @inlinable
  public func with(_ change: (inout Problem) -> Void) -> Problem {
    var problem = self
    change(&problem)
    return problem
  }

  /// Writes the body.
  public func write(to json: inout JSONWriter) {
    let (status, name, title) = code.meaning
    json.field("type", prefix: "urn:penstock:problem:", name)
    json.field("title", title)
    json.field("status", status.code)
    json.field("code", name)
    if let detail { json.field("detail", detail) }
    if let field { json.field("field", field) }
    if let startsAt { json.field("starts_at", startsAt.description) }
    if let releasesAt { json.field("earliest_release_at", releasesAt.description) }
    if let hasWaitlist { json.field("waitlist", hasWaitlist) }
    if let state { json.field("state", state) }
    if let order { json.field("order_id", order) }
    if let retryAfterMilliseconds { json.field("retry_after_ms", retryAfterMilliseconds) }
  }

  /// The body in a buffer of its own.
  public func body(allocator: ByteBufferAllocator = ByteBufferAllocator()) -> ByteBuffer {
    var json = JSONWriter(allocator.buffer(capacity: 384))
    write(to: &json)
    return json.finish()
  }
}

// What any route of either listener may have to say.

extension Problem {
  /// Bytes that are not an HTTP request; the connection ends with it.
  public static let malformedRequest = Problem(.malformedRequest)

  public static let headersTooLarge = Problem(.headersTooLarge)

  /// An `Expect` other than `100-continue`; the connection ends with it.
  public static let unknownExpectation = Problem(
    .invalidHeader, detail: "Expect is 100-continue, or is left out.", field: "Expect")

  /// No `Host`, several, or one that is no host; the connection ends with it.
  public static let badHost = Problem(
    .invalidHeader, detail: "A request has one Host field, with a host name or address and an optional port.",
    field: "Host")

  /// The request did not come in whole in time; the connection ends with it.
  public static let requestTimeout = Problem(.requestTimeout)

  public static let notFound = Problem(.notFound)

  public static func methodNotAllowed(allow: String) -> Problem {
    Problem(.methodNotAllowed, detail: "This path takes \(allow).").with { $0.allow = allow }
  }

  public static let unsupportedMediaType = Problem(.unsupportedMediaType, field: "Content-Type")

  /// - Parameter limit: in bytes.
  public static func bodyTooLarge(limit: Int) -> Problem {
    Problem(.bodyTooLarge, detail: "A body here has at most \(limit) bytes.")
  }

  public static func invalidParameter(_ name: String, _ reason: String) -> Problem {
    Problem(.invalidParameter, detail: "\(name) \(reason).", field: name)
  }

  /// The body is not what it should be: 400 if it is not a JSON object of that shape, 422 if a value is not allowed.
  public static func body(_ error: BodyError) -> Problem {
    switch error {
    case .malformed(let reason): Problem(.malformedJSON, detail: "It cannot be read: \(reason).")
    case .unknownField(let name, let reason): about(String(name.prefix(64)), reason, .unknownField)
    case .duplicateField(let name): about(name, "is there twice", .duplicateField)
    case .invalidField(let name, let reason): about(name, reason, .invalidField)
    }
  }

  private static func about(_ field: String, _ reason: String, _ code: ProblemCode) -> Problem {
    Problem(code, detail: "\(field) \(reason).", field: field)
  }

  public static let saleNotFound = Problem(.saleNotFound)

  public static let internalError = Problem(.internalError)
}
