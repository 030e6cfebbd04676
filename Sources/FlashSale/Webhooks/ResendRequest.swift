/// Which dead letters of an endpoint are to be sent again: JSON of exactly this shape, `{"delivery": "812"}` or `{}`.
public struct ResendRequest: Hashable, Sendable {
  /// `nil`: all.
  public let delivery: Int64?

  /// Reads the JSON form.
  ///
  /// - Throws: `malformed` if it is no JSON; else the first field that is wrong.
  public init(parsing body: UnsafeRawBufferPointer) throws(BodyError) {
    delivery = try JSONReader.object(in: body) { json throws(BodyError) in
      var fields = JSONFields(of: "the body", ["delivery"])
      var delivery: Int64?
      while let field = try fields.next(&json) {
        if json.takeNull() { continue }
        guard let number = Int64(try json.text(field)), number >= 0 else {
          throw .invalidField(field, "must be a delivery's number, as a string")
        }
        delivery = number
      }
      return delivery
    }
  }
}
