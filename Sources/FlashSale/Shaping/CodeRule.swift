public import Time

/// What a sale does with access codes. Its JSON form is `{"required": true, "before": "2026-11-11T00:00:00Z"}`.
public struct CodeRule: Hashable, Sendable {
  /// Whether an order needs a code. Without the need, one may still raise its buyer's limit.
  public var isRequired: Bool

  /// The first instant at which none is needed any more, as after a presale; `nil`: it is needed to the end.
  public var before: Timestamp?

  /// Creates a rule.
  public init(isRequired: Bool, before: Timestamp? = nil) {
    self.isRequired = isRequired
    self.before = before
  }

  /// Whether an order that is accepted at `time` needs a code.
  public func needsCode(at time: Timestamp) -> Bool { isRequired && before.map { time < $0 } ?? true }
}

extension CodeRule: Encodable {
  enum CodingKeys: String, CodingKey, CaseIterable {
    case isRequired = "required"
    case before
  }

  /// Reads the object that begins at `place`.
  init(_ json: inout JSONReader, at place: String) throws(BodyError) {
    guard json.beginObject() else { throw .invalidField(place, "must be an object") }
    var fields = JSONFields(of: "a rule for codes", CodingKeys.allCases.map(\.rawValue), at: place)
    var (isRequired, before): (Bool?, Timestamp?) = (nil, nil)
    while let field = try fields.next(&json) {
      switch CodingKeys(rawValue: field) {
      case .isRequired: isRequired = try json.bool(fields[field])
      case .before, nil: if !json.takeNull() { before = try json.time(fields[field]) }
      }
    }
    self.init(isRequired: try fields.required(isRequired, "required"), before: before)
  }
}
