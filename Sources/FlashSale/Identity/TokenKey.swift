internal import Crypto
internal import CryptoExtras
internal import FoundationEssentials
internal import Secrets

/// A key that tokens are signed with. It fixes the algorithm (RFC 8725 §3.1): what a token says of its own only has to
/// agree, so that a public key is never taken for a secret one.
struct TokenKey: Sendable {
  private enum Material: Sendable {
    case hs256(Secret<SymmetricKey>)
    case es256(P256.Signing.PublicKey)
    case rs256(_RSA.Signing.PublicKey)
    case edDSA(Curve25519.Signing.PublicKey)
  }

  /// `kid`; `nil`: it fits any token of its algorithm.
  let id: String?
  private let material: Material

  /// As a token's header names it.
  var algorithm: String {
    switch material {
    case .hs256: "HS256"
    case .es256: "ES256"
    case .rs256: "RS256"
    case .edDSA: "EdDSA"
    }
  }

  /// Whether this key signed the bytes.
  func signed(_ bytes: UnsafeRawBufferPointer, _ signature: UnsafeRawBufferPointer) -> Bool {
    var hash: SHA256Digest {
      var hash = SHA256()
      hash.update(bufferPointer: bytes)
      return hash.finalize()
    }
    switch material {
    case .hs256(let key):
      // Takes the same time wherever the two differ.
      return HMAC<SHA256>.isValidAuthenticationCode(signature, authenticating: bytes, using: key.value)
    case .es256(let key):
      // `r ‖ s` (RFC 7518 §3.4), which this library calls raw.
      guard let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
      return key.isValidSignature(signature, for: hash)
    case .rs256(let key):
      let signature = _RSA.Signing.RSASignature(rawRepresentation: signature)
      // RS256 is PKCS #1 v1.5 (RFC 7518 §3.3). The library warns of it for new protocols; for signatures it is sound.
      return key.isValidSignature(signature, for: hash, padding: .insecurePKCS1v1_5)
    case .edDSA(let key): return key.isValidSignature(signature, for: bytes)
    }
  }
}

// MARK: - Forms of a key

extension TokenKey {
  /// The fields of a JSON Web Key that matter here (RFC 7517 §4, RFC 7518 §6, RFC 8037 §2).
  struct WebKey {
    var id: String?
    var values: [String: String] = [:]

    static let names: Set<String> = ["kty", "alg", "use", "crv", "x", "y", "n", "e", "k"]
  }

  /// The key, or `nil` for one of a kind or for a use that has no meaning here: a set may hold such (RFC 7517 §5).
  ///
  /// - Throws: what is wrong with a key that says to be one of ours.
  init?(_ web: WebKey) throws(ValidationError) {
    guard web.values["use"].map({ $0 == "sig" }) ?? true else { return nil }
    func bytes(_ name: String, _ lengths: ClosedRange<Int>) throws(ValidationError) -> Data {
      guard let value = web.values[name].flatMap({ Base64URL.decode($0) }), lengths.contains(value.count) else {
        throw ValidationError(name, "must be \(lengths.lowerBound) bytes or more in base64url")
      }
      return value
    }
    let algorithms = ["oct": "HS256", "EC P-256": "ES256", "RSA": "RS256", "OKP Ed25519": "EdDSA"]
    let kind = [web.values["kty"], web.values["crv"]].compactMap { $0 }.joined(separator: " ")
    guard let algorithm = algorithms[kind], web.values["alg"].map({ $0 == algorithm }) ?? true else { return nil }
    switch algorithm {
    case "HS256":
      // As long as the hash (RFC 7518 §3.2).
      material = .hs256(Secret(SymmetricKey(data: try bytes("k", 32...1_024))))
    case "ES256":
      let point = try bytes("x", 32...32) + bytes("y", 32...32)
      guard let key = try? P256.Signing.PublicKey(rawRepresentation: point) else {
        throw ValidationError("x", "makes no point of P-256 with y")
      }
      material = .es256(key)
    case "RS256":
      let (modulus, exponent) = (try bytes("n", 256...1_024), try bytes("e", 1...8))
      guard let key = try? _RSA.Signing.PublicKey(n: modulus, e: exponent) else {
        throw ValidationError("n", "makes no RSA key of 2048 bits or more with e")
      }
      material = .rs256(key)
    default:
      guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: try bytes("x", 32...32)) else {
        throw ValidationError("x", "is no point of Ed25519")
      }
      material = .edDSA(key)
    }
    id = web.id
  }

  /// The public key of a PEM document (`-----BEGIN PUBLIC KEY-----`, RFC 7468 §13) of P-256, RSA or Ed25519.
  init?(pem: String) {
    id = nil
    if let key = try? P256.Signing.PublicKey(pemRepresentation: pem) {
      material = .es256(key)
    } else if let key = try? _RSA.Signing.PublicKey(pemRepresentation: pem) {
      material = .rs256(key)
    } else if let key = Self.ed25519(pem: pem) {
      material = .edDSA(key)
    } else {
      return nil
    }
  }

  /// The library reads no PEM of this curve: an algorithm identifier of fixed bytes, then the 32 of the key (RFC 8410
  /// §4).
  private static func ed25519(pem: String) -> Curve25519.Signing.PublicKey? {
    let prefix: [UInt8] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00]
    let lines = pem.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("-----") }
    guard let document = Data(base64Encoded: lines.joined()), document.starts(with: prefix) else { return nil }
    return try? Curve25519.Signing.PublicKey(rawRepresentation: document.dropFirst(prefix.count))
  }
}
