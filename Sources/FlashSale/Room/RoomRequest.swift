/// What the admin asks of a sale's waiting room: JSON of exactly one of these shapes.
public enum RoomRequest {
  /// Reads `{"rate_per_minute": 600}`.
  ///
  /// - Throws: `malformed` if it is no JSON; else the first field that is wrong.
  public static func rate(parsing body: UnsafeRawBufferPointer) throws(BodyError) -> Int32 {
    try one("rate_per_minute", in: body) { json, field throws(BodyError) in
      try json.wholeNumber(field, in: RoomRule.rates)
    }
  }

  /// Reads `{"buyer": "…"}`.
  public static func buyer(parsing body: UnsafeRawBufferPointer) throws(BodyError) -> BuyerID {
    try one("buyer", in: body) { json, field throws(BodyError) in try json.identifier(field) }
  }

  /// Reads `{"name": "…", "value": "…"}`: which beacon of the sale's rule said what, in 1 to
  /// `Limits.beaconValueBytes` bytes.
  public static func beacon(parsing body: UnsafeRawBufferPointer) throws(BodyError) -> (name: String, value: String) {
    try JSONReader.object(in: body) { json throws(BodyError) in
      var fields = JSONFields(of: "the body", ["name", "value"])
      var (name, value): (String?, String?)
      while let field = try fields.next(&json) {
        let text = try json.text(field)
        if field == "name" { name = text } else { value = text }
      }
      let said = try (name: fields.required(name, "name"), value: fields.required(value, "value"))
      guard (1...Limits.beaconValueBytes).contains(said.value.utf8.count) else {
        throw .invalidField("value", "must be 1 to \(Limits.beaconValueBytes) bytes")
      }
      return said
    }
  }

  private static func one<Value>(
    _ name: String, in body: UnsafeRawBufferPointer,
    _ read: (inout JSONReader, String) throws(BodyError) -> Value
  ) throws(BodyError) -> Value {
    try JSONReader.object(in: body) { json throws(BodyError) in
      var fields = JSONFields(of: "the body", [name])
      var value: Value?
      while let field = try fields.next(&json) { value = try read(&json, field) }
      return try fields.required(value, name)
    }
  }
}
