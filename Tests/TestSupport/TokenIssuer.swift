import Crypto
import CryptoExtras
public import Foundation

/// An identity provider for tests: real keys, and tokens signed with them.
public struct TokenIssuer: Sendable {
  public enum Algorithm: String, Sendable, CaseIterable { case HS256, ES256, RS256, EdDSA }

  private enum Key: Sendable {
    case hs256(SymmetricKey)
    case es256(P256.Signing.PrivateKey)
    case rs256(_RSA.Signing.PrivateKey)
    case edDSA(Curve25519.Signing.PrivateKey)
  }

  public static let name = "https://id.example"
  public static let audience = "shop"

  public let algorithm: Algorithm
  public let id: String
  private let key: Key

  /// A provider with a new key.
  public init(_ algorithm: Algorithm, id: String = "k1") throws {
    self.algorithm = algorithm
    self.id = id
    key =
      switch algorithm {
      case .HS256: .hs256(SymmetricKey(size: .bits256))
      case .ES256: .es256(P256.Signing.PrivateKey())
      case .RS256: .rs256(try _RSA.Signing.PrivateKey(keySize: .bits2048))
      case .EdDSA: .edDSA(Curve25519.Signing.PrivateKey())
      }
  }

  // MARK: Keys

  /// Its key as a JSON Web Key.
  public func webKey() throws -> [String: String] {
    var web = ["kid": id, "alg": algorithm.rawValue, "use": "sig"]
    switch key {
    case .hs256(let key):
      (web["kty"], web["k"]) = ("oct", Self.text(key.withUnsafeBytes { Data($0) }))
    case .es256(let key):
      let point = key.publicKey.rawRepresentation
      (web["kty"], web["crv"]) = ("EC", "P-256")
      (web["x"], web["y"]) = (Self.text(point.prefix(32)), Self.text(point.suffix(32)))
    case .rs256(let key):
      let parts = try key.publicKey.getKeyPrimitives()
      (web["kty"], web["n"], web["e"]) = ("RSA", Self.text(parts.modulus), Self.text(parts.publicExponent))
    case .edDSA(let key):
      (web["kty"], web["crv"], web["x"]) = ("OKP", "Ed25519", Self.text(key.publicKey.rawRepresentation))
    }
    return web
  }

  /// A JWK Set of these providers' keys.
  public static func keySet(_ issuers: [TokenIssuer]) throws -> Data {
    try JSONSerialization.data(withJSONObject: ["keys": issuers.map { try $0.webKey() }])
  }

  /// Its public key in PEM; `nil` where it has none.
  public var pem: String? {
    switch key {
    case .hs256: nil
    case .es256(let key): key.publicKey.pemRepresentation
    case .rs256(let key): key.publicKey.pemRepresentation
    case .edDSA(let key):
      "-----BEGIN PUBLIC KEY-----\n"
        + (Data([0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00])
        + key.publicKey.rawRepresentation).base64EncodedString() + "\n-----END PUBLIC KEY-----\n"
    }
  }

  // MARK: Tokens

  /// Claims that are right at `now`, in seconds since 1970, with some of them changed; `NSNull` takes one away.
  public static func claims(_ buyer: String, now: Double, _ changes: [String: Any] = [:]) -> [String: Any] {
    let claims: [String: Any] = [
      "iss": name, "aud": audience, "sub": buyer, "exp": Int(now) + 600, "nbf": Int(now) - 5,
    ]
    return claims.merging(changes) { _, new in new }.filter { !($0.value is NSNull) }
  }

  /// A token of these claims.
  ///
  /// - Parameter header: fields that replace those of the header; `NSNull` takes one away.
  public func token(_ claims: [String: Any], header changes: [String: Any] = [:]) throws -> String {
    let header: [String: Any] = ["alg": algorithm.rawValue, "kid": id, "typ": "JWT"]
    return try token(
      header: header.merging(changes) { _, new in new }.filter { !($0.value is NSNull) },
      claims: JSONSerialization.data(withJSONObject: claims))
  }

  /// A token of exactly these bytes of claims.
  public func token(header: [String: Any], claims: Data) throws -> String {
    let text = Self.text(try JSONSerialization.data(withJSONObject: header)) + "." + Self.text(claims)
    return text + "." + Self.text(try sign(Data(text.utf8)))
  }

  private func sign(_ data: Data) throws -> Data {
    switch key {
    case .hs256(let key): Data(HMAC<SHA256>.authenticationCode(for: data, using: key))
    case .es256(let key): try key.signature(for: data).rawRepresentation
    case .rs256(let key): try key.signature(for: data, padding: .insecurePKCS1v1_5).rawRepresentation
    case .edDSA(let key): try key.signature(for: data)
    }
  }

  /// A token whose signature is an HMAC under a public key's PEM: what is tried where a verifier believes the token's
  /// own `alg`.
  public func confused(_ claims: [String: Any]) throws -> String {
    let header: [String: Any] = ["alg": "HS256", "kid": id]
    let text =
      try Self.text(JSONSerialization.data(withJSONObject: header)) + "."
      + Self.text(JSONSerialization.data(withJSONObject: claims))
    let secret = SymmetricKey(data: Data((pem ?? "").utf8))
    return text + "." + Self.text(Data(HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: secret)))
  }

  /// base64url without padding.
  public static func text(_ data: Data) -> String {
    data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }
}
