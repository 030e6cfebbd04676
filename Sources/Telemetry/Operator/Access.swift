internal import Crypto
internal import FoundationEssentials
internal import HTTPServing
internal import HTTPTypes
internal import Secrets

/// Who may use what is behind the gate of the operator's listener: the admin API and the pages.
///
/// With a token: `Authorization: Bearer TOKEN`, or for a browser, which cannot send that, HTTP Basic with any user and
/// the token as the password. Without one: everyone who reaches the listener, which is on loopback then.
///
/// A browser sends its stored credentials on behalf of any page that it shows. So a request from a page of another
/// origin may change nothing. Without a token, the host name must be this machine's own; a name that was rebound to
/// 127.0.0.1 is not.
struct Access: Sendable {
  private let digest: Secret<SHA256Digest>?

  init(token: Secret<String>?) { digest = token.map { Secret(Self.digest($0.value)) } }

  /// Throws the problem to answer, unless the request may go on.
  func check(_ request: HTTPRequest) throws(Problem) {
    if let digest {
      guard let secret = Self.secret(in: request.headerFields), Self.digest(secret) == digest.value else {
        throw .unauthenticated
      }
    } else if let authority = request.authority, !OperatorConfiguration.isLoopback(Self.host(of: authority)) {
      throw .foreignOrigin("The admin API is open on this machine only: ask for it as localhost.")
    }
    if let origin = request.headerFields[.origin], !Self.isSafe(request.method) {
      guard let authority = request.authority, origin.hasSuffix("://\(authority)") else {
        throw .foreignOrigin("A page of another origin may not change anything here.")
      }
    }
  }

  /// Digests have one length and are compared in constant time (swift-crypto: `Digest.==`), so the time that it takes
  /// tells nothing about the token.
  private static func digest(_ secret: String) -> SHA256Digest { SHA256.hash(data: Data(secret.utf8)) }

  /// The token that a request carries (RFC 6750 §2.1, RFC 7617 §2); scheme names ignore case (RFC 9110 §11.1).
  private static func secret(in headers: HTTPFields) -> String? {
    guard let value = headers[.authorization], let space = value.firstIndex(of: " ") else { return nil }
    let credentials = String(value[value.index(after: space)...].drop { $0 == " " })
    switch value[..<space].lowercased() {
    case "bearer": return credentials
    case "basic":
      guard let bytes = Data(base64Encoded: credentials) else { return nil }
      let pair = String(decoding: bytes, as: UTF8.self)
      return pair.firstIndex(of: ":").map { String(pair[pair.index(after: $0)...]) }
    default: return nil
    }
  }

  /// The host of `host:port`, an IPv6 literal without its brackets.
  private static func host(of authority: String) -> String {
    if authority.hasPrefix("[") { return String(authority.dropFirst().prefix { $0 != "]" }) }
    return String(authority.prefix { $0 != ":" })
  }

  private static func isSafe(_ method: HTTPRequest.Method) -> Bool { method == .get || method == .head }
}
