/// The keys of an identity provider: those whose tokens are believed.
public struct TokenKeys: Sendable {
  private let keys: [TokenKey]

  /// Reads a JWK Set (RFC 7517 §5), or one public key in PEM.
  ///
  /// - Throws: `ValidationError` where this is neither, or is cut off, or has no key that can be used here, or more
  ///   than `Limits.tokenKeys`.
  public init(parsing bytes: [UInt8]) throws(ValidationError) {
    let text = String(decoding: bytes, as: UTF8.self)
    if text.hasPrefix("-----BEGIN ") {
      guard let key = TokenKey(pem: text) else {
        throw ValidationError("keys", "this is no public key in PEM of P-256, Ed25519, or RSA with 2048 bits or more")
      }
      keys = [key]
      return
    }
    do throws(BodyError) {
      keys = try Self.keys(in: bytes).get()
    } catch {
      switch error {
      case .malformed(let why): throw ValidationError("keys", "this is no JWK Set and no PEM: \(why)")
      case .unknownField(let field, let why), .invalidField(let field, let why): throw ValidationError(field, why)
      case .duplicateField(let field): throw ValidationError(field, "is there twice")
      }
    }
    guard !keys.isEmpty else {
      throw ValidationError("keys", "there is no key for HS256, ES256, RS256 or EdDSA in the set")
    }
  }

  /// The key that a token must be signed with; `nil`: it is not known, or the token leaves open which of several.
  func key(named id: String?, algorithm: String) -> TokenKey? {
    let fitting = keys.filter { $0.algorithm == algorithm }
    if let id, let named = fitting.first(where: { $0.id == id }) { return named }
    let candidates = id == nil ? fitting : fitting.filter { $0.id == nil }
    return candidates.count == 1 ? candidates.first : nil
  }

  private static func keys(in bytes: [UInt8]) -> Result<[TokenKey], BodyError> {
    bytes.withUnsafeBytes { bytes in
      do throws(BodyError) {
        return .success(try JSONReader.object(in: bytes) { json throws(BodyError) in try keys(of: &json) })
      } catch {
        return .failure(error)
      }
    }
  }

  private static func keys(of json: inout JSONReader) throws(BodyError) -> [TokenKey] {
    var keys: [TokenKey] = []
    var isThere = false
    while let field = try json.nextField() {
      // "Additional members can be present in the JWK Set; if not understood … they MUST be ignored" (RFC 7517 §5).
      guard field == "keys" else {
        try json.skipValue()
        continue
      }
      guard !isThere else { throw .duplicateField(field) }
      isThere = true
      guard json.beginArray() else { throw .invalidField(field, "must be an array of keys") }
      var index = 0
      while try json.nextElement() {
        let web = try webKey(of: &json, at: "keys[\(index)]")
        do throws(ValidationError) {
          if let key = try TokenKey(web) { keys.append(key) }
        } catch {
          throw BodyError(error, at: "keys[\(index)]")
        }
        index += 1
        guard keys.count <= Limits.tokenKeys else {
          throw .invalidField(field, "has more than \(Limits.tokenKeys) keys that can be used")
        }
      }
    }
    guard isThere else { throw .invalidField("keys", "is missing") }
    return keys
  }

  private static func webKey(of json: inout JSONReader, at place: String) throws(BodyError) -> TokenKey.WebKey {
    guard json.beginObject() else { throw .invalidField(place, "must be an object") }
    var key = TokenKey.WebKey()
    while let field = try json.nextField() {
      if field == "kid" {
        key.id = try json.text("\(place).kid")
      } else if TokenKey.WebKey.names.contains(field) {
        guard key.values.updateValue(try json.text("\(place).\(field)"), forKey: field) == nil else {
          throw .duplicateField("\(place).\(field)")
        }
      } else {
        try json.skipValue()
      }
    }
    return key
  }
}
