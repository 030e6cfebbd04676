public import HTTPTypes

extension HTTPRequest {
  /// Whether the browser spoke TLS, to a proxy in front of this listener: browsers say so with each form (`Origin`);
  /// else the proxy does (`X-Forwarded-Proto`), or a cookie that they send over TLS only (`__Host-`).
  ///
  /// Who forges it fools nobody but themselves: over plain HTTP browsers drop a `Secure` cookie, and pass over
  /// `Strict-Transport-Security` (RFC 6797 §8.1).
  public var isFromTLS: Bool {
    if let origin = headerFields[.origin] { return origin.hasPrefix("https://") }
    let proxied = HTTPField.Name("X-Forwarded-Proto").flatMap { headerFields[$0] }
    // Of several proxies, the first one stood before the browser.
    if let first = proxied?.split(separator: ",").first { return first.lowercased().hasPrefix("https") }
    return headerFields[values: .cookie].contains { cookies in
      cookies.split(separator: ";").contains { $0.drop { $0 == " " }.hasPrefix("__Host-") }
    }
  }
}
