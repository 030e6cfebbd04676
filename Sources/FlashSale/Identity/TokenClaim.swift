/// Something that a buyer's token says of its buyer, as `group` is `early-birds`.
public struct TokenClaim: Hashable, Sendable, Encodable {
  /// 1 to `Limits.claimBytes` bytes.
  public let name: String

  /// 1 to `Limits.claimBytes` bytes. A number is its digits, a truth value `true` or `false`.
  public let value: String

  init(name: String, value: String) {
    self.name = name
    self.value = value
  }

  /// Reads a sale's rule, `{"name": …, "value": …}`.
  init(json: inout JSONReader, at place: String) throws(BodyError) {
    guard json.beginObject() else { throw .invalidField(place, "must be an object") }
    var fields = JSONFields(of: "a claim", ["name", "value"], at: place)
    var (name, value): (String?, String?)
    while let field = try fields.next(&json) {
      let text = try json.text(fields[field])
      guard (1...Limits.claimBytes).contains(text.utf8.count) else {
        throw .invalidField(fields[field], "must be 1 to \(Limits.claimBytes) bytes")
      }
      if field == "name" { name = text } else { value = text }
    }
    self.init(name: try fields.required(name, "name"), value: try fields.required(value, "value"))
  }
}
