public import NIOHTTP1

/// Why a request was refused or failed: every code of both listeners. Programs look at these; none is renamed.
///
/// The status and the title belong to the code, so a code means the same wherever it is met. `docs/openapi.yaml` has
/// the same list; a test compares the two.
public enum ProblemCode: Int, CaseIterable, Sendable {
  // The request's form.
  case malformedRequest, headersTooLarge, requestTimeout, notFound, methodNotAllowed
  case unsupportedMediaType, bodyTooLarge, invalidHeader, invalidParameter, unknownFormat
  // The body.
  case malformedJSON, unknownField, duplicateField, invalidField
  // Who and what.
  case unauthenticated, foreignOrigin, badTicket, saleNotFound, unknownSKU, orderNotFound, saleExists
  case idempotencyConflict, subjectRequired, codeRequired, codeInvalid
  case roomRequired, tokenInvalid, roomNotFound, placeNotFound
  case partitionNotFound, partitionNotHalted, offsetDecided, workerNotFound, workerIsLast, lanesFull
  case webhookNotFound, webhooksFull, secretsFull
  // The admin console.
  case rightMissing, formRefused, approvalNotFound, approvalDecided, secondPersonNeeded
  case recordNotFound, recordResolved, auditNotFound, auditRunning, jobNotFound, jobEnded, previewOutdated
  // Who is asking, and what they show.
  case invalidToken, notEligible, proofRequired, proofInvalid, verdictRequired, verdictInvalid
  // Not now.
  case notStarted, ended, soldOut, rateLimited, lineFull, backlogFull, busy, partitionHalted, outcomeUnknown
  case storeUnavailable, logUnreachable, starting, internalError
  // What was won, and what becomes of it.
  case allHeld, notDecided, orderRefused, notAllowed, tooMuch, noneLeft, paymentUsed, paymentNotFound
  case signatureInvalid

  /// What stands on the wire: the member `code`, and the last part of `type`.
  @inlinable public var name: StaticString { meaning.name }

  @inlinable public var status: HTTPResponseStatus { meaning.status }

  /// The same for each occurrence (RFC 9457 §3.1.3); `Problem.detail` is about this one.
  @inlinable public var title: StaticString { meaning.title }

