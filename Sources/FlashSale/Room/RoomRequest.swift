/// What the admin asks of a sale's waiting room: JSON of exactly one of these shapes. Each can say why in `reason`, for
/// the admin log; without one it is empty.
public enum RoomRequest {
  /// Reads `{"rate_per_minute": 600, "reason": "…"}`.
  ///
  /// - Throws: `malformed` if it is no JSON; else the first field that is wrong.
  public static func rate(parsing body: UnsafeRawBufferPointer) throws(BodyError) -> (rate: Int32, reason: String) {
    let asked = try one("rate_per_minute", in: body) { json, field throws(BodyError) -> Int32 in
      try json.wholeNumber(field, in: RoomRule.rates)
    }
    return (asked.value, asked.reason)
  }

  /// Reads `{"buyer": "…", "reason": "…"}`.
  public static func buyer(parsing body: UnsafeRawBufferPointer) throws(BodyError) -> (buyer: BuyerID, reason: String) {
    let asked = try one("buyer", in: body) { json, field throws(BodyError) -> BuyerID in try json.identifier(field) }
    return (asked.value, asked.reason)
  }

  /// What a beacon of the sale's rule said.
  public struct Beacon: Sendable {
    public let name: String
    /// 1 to `Limits.beaconValueBytes` bytes.
    public let value: String
    public let reason: String
  }

  /// Reads `{"name": "…", "value": "…", "reason": "…"}`.
  public static func beacon(parsing body: UnsafeRawBufferPointer) throws(BodyError) -> Beacon {
    let said = try JSONReader.object(in: body) { json throws(BodyError) -> Beacon in
      var fields = JSONFields(of: "the body", ["name", "value", "reason"])
      var (name, value, reason): (String?, String?, String) = (nil, nil, "")
      while let field = try fields.next(&json) {
        let text = try json.text(field)
        switch field {
        case "name": name = text
        case "value": value = text
        default: reason = text
        }
      }
      return try Beacon(
        name: fields.required(name, "name"), value: fields.required(value, "value"), reason: reason)
    }
    guard (1...Limits.beaconValueBytes).contains(said.value.utf8.count) else {
      throw .invalidField("value", "must be 1 to \(Limits.beaconValueBytes) bytes")
    }
    try CommandRequest.checkGiven(said.reason)
    return said
  }

  private static func one<Value>(
    _ name: String, in body: UnsafeRawBufferPointer,
    _ read: (inout JSONReader, String) throws(BodyError) -> Value
  ) throws(BodyError) -> (value: Value, reason: String) {
    let asked = try JSONReader.object(in: body) { json throws(BodyError) -> (value: Value, reason: String) in
      var fields = JSONFields(of: "the body", [name, "reason"])
      var (value, reason): (Value?, String) = (nil, "")
      while let field = try fields.next(&json) {
        if field == "reason" { reason = try json.text(field) } else { value = try read(&json, field) }
      }
      return (value: try fields.required(value, name), reason: reason)
    }
    try CommandRequest.checkGiven(asked.reason)
    return asked
  }
}
