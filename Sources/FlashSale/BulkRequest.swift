/// What a bulk job does to each order that fits its search.
public enum BulkAction: String, Hashable, Sendable, CaseIterable {
  /// Cancels all of its units.
  case cancel
  /// Notes that everything that is due was paid back.
  case refund
  /// Extends its hold.
  case extend
  /// Sends the webhooks again that were given up.
  case resend
}

/// What a person says who starts a bulk job.
public struct BulkRequest: Hashable, Sendable {
  public let action: BulkAction

  /// The search, as the query of a listing: `state=reserved&sku=phone`. Empty: all orders of the sale.
  public let search: String

  /// The vector of the preview, so that the job is about the orders that were shown; `nil`: as of its start.
  public let asOf: OffsetVector?

  /// How many orders the preview counted: with another number, nothing is started. `nil`: however many.
  public let expected: Int64?

  /// Why; goes into the history of each order.
  public let because: String

  /// Reads `{"action": "cancel", "search": "state=reserved", "as_of": "…", "expected": 10000, "because": "…"}`: JSON of
  /// exactly this shape; `as_of` and `expected` may be left out or `null`.
  ///
  /// - Throws: `malformed` if it is no JSON; else the first field that is wrong.
  public init(parsing body: UnsafeRawBufferPointer) throws(BodyError) {
    self = try JSONReader.object(in: body) { json throws(BodyError) in try BulkRequest(fields: &json) }
  }

  private init(fields json: inout JSONReader) throws(BodyError) {
    var fields = JSONFields(of: "a bulk job", ["action", "search", "as_of", "expected", "because"])
    var (action, search, because): (BulkAction?, String?, String?)
    var (asOf, expected): (OffsetVector?, Int64?)
    while let field = try fields.next(&json) {
      switch field {
      case "action":
        guard let known = BulkAction(rawValue: try json.text(field)) else {
          throw .invalidField(field, "must be cancel, refund, extend or resend")
        }
        action = known
      case "search": search = try json.text(field)
      case "because": because = try ReasonRequest.checked(json.text(field))
      case "expected": if !json.takeNull() { expected = try json.wholeNumber(field, in: 0...Int64.max) }
      default:
        guard !json.takeNull() else { continue }
        guard let vector = OffsetVector(try json.text(field)) else {
          throw .invalidField(field, "must be as a preview has told it")
        }
        asOf = vector
      }
    }
    self.action = try fields.required(action, "action")
    self.search = try fields.required(search, "search")
    self.because = try fields.required(because, "because")
    (self.asOf, self.expected) = (asOf, expected)
    guard self.search.utf8.count <= Limits.bulkSearchBytes else {
      throw .invalidField("search", "must be at most \(Limits.bulkSearchBytes) bytes")
    }
  }
}

/// Why a person does something that needs a reason and nothing else.
public struct ReasonRequest: Hashable, Sendable {
  public let because: String

  /// Reads `{"because": "…"}`. Throws as `BulkRequest`.
  public init(parsing body: UnsafeRawBufferPointer) throws(BodyError) {
    because = try JSONReader.object(in: body) { json throws(BodyError) in
      var fields = JSONFields(of: "a reason", ["because"])
      var because: String?
      while let field = try fields.next(&json) { because = try Self.checked(json.text(field)) }
      return try fields.required(because, "because")
    }
  }

  /// The rule of a reason: of those that go on after a halt.
  static func checked(_ because: String) throws(BodyError) -> String {
    do throws(ValidationError) { return try ResumeRequest(because: because).because } catch {
      throw BodyError(error)
    }
  }
}
