internal import Crypto
internal import FoundationEssentials
internal import HTTPServing
internal import HTTPTypes
internal import Secrets

/// Where a request to what is behind the gate of the operator's listener may come from, and whether it has the shared
/// token of this installation.
///
/// A browser sends its stored credentials on behalf of any page that it shows. So a request from a page of another
/// origin may change nothing. Without a token, the host name must be this machine's own; a name that was rebound to
/// 127.0.0.1 is not.
struct Access: Sendable {
  private let digest: Secret<SHA256Digest>?

  init(token: Secret<String>?) { digest = token.map { Secret(Self.digest($0.value)) } }

  /// Whether no token is set, so that everyone on this machine may come in.
  var isOpen: Bool { digest == nil }

  /// Throws the problem to answer, unless the request may come from where it does.
  func check(_ request: HTTPRequest) throws(Problem) {
    let authority = request.authority
    if isOpen, let authority, !OperatorConfiguration.isLoopback(Self.host(of: authority)) {
      throw .foreignOrigin("The admin API is open on this machine only: ask for it as localhost.")
    }
    guard let origin = request.headerFields[.origin], !Self.isSafe(request.method) else { return }
    guard let authority, origin.hasSuffix("://\(authority)") else {
      throw .foreignOrigin(
        """
        A page of another origin may not change anything here: the page is from \(origin.prefix(200)), and the request \
        is for the host \(authority ?? "(none)"). If a proxy stands between, have it hand on the Host that the browser \
        sent, as nginx does by "proxy_set_header Host $http_host".
        """)
    }
  }

  /// Whether a bearer's text is the shared token. Digests have one length and are compared in constant time
  /// (swift-crypto: `Digest.==`), so the time that it takes tells nothing about the token.
  func isShared(_ bearer: String) -> Bool { digest.map { $0.value == Self.digest(bearer) } ?? false }

  private static func digest(_ secret: String) -> SHA256Digest { SHA256.hash(data: Data(secret.utf8)) }

  /// The host of `host:port`, an IPv6 literal without its brackets.
  static func host(of authority: String) -> String {
    if authority.hasPrefix("[") { return String(authority.dropFirst().prefix { $0 != "]" }) }
    return String(authority.prefix { $0 != ":" })
  }

  private static func isSafe(_ method: HTTPRequest.Method) -> Bool { method == .get || method == .head }
}
