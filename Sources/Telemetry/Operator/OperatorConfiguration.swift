internal import NIOCore
public import Secrets

/// Where the operator's listener is, what it answers, and who may use it. Valid by construction.
public struct OperatorConfiguration: Sendable {
  /// What a process answers its operator.
  public enum Scope: Sendable {
    /// `/healthz`, `/readyz` and `/metrics` only.
    case healthOnly

    /// These, and what a part of the process adds behind the gate.
    case everything
  }

  /// Why a configuration would not be safe, or not work; in words that go with the name of what is wrong.
  public struct Refusal: Error {
    public let reason: String
  }

  /// A name or an address literal (IPv6 without brackets).
  public let host: String

  /// 0 takes any free port.
  public let port: Int

  /// The token that a caller of anything but health must send; `nil`: anyone who reaches the listener may do anything.
  public let token: Secret<String>?

  public let scope: Scope

  /// Creates a configuration, or says why it would not be safe.
  ///
  /// Without a token the listener must be on loopback, unless it answers health checks only.
  public init(
    host: String, port: Int, token: Secret<String>?, serves scope: Scope = .everything
  ) throws(Refusal) {
    guard (0...65_535).contains(port) else { throw Refusal(reason: "the port must be 0 to 65535") }
    if let token = token?.value {
      guard Self.isToken(token) else { throw Refusal(reason: "must be \(Self.tokenForm)") }
    } else if scope == .everything, !Self.isLoopback(host) {
      throw Refusal(reason: "is needed, because \(host) can be reached from outside this machine")
    }
    self.host = host
    self.port = port
    self.token = token
    self.scope = scope
  }

  /// Whether a text may be a token: `Limits.tokenBytes` bytes of visible ASCII.
  public static func isToken(_ text: String) -> Bool {
    Limits.tokenBytes.contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
  }

  /// What a token is, for people.
  public static var tokenForm: String {
    let (least, most) = (Limits.tokenBytes.lowerBound, Limits.tokenBytes.upperBound)
    return "\(least) to \(most) visible ASCII characters without spaces"
  }

  /// Whether only this machine can reach the host: `localhost` (RFC 6761 §6.3), 127.0.0.0/8 or ::1.
  static func isLoopback(_ host: String) -> Bool {
    if host.lowercased() == "localhost" { return true }
    // Written back in its shortest form, so that there is one spelling to compare with.
    guard let address = try? SocketAddress(ipAddress: host, port: 0), let text = address.ipAddress else { return false }
    return address.protocol == .inet ? text.hasPrefix("127.") : text == "::1"
  }
}
