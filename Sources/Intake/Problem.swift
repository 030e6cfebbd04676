internal import FlashSale
internal import NIOCore
internal import NIOHTTP1

/// An answer that says why not: `application/problem+json` (RFC 9457) with a stable `code`.
struct Problem: Error {
  let status: HTTPResponseStatus
  /// Stable across versions; the last part of `type` too.
  let code: StaticString
  let title: StaticString
  /// For people; nothing in it that a stranger must not see.
  var detail: String?
  /// The header, query parameter or body field that is wrong.
  var field: String?
  /// When the sale opens, where that is the reason.
  var startsAt: Timestamp?
  /// The order that this is about, where it may exist.
  var order: OrderID?
  /// When to try again, in milliseconds from now.
  var retryAfterMilliseconds: Int?
  /// What `Allow` lists.
  var allow: StaticString?

  private init(_ status: HTTPResponseStatus, _ code: StaticString, _ title: StaticString) {
    self.status = status
    self.code = code
    self.title = title
  }

  /// `Retry-After` in whole seconds, rounded up.
  var retryAfterSeconds: Int? { retryAfterMilliseconds.map { ($0 + 999) / 1_000 } }

  /// Writes the body.
  func write(to json: inout JSONWriter) {
    json.field("type", prefix: "urn:penstock:problem:", code)
    json.field("title", title)
    json.field("status", status.code)
    json.field("code", code)
    if let detail { json.field("detail", detail) }
    if let field { json.field("field", field) }
    if let startsAt { json.field("starts_at", startsAt.description) }
    if let order { json.field("order_id", order) }
    if let retryAfterMilliseconds { json.field("retry_after_ms", retryAfterMilliseconds) }
  }

  /// The body, where there is no `AnswerWriter`.
  func body(allocator: ByteBufferAllocator) -> ByteBuffer {
    var json = JSONWriter(allocator.buffer(capacity: 384))
    write(to: &json)
    return json.finish()
  }

  private func with(_ change: (inout Problem) -> Void) -> Problem {
    var problem = self
    change(&problem)
    return problem
  }

  private func retriable() -> Problem {
    with { $0.retryAfterMilliseconds = Int.random(in: Limits.retryAfterMilliseconds) }
  }
}

// MARK: - The request's form

extension Problem {
  /// Bytes that are no HTTP request; the connection ends with it.
  static let malformedRequest = Problem(.badRequest, "malformed_request", "The request is not valid HTTP")

  static let headersTooLarge = Problem(
    .requestHeaderFieldsTooLarge, "headers_too_large", "The request's header fields or its target are too large")

  /// The request did not come in whole in time; the connection ends with it.
  static let requestTimeout = Problem(.requestTimeout, "request_timeout", "The request took too long to arrive")

  static let notFound = Problem(.notFound, "not_found", "There is nothing here")

  static func methodNotAllowed(allow: StaticString) -> Problem {
    Problem(.methodNotAllowed, "method_not_allowed", "The method is not allowed here").with { $0.allow = allow }
  }

  static let unsupportedMediaType = Problem(
    .unsupportedMediaType, "unsupported_media_type", "The body must be application/json"
  ).with { $0.field = "Content-Type" }

  static let bodyTooLarge = Problem(.payloadTooLarge, "body_too_large", "The body is too large").with {
    $0.detail = "An order's body has at most \(Limits.bodyBytes) bytes."
  }

  static func invalidHeader(_ name: String, _ reason: String) -> Problem {
    Problem(.badRequest, "invalid_header", "A header field is not valid").with {
      $0.field = name
      $0.detail = "\(name) \(reason)."
    }
  }

  /// The body is not the JSON of an order: 400 if it is not JSON of that shape, 422 if a value is not allowed.
  static func body(_ error: OrderRequestError) -> Problem {
    switch error {
    case .malformed(let reason):
      Problem(.badRequest, "malformed_json", "The body is not a JSON object").with {
        $0.detail = "It cannot be read: \(reason)."
      }
    case .unknownField(let name):
      Problem(.badRequest, "unknown_field", "The body has an unknown field").with {
        $0.field = String(name.prefix(64))
        $0.detail = "An order has the fields sku and quantity."
      }
    case .duplicateField(let name):
      Problem(.badRequest, "duplicate_field", "The body has a field twice").with { $0.field = name }
    case .invalidField(let name, let reason):
      Problem(.unprocessableEntity, "invalid_field", "A field is missing or not allowed").with {
        $0.field = name
        $0.detail = "\(name) \(reason)."
      }
    }
  }
}

// MARK: - Who and what

extension Problem {
  static func unauthenticated(_ reason: String) -> Problem {
    Problem(.unauthorized, "unauthenticated", "The buyer is not known").with {
      $0.field = BuyerID.field
      $0.detail = "\(BuyerID.field) \(reason)."
    }
  }

  static let saleNotFound = Problem(.notFound, "sale_not_found", "There is no such sale")

  static let unknownSKU = Problem(.notFound, "unknown_sku", "The sale has no such SKU").with { $0.field = "sku" }

  static let orderNotFound = Problem(.notFound, "order_not_found", "There is no such order of this buyer").with {
    $0.detail = "An order that is still queued is only found with its ticket."
  }

  static let badTicket = Problem(.forbidden, "bad_ticket", "The ticket is not valid for this order and buyer").with {
    $0.field = "ticket"
  }
}

// MARK: - Not now

extension Problem {
  static func notStarted(_ startsAt: Timestamp) -> Problem {
    Problem(.forbidden, "not_started", "The sale has not started").with { $0.startsAt = startsAt }
  }

  /// - Parameter order: the id that the request's key names: an earlier try of it may have gone through.
  static func ended(_ order: OrderID?) -> Problem { over("ended", "The sale has ended", .gone, order) }

  /// - Parameter order: the id that the request's key names: an earlier try of it may have gone through.
  static func soldOut(_ order: OrderID?) -> Problem { over("sold_out", "Nothing is left", .conflict, order) }

  private static func over(
    _ code: StaticString, _ title: StaticString, _ status: HTTPResponseStatus, _ order: OrderID?
  ) -> Problem {
    Problem(status, code, title).with {
      guard let order else { return }
      $0.order = order
      $0.detail = "If a request with this Idempotency-Key was sent before, its outcome is at /v1/orders/\(order)."
    }
  }

  /// Nothing was written. The same request can be sent again.
  static func busy(_ detail: String) -> Problem {
    Problem(.serviceUnavailable, "busy", "Too busy to take this now").with { $0.detail = detail }.retriable()
  }

  /// The log's answer is not known (I12).
  static func outcomeUnknown(_ order: OrderID, hasKey: Bool) -> Problem {
    Problem(.serviceUnavailable, "outcome_unknown", "Whether the order was taken is not known").with {
      $0.order = order
      $0.detail =
        hasKey
        ? "It may be taken. Sending it again with the same Idempotency-Key is safe: it stays one order."
        : "It may be taken. Look at /v1/orders/\(order) first; with an Idempotency-Key a retry would be safe."
    }.retriable()
  }

  /// The log has the order behind it and the store does not know it: something for an operator.
  static func unaccounted(_ order: OrderID) -> Problem {
    Problem(.serviceUnavailable, "outcome_unknown", "The order's outcome cannot be read now").with {
      $0.order = order
      $0.detail = "Ask again later, or send the order again with the same Idempotency-Key: it stays one order."
    }.retriable()
  }

  static let internalError = Problem(.internalServerError, "internal_error", "Something went wrong here")
}
