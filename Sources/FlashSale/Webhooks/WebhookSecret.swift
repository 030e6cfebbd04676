internal import Crypto
internal import Foundation
internal import Secrets
public import Time

/// What signs the webhooks of one endpoint, as Standard Webhooks says (standardwebhooks.com, version 1).
public struct WebhookSecret: Hashable, Sendable {
  private let secret: Secret<[UInt8]>

  /// 24 to 64 bytes.
  public var bytes: [UInt8] { secret.value }

  /// How many a new one has.
  private static let newBytes = 32

  /// A secret as the store has it.
  public init(bytes: [UInt8]) { secret = Secret(bytes) }

  /// A secret that nobody knows.
  public static func random() -> WebhookSecret {
    var random = SystemRandomNumberGenerator()
    return WebhookSecret(bytes: (0..<newBytes).map { _ in UInt8.random(in: .min ... .max, using: &random) })
  }

  /// As the shop gets it: `whsec_` and base64. Shown once, when it is made.
  public var text: String { "whsec_\(Data(bytes).base64EncodedString())" }

  /// `v1,` and the base64 of the HMAC-SHA256 over `id.timestamp.body`, with the timestamp in seconds.
  public func signature(of body: String, id: String, at time: Timestamp) -> String {
    let signed = "\(id).\(Self.seconds(of: time)).\(body)"
    let code = HMAC<SHA256>.authenticationCode(for: Data(signed.utf8), using: SymmetricKey(data: bytes))
    return "v1,\(Data(code).base64EncodedString())"
  }

  /// `webhook-timestamp`: whole seconds since 1970.
  public static func seconds(of time: Timestamp) -> Int64 { time.microseconds / 1_000_000 }
}
