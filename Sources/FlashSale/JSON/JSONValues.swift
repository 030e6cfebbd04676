internal import Time

// Values as the domain has them. `field` is where the value stands, in words for the sender: `items[2].stock`.

extension JSONReader {
  mutating func text(_ field: String) throws(BodyError) -> String {
    guard isAtString else { throw .invalidField(field, "must be a string") }
    return try string()
  }

  mutating func identifier<ID: Identifier>(_ field: String) throws(BodyError) -> ID {
    let text = try text(field)
    guard let value = ID(rawValue: text) else { throw .invalidField(field, ID.rule) }
    return value
  }

  /// A number without a fraction or an exponent. `1.0` and `1e3` are refused though they are whole: not every reader
  /// of JSON takes them for the same number.
  mutating func wholeNumber<Number: FixedWidthInteger>(
    _ field: String, in range: ClosedRange<Number>
  ) throws(BodyError) -> Number {
    var rule: String { "must be a whole number from \(range.lowerBound) to \(range.upperBound)" }
    guard isAtNumber else { throw .invalidField(field, rule) }
    guard let whole = try number() else {
      throw .invalidField(field, "\(rule), written without a fraction or an exponent")
    }
    guard let value = Number(exactly: whole), range.contains(value) else { throw .invalidField(field, rule) }
    return value
  }

  mutating func bool(_ field: String) throws(BodyError) -> Bool {
    if take(word: "true") { return true }
    guard take(word: "false") else { throw .invalidField(field, "must be true or false") }
    return false
  }

  mutating func time(_ field: String) throws(BodyError) -> Timestamp {
    let text = try text(field)
    do throws(RFC3339Fault) {
      return try Timestamp(validating: text)
    } catch {
      throw .invalidField(field, error.rawValue)
    }
  }
}

extension BodyError {
  /// What the domain says of a value, as said of the object at `place`, such as `items[2]`.
  init(_ error: ValidationError, at place: String = "") {
    self = .invalidField(place.isEmpty ? error.field : "\(place).\(error.field)", error.reason)
  }
}

/// The fields of one object, each known and there once.
struct JSONFields {
  /// What the object is: `an item`.
  private let owner: String
  /// Where the object stands: `items[2]`, or nothing for the whole document.
  let place: String
  private let known: [String]
  private var seen: Set<String> = []

  init(of owner: String, _ known: [String], at place: String = "") {
    self.owner = owner
    self.known = known
    self.place = place
  }

  /// Goes to the next field's value and returns the field's name; `nil` behind the object's end.
  mutating func next(_ json: inout JSONReader) throws(BodyError) -> String? {
    guard let name = try json.nextField() else { return nil }
    guard known.contains(name) else {
      throw .unknownField(self[name], "is unknown: \(owner) has the fields \(known.joined(separator: ", "))")
    }
    guard seen.insert(name).inserted else { throw .duplicateField(self[name]) }
    return name
  }

  /// Where a field of the object stands.
  subscript(_ name: String) -> String { place.isEmpty ? name : "\(place).\(name)" }

  /// A field's value, which must have been there.
  func required<Value>(_ value: Value?, _ name: String) throws(BodyError) -> Value {
    guard let value else { throw .invalidField(self[name], "is missing") }
    return value
  }
}
