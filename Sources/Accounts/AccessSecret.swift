internal import Crypto
internal import FoundationEssentials
public import Secrets

/// What a session's cookie or an API token is: 256 random bits. The store has only its digest, so who reads the store
/// cannot sign in with what is there.
public struct AccessSecret: Sendable {
  /// What is sent: Base64 for URLs, 43 characters; an API token's has `pst_` before it.
  public let text: Secret<String>

  private static let tokenPrefix = "pst_"

  /// A session's.
  public static func session() -> AccessSecret { AccessSecret(text: Secret(random())) }

  /// An API token's, which scanners for leaked secrets know by its beginning.
  public static func token() -> AccessSecret { AccessSecret(text: Secret(tokenPrefix + random())) }

  /// One that somebody has sent, as long as it may be one.
  public init?(sent text: String) {
    guard (43...64).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
    self.text = Secret(text)
  }

  private init(text: Secret<String>) { self.text = text }

  /// Whether a bearer's text may be an API token.
  public static func isToken(_ text: String) -> Bool { text.hasPrefix(tokenPrefix) }

  /// As it is stored: SHA-256. A random secret of 256 bits needs no slow hash.
  public var digest: [UInt8] { Array(SHA256.hash(data: Array(text.value.utf8))) }

  /// What every form of the session carries: only a page that was served to this session knows it.
  public var formToken: String {
    let code = HMAC<SHA256>.authenticationCode(
      for: Array("form".utf8), using: SymmetricKey(data: Array(text.value.utf8)))
    return Self.base64URL(Array(code))
  }

  /// Whether a form carries its session's token. In constant time.
  public func isFormToken(_ sent: String) -> Bool {
    SHA256.hash(data: Array(sent.utf8)) == SHA256.hash(data: Array(formToken.utf8))
  }

  private static func random() -> String {
    base64URL((0..<Limits.secretBytes).map { _ in UInt8.random(in: 0...255) })
  }

  private static func base64URL(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }
}
