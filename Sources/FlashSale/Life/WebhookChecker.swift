import Crypto
import FoundationEssentials
import Secrets
public import Time

/// Checks that a notice comes from the payment provider, and is not old: by the scheme of Standard Webhooks 1.0
/// (symmetric signatures). What is signed is `{id}.{timestamp}.{body}`, by HMAC-SHA256.
///
/// A notice that is sent again in time passes again: what it asks for is done once by the payment's id.
public struct WebhookChecker: Sendable {
  /// Why a notice is not believed.
  public enum Fault: Error, Equatable, Sendable {
    /// A field is missing or cannot be read; its name.
    case malformed(String)
    /// Its time is further from now than `Limits.webhookTolerance`.
    case stale
    /// None of its signatures is by one of the secrets.
    case forged
  }

  /// The fields' names.
  public static let idField = "Webhook-Id"
  public static let timestampField = "Webhook-Timestamp"
  public static let signatureField = "Webhook-Signature"

  private let keys: Secret<[SymmetricKey]>

  /// A checker over 1 to `Limits.webhookKeys` secrets of 16 bytes or more: while they rotate, all of them count.
  public init(secrets: [[UInt8]]) throws(ValidationError) {
    guard (1...Limits.webhookKeys).contains(secrets.count) else {
      throw ValidationError("webhook key", "must be 1 to \(Limits.webhookKeys) keys")
    }
    guard secrets.allSatisfy({ $0.count >= 16 }) else {
      throw ValidationError("webhook key", "must have 16 bytes or more")
    }
    keys = Secret(secrets.map { SymmetricKey(data: $0) })
  }

  /// Throws unless the notice is the provider's, and of now.
  ///
  /// - Parameters:
  ///   - id: the provider's name for the notice: 1 to 256 visible ASCII characters without a point.
  ///   - timestamp: when it was sent, in seconds since 1970.
  ///   - signatures: `v1,BASE64`, several of them with spaces between. Other versions are passed over.
  public func check(
    id: String?, timestamp: String?, signatures: String?, body: UnsafeRawBufferPointer, at now: Timestamp
  ) throws(Fault) {
    guard let id, (1...256).contains(id.utf8.count),
      id.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ".") })
    else { throw .malformed(Self.idField) }
    guard let timestamp, let seconds = Int64(timestamp), "\(seconds)" == timestamp,
      (0...Self.latest).contains(seconds)
    else { throw .malformed(Self.timestampField) }
    guard let signatures else { throw .malformed(Self.signatureField) }
    let codes = signatures.split(separator: " ").prefix(Limits.webhookSignatures).compactMap(Self.code)
    guard !codes.isEmpty else { throw .malformed(Self.signatureField) }
    let age = now.microseconds(since: Timestamp(microseconds: seconds * 1_000_000))
    guard abs(age) <= Limits.webhookTolerance.wholeMicroseconds else { throw .stale }
    let signed = Array("\(id).\(timestamp).".utf8)
    let isOurs = keys.value.contains { key in
      var hmac = HMAC<SHA256>(key: key)
      hmac.update(data: signed)
      hmac.update(data: body)
      let code = hmac.finalize()
      // Compared in constant time (swift-crypto: `MessageAuthenticationCode.==`).
      return codes.contains { code == $0 }
    }
    guard isOurs else { throw .forged }
  }

  /// The signature of a notice by the first secret, as `signatures` has it.
  public func sign(id: String, timestamp: Int64, body: UnsafeRawBufferPointer) -> String {
    var hmac = HMAC<SHA256>(key: keys.value[0])
    hmac.update(data: Array("\(id).\(timestamp).".utf8))
    hmac.update(data: body)
    return "v1,\(Data(hmac.finalize()).base64EncodedString())"
  }

  /// The last second of the year 9999.
  private static let latest: Int64 = 253_402_300_799

  private static func code(_ signature: Substring) -> Data? {
    guard signature.hasPrefix("v1,") else { return nil }
    return Data(base64Encoded: String(signature.dropFirst(3)))
  }
}
