public import LogPositions

/// What a person says who lets a halted partition go on.
public struct ResumeRequest: Equatable, Sendable {
  /// Why it may go on: 1 to `Limits.reasonBytes` bytes of text without control characters, and not only spaces.
  public let because: String

  /// Where to go on; `nil`: where it stopped.
  public let offset: Offset?

  /// Each of them has a next one.
  private static let offsets: ClosedRange<Int64> = 0...(.max - 1)

  /// Throws `ValidationError` with the field that is wrong.
  public init(because: String, at offset: Offset? = nil) throws(ValidationError) {
    let scalars = because.unicodeScalars
    guard (1...Limits.reasonBytes).contains(because.utf8.count),
      scalars.contains(where: { !$0.properties.isWhitespace }),
      scalars.allSatisfy({ $0.properties.generalCategory != .control })
    else {
      throw ValidationError("because", "must be 1 to \(Limits.reasonBytes) bytes of text, without control characters")
    }
    try ValidationError.refuseTurned(because, "because")
    if let offset, !Self.offsets.contains(offset.rawValue) {
      throw ValidationError("at", "must be a whole number from 0 to \(Self.offsets.upperBound)")
    }
    self.because = because
    self.offset = offset
  }

  /// Reads `{"because": "…", "at": 900}`: JSON (RFC 8259) of exactly this shape, fields in any order; `at` may be left
  /// out or `null`.
  ///
  /// - Throws: `malformed` if it is no JSON; else the first field that is wrong.
  public init(parsing body: UnsafeRawBufferPointer) throws(BodyError) {
    self = try JSONReader.object(in: body) { json throws(BodyError) in try ResumeRequest(fields: &json) }
  }

  private init(fields json: inout JSONReader) throws(BodyError) {
    var fields = JSONFields(of: "a resume", ["because", "at"])
    var because: String?
    var offset: Offset?
    while let field = try fields.next(&json) {
      switch field {
      case "because": because = try json.text(field)
      default: if !json.takeNull() { offset = Offset(try json.wholeNumber(field, in: Self.offsets)) }
      }
    }
    let words = try fields.required(because, "because")
    do throws(ValidationError) {
      try self.init(because: words, at: offset)
    } catch {
      throw BodyError(error)
    }
  }
}
