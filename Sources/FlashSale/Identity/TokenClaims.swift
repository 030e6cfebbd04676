internal import FoundationEssentials
internal import Time

/// The header of a token (RFC 7515 §4.1), as far as it is looked at.
struct TokenHeader {
  let algorithm: String
  let key: String?

  /// `nil` if it is no JSON object, has a field twice, or asks for extensions: "if any of the listed extension Header
  /// Parameters are not understood and supported by the recipient, then the JWS is invalid" (§4.1.11).
  init?(parsing bytes: Data) {
    let read = bytes.withUnsafeBytes { bytes in
      try? JSONReader.object(in: bytes) { json throws(BodyError) in try Self.fields(of: &json) }
    }
    guard let read, let algorithm = read.algorithm else { return nil }
    self.algorithm = algorithm
    key = read.key
  }

  private static func fields(of json: inout JSONReader) throws(BodyError) -> (algorithm: String?, key: String?) {
    var (algorithm, key): (String?, String?)
    var seen: Set<String> = []
    while let field = try json.nextField() {
      guard seen.insert(field).inserted else { throw .duplicateField(field) }
      switch field {
      case "alg": algorithm = try json.text(field)
      case "kid": key = try json.text(field)
      case "crit": throw .unknownField(field, "is not supported")
      default: try json.skipValue()
      }
    }
    return (algorithm, key)
  }
}

/// The claims of a token (RFC 7519 §4).
struct TokenClaims {
  private(set) var issuer: String?
  private(set) var subject: String?
  private(set) var audiences: Set<String> = []
  private(set) var expiry: Timestamp?
  private(set) var notBefore: Timestamp?
  private(set) var others: Set<TokenClaim> = []

  /// `nil` if they are no JSON object, have a name twice, or one of the registered ones is not of its type.
  init?(parsing bytes: Data) {
    let read = bytes.withUnsafeBytes { bytes in
      try? JSONReader.object(in: bytes) { json throws(BodyError) in
        var claims = TokenClaims()
        try claims.read(&json)
        return claims
      }
    }
    guard let read else { return nil }
    self = read
  }

  private init() {}

  private mutating func read(_ json: inout JSONReader) throws(BodyError) {
    var seen: Set<String> = []
    while let name = try json.nextField() {
      guard seen.insert(name).inserted else { throw .duplicateField(name) }
      switch name {
      case "iss": issuer = try json.text(name)
      case "sub": subject = try json.text(name)
      case "aud":
        audiences = json.isAtString ? [try json.string()] : Set(try json.texts() ?? [])
      case "exp": expiry = try json.numericDate(name)
      case "nbf": notBefore = try json.numericDate(name)
      default: try take(name, &json)
      }
    }
  }

  private mutating func take(_ name: String, _ json: inout JSONReader) throws(BodyError) {
    var values: [String] = []
    if json.isAtString {
      let text = try json.string()
      values = name == "scope" ? text.split(separator: " ").map(String.init) : [text]
    } else if json.isAtNumber {
      values = try json.number().map { ["\($0)"] } ?? []
    } else if json.take(word: "true") {
      values = ["true"]
    } else if json.take(word: "false") {
      values = ["false"]
    } else if let texts = try json.texts() {
      values = texts
    }
    for value in values { others.insert(TokenClaim(name: name, value: value)) }
  }
}

extension JSONReader {
  /// The texts of the array that begins here, without its other elements; `nil` for another value, which is passed
  /// over.
  fileprivate mutating func texts() throws(BodyError) -> [String]? {
    guard beginArray() else {
      try skipValue()
      return nil
    }
    var texts: [String] = []
    while try nextElement() {
      if isAtString { texts.append(try string()) } else { try skipValue() }
    }
    return texts
  }

  /// "A JSON numeric value representing the number of seconds from 1970-01-01T00:00:00Z UTC" (RFC 7519 §2), which can
  /// have a fraction.
  fileprivate mutating func numericDate(_ field: String) throws(BodyError) -> Timestamp {
    guard isAtNumber else { throw .invalidField(field, "must be a number of seconds") }
    let start = at
    let whole = try number()
    let seconds = whole.map(Double.init) ?? Double(String(decoding: bytes[start..<at], as: UTF8.self)) ?? .nan
    // Far more than any token means; beyond, microseconds would not fit.
    guard abs(seconds) < 1e11 else { throw .invalidField(field, "must be a time") }
    return Timestamp(microseconds: Int64(seconds * 1e6))
  }
}
