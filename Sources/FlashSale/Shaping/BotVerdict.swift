internal import Crypto
internal import FoundationEssentials
internal import Secrets
public import Time

/// Why the bot service's verdict is not taken: a clause for whoever sent it.
public enum VerdictFault: String, Error, Sendable, CaseIterable {
  case form = "is no time in seconds, a dot, and an HMAC in base64url"
  case foreign = "is not signed for this buyer and sale by the shop's bot service"
  case expired = "has expired"
  case far = "is valid for more than an hour"
}

/// Checks what the shop's bot service says of a buyer: that it takes her for a person.
///
/// The text form is `EXPIRES.CODE`: seconds since 1970, and HMAC-SHA256 in base64url without padding over the four
/// lines `penstock-verdict-1`, the sale's id, the buyer and `EXPIRES`, with a line feed between them and none behind.
public struct VerdictChecker: Sendable {
  private let keys: Secret<[SymmetricKey]>

  /// A checker that believes 1 to `Limits.ticketKeys` secrets of 16 bytes or more.
  public init(secrets: [[UInt8]]) throws(ValidationError) {
    guard (1...Limits.ticketKeys).contains(secrets.count), secrets.allSatisfy({ $0.count >= 16 }) else {
      throw ValidationError("verdict key", "must be 1 to \(Limits.ticketKeys) keys of 16 bytes or more")
    }
    keys = Secret(secrets.map { SymmetricKey(data: $0) })
  }

  /// Checks a verdict; any bytes are allowed.
  public func check(
    _ verdict: UnsafeRawBufferPointer, sale: SaleID, buyer: BuyerID, at now: Timestamp
  ) throws(VerdictFault) {
    guard let dot = verdict.firstIndex(of: UInt8(ascii: ".")), (1...11).contains(dot),
      verdict[..<dot].allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let code = Base64URL.decode(verdict[(dot + 1)...]), code.count == SHA256.byteCount
    else { throw .form }
    let digits = String(decoding: verdict[..<dot], as: UTF8.self)
    let message = Data("penstock-verdict-1\n\(sale)\n\(buyer)\n\(digits)".utf8)
    // Takes the same time wherever the two differ.
    guard
      keys.value.contains(where: { HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: message, using: $0) })
    else { throw .foreign }
    guard let seconds = Int64(digits) else { throw .form }
    let end = Timestamp(microseconds: seconds * 1_000_000)
    guard now < end.after(Limits.clockSkew) else { throw .expired }
    guard end <= now.after(Limits.verdictLife + Limits.clockSkew) else { throw .far }
  }
}