  @usableFromInline
  var meaning: (status: HTTPResponseStatus, name: StaticString, title: StaticString) {
    switch self {
    case .malformedRequest: (.badRequest, "malformed_request", "The request is not valid HTTP")
    case .headersTooLarge:
      (.requestHeaderFieldsTooLarge, "headers_too_large", "The request's header fields or its target are too large")
    case .requestTimeout: (.requestTimeout, "request_timeout", "The request took too long to arrive")
    case .notFound: (.notFound, "not_found", "There is nothing here")
    case .methodNotAllowed: (.methodNotAllowed, "method_not_allowed", "The method is not allowed here")
    case .unsupportedMediaType:
      (.unsupportedMediaType, "unsupported_media_type", "The body must be application/json")
    case .bodyTooLarge: (.payloadTooLarge, "body_too_large", "The body is too large")
    case .invalidHeader: (.badRequest, "invalid_header", "A header field is not valid")
    case .invalidParameter: (.badRequest, "invalid_parameter", "A query parameter is not valid")
    case .unknownFormat: (.badRequest, "unknown_format", "There is no such format")
    case .malformedJSON: (.badRequest, "malformed_json", "The body is not a JSON object")
    case .unknownField: (.badRequest, "unknown_field", "The body has an unknown field")
    case .duplicateField: (.badRequest, "duplicate_field", "The body has a field twice")
    case .invalidField: (.unprocessableEntity, "invalid_field", "A field is missing or not allowed")
    case .unauthenticated: (.unauthorized, "unauthenticated", "Who sends the request is not known")
    case .foreignOrigin: (.forbidden, "foreign_origin", "The request may not come from there")
    case .badTicket: (.forbidden, "bad_ticket", "The ticket is not valid for this order and buyer")
    case .saleNotFound: (.notFound, "sale_not_found", "There is no such sale")
    case .unknownSKU: (.notFound, "unknown_sku", "The sale has no such SKU")
    case .orderNotFound: (.notFound, "order_not_found", "There is no such order of this buyer")
    case .saleExists: (.conflict, "sale_exists", "There is a sale of this id already")
    case .idempotencyConflict:
      (.unprocessableEntity, "idempotency_conflict", "The Idempotency-Key was used for another request")
    case .subjectRequired: (.forbidden, "subject_required", "The order lacks what the sale limits by")
    case .codeRequired: (.forbidden, "code_required", "The sale needs an access code")
    case .codeInvalid: (.forbidden, "code_invalid", "The access code is not good for this order")
    case .roomRequired: (.forbidden, "room_required", "The sale has a waiting room, and no token was shown")
    case .tokenInvalid: (.forbidden, "token_invalid", "The waiting-room token does not count")
    case .roomNotFound: (.notFound, "room_not_found", "The sale has no such waiting room")
    case .placeNotFound: (.notFound, "place_not_found", "The buyer has no place in the waiting room")
    case .partitionNotFound: (.notFound, "partition_not_found", "There is no such partition")
    case .partitionNotHalted: (.conflict, "partition_not_halted", "The partition is not halted")
    case .offsetDecided: (.conflict, "offset_decided", "Rows from this offset on are known by it")
    case .workerNotFound: (.notFound, "worker_not_found", "There is no such worker")
    case .workerIsLast: (.conflict, "worker_is_last", "No other worker is there to take its partitions")
    case .lanesFull: (.conflict, "lanes_full", "The other workers have no room for its partitions")
    case .webhookNotFound: (.notFound, "webhook_not_found", "There is no such webhook")
    case .webhooksFull: (.conflict, "webhooks_full", "There are as many webhooks as there may be")
    case .secretsFull: (.conflict, "secrets_full", "The webhook has as many secrets as it may have")
    case .rightMissing: (.forbidden, "right_missing", "Who asks has not the right to do this")
    case .formRefused: (.forbidden, "form_refused", "The form was not served to this session")
    case .approvalNotFound: (.notFound, "approval_not_found", "Nothing of this number waits for a second person")
    case .approvalDecided: (.conflict, "approval_decided", "It was decided already, or has lapsed")
    case .secondPersonNeeded: (.forbidden, "second_person_needed", "It needs another person than the one who asked")
    case .recordNotFound: (.notFound, "record_not_found", "No such record was set aside")
    case .recordResolved: (.conflict, "record_resolved", "It is decided already what becomes of the record")
    case .auditNotFound: (.notFound, "audit_not_found", "There is no such audit")
    case .auditRunning: (.conflict, "audit_running", "An audit runs already")
    case .jobNotFound: (.notFound, "job_not_found", "There is no such bulk job")
    case .jobEnded: (.conflict, "job_ended", "The bulk job has ended")
    case .previewOutdated: (.conflict, "preview_outdated", "The search finds another number of orders")
    case .invalidToken: (.unauthorized, "invalid_token", "The token is not valid")
    case .notEligible: (.forbidden, "not_eligible", "The sale is not open to this buyer")
    case .proofRequired: (.forbidden, "proof_required", "The sale asks for a proof of work")
    case .proofInvalid: (.forbidden, "proof_invalid", "The proof of work is not valid")
    case .verdictRequired: (.forbidden, "verdict_required", "The sale asks for the bot service's verdict")
    case .verdictInvalid: (.forbidden, "verdict_invalid", "The bot service's verdict is not valid")
    case .notStarted: (.forbidden, "not_started", "The sale has not started")
    case .ended: (.gone, "ended", "The sale has ended")
    case .soldOut: (.conflict, "sold_out", "Nothing is left")
    case .rateLimited: (.tooManyRequests, "rate_limited", "Too many requests")
    case .lineFull: (.serviceUnavailable, "line_full", "More are in line than can win")
    case .backlogFull: (.serviceUnavailable, "backlog_full", "As many orders of the sale wait as may")
    case .busy: (.serviceUnavailable, "busy", "Too busy to take this now")
    case .partitionHalted:
      (.serviceUnavailable, "partition_halted", "Orders for this item are suspended")
    case .outcomeUnknown: (.serviceUnavailable, "outcome_unknown", "What became of the request is not known")
    case .storeUnavailable: (.serviceUnavailable, "store_unavailable", "The database does not answer")
    case .logUnreachable: (.serviceUnavailable, "log_unreachable", "The log did not take everything")
    case .starting: (.serviceUnavailable, "starting", "The process is not ready yet")
    case .allHeld: (.conflict, "all_held", "All that is left is held for others")
    case .notDecided: (.conflict, "not_decided", "The order is not decided yet")
    case .orderRefused: (.conflict, "order_refused", "The order was refused")
    case .notAllowed: (.conflict, "not_allowed", "The order's state does not allow it")
    case .tooMuch: (.conflict, "too_much", "That is more than there is")
    case .noneLeft: (.conflict, "none_left", "The hold cannot be extended any more")
    case .paymentUsed: (.conflict, "payment_used", "The payment's id names another capture")
    case .paymentNotFound: (.notFound, "payment_not_found", "The order has no such payment")
    case .signatureInvalid: (.unauthorized, "signature_invalid", "The notice is not signed as it must be")
    case .internalError: (.internalServerError, "internal_error", "Something went wrong here")
    }
  }
}
