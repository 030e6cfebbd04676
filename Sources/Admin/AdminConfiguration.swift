public import FlashSale
internal import NIOCore
public import Secrets

/// Where admin listens, what it answers, and who may use it. Valid by construction.
public struct AdminConfiguration: Sendable {
  /// What a process answers on its second listener.
  public enum Scope: Sendable {
    /// `/healthz`, `/readyz` and `/metrics` only.
    case healthOnly

    /// These, the admin API and the pages.
    case everything
  }

  /// A name or an address literal (IPv6 without brackets).
  public let host: String

  /// 0 takes any free port.
  public let port: Int

  /// The token that a caller of the admin API and the pages must send; `nil`: anyone who reaches the listener may do
  /// anything.
  public let token: Secret<String>?

  /// The `orders` topic whose progress is shown.
  public let topic: String

  public let scope: Scope

  /// Creates a configuration, or says why it would not be safe.
  ///
  /// Without a token the listener must be on loopback, unless it answers health checks only. A token has
  /// `Limits.tokenBytes` bytes of visible ASCII.
  public init(
    host: String, port: Int, token: Secret<String>?, topic: String, serves scope: Scope = .everything
  ) throws(ValidationError) {
    guard (0...65_535).contains(port) else { throw ValidationError("admin port", "must be 0 to 65535") }
    if let token = token?.value {
      guard Limits.tokenBytes.contains(token.utf8.count), token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
        let (least, most) = (Limits.tokenBytes.lowerBound, Limits.tokenBytes.upperBound)
        throw ValidationError("admin token", "must be \(least) to \(most) visible ASCII characters without spaces")
      }
    } else if scope == .everything, !Self.isLoopback(host) {
      throw ValidationError("admin token", "is needed, because \(host) can be reached from outside this machine")
    }
    self.host = host
    self.port = port
    self.token = token
    self.topic = topic
    self.scope = scope
  }

  /// Whether only this machine can reach the host: `localhost` (RFC 6761 §6.3), 127.0.0.0/8 or ::1.
  static func isLoopback(_ host: String) -> Bool {
    if host.lowercased() == "localhost" { return true }
    // Written back in its shortest form, so that there is one spelling to compare with.
    guard let address = try? SocketAddress(ipAddress: host, port: 0), let text = address.ipAddress else { return false }
    return address.protocol == .inet ? text.hasPrefix("127.") : text == "::1"
  }
}
