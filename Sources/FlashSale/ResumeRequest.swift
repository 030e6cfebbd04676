public import LogPositions
public import Time

/// What a person says who lets a halted partition go on.
public struct ResumeRequest: Equatable, Sendable {
  /// Why it may go on: 1 to `Limits.reasonBytes` bytes of text without control characters, and not only spaces.
  public let because: String

  /// Where to go on; `nil`: where it stopped.
  public let offset: Offset?

  /// Since when the partition has been halted that may go on; `nil`: however it is halted now.
  public var haltedAt: Timestamp?

  /// Each of them has a next one.
  private static let offsets: ClosedRange<Int64> = 0...(.max - 1)

  /// Throws `ValidationError` with the field that is wrong.
  public init(because: String, at offset: Offset? = nil, haltedAt: Timestamp? = nil) throws(ValidationError) {
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
    self.haltedAt = haltedAt
  }

  /// Reads `{"because": "…", "at": 900, "halted_at": "2026-11-11T12:00:00.25Z"}`: JSON (RFC 8259) of exactly this
  /// shape, fields in any order; `at` and `halted_at` may be left out or `null`.
  ///
  /// - Throws: `malformed` if it is no JSON; else the first field that is wrong.
  public init(parsing body: UnsafeRawBufferPointer) throws(BodyError) {
    self = try JSONReader.object(in: body) { json throws(BodyError) in try ResumeRequest(fields: &json) }
  }

  private init(fields json: inout JSONReader) throws(BodyError) {
    var fields = JSONFields(of: "a resume", ["because", "at", "halted_at"])
    var because: String?
    var offset: Offset?
    var haltedAt: Timestamp?
    while let field = try fields.next(&json) {
      switch field {
      case "because": because = try json.text(field)
      case "halted_at": if !json.takeNull() { haltedAt = try json.time(field) }
      default: if !json.takeNull() { offset = Offset(try json.wholeNumber(field, in: Self.offsets)) }
      }
    }
    let words = try fields.required(because, "because")
    do throws(ValidationError) {
      try self.init(because: words, at: offset, haltedAt: haltedAt)
    } catch {
      throw BodyError(error)
    }
  }
}
