import Crypto
import FoundationEssentials
import Secrets
public import Time

/// What a buyer gets who was let in: any intake checks it without asking anyone.
///
/// Text form: base64url (RFC 4648 §5, no padding) of 52 bytes: the sale's number (4, big-endian), the place (8), when
/// it expires (8, microseconds since 1970) and HMAC-SHA256 (32) over these and the buyer. It is made from the admission
/// alone, so every intake makes the same; shown any number of times, it is one buyer's one place.
public struct RoomToken: Hashable, Sendable {
  public var sale: SaleNumber
  public var place: Offset
  public var expiresAt: Timestamp
  private var code: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

  /// Bytes of the text form.
  public static let textBytes = Base64URL.length(of: bytes)
  fileprivate static let bodyBytes = 20
  fileprivate static let bytes = bodyBytes + 32

  /// Why a token does not count.
  public enum Fault: String, Error, Hashable, Sendable {
    case malformed = "is not of the form of a token"
    case foreign = "is for another sale"
    case forged = "was not given to this buyer, or not by us"
    case expired = "has expired; join the waiting room again"
  }

  /// A token for the one who was let in.
  public init(sale: SaleNumber, place: Offset, expiresAt: Timestamp) {
    (self.sale, self.place, self.expiresAt) = (sale, place, expiresAt)
  }

  /// Reads the text form, without checking anything; `nil` for any other bytes.
  public init?(text: UnsafeRawBufferPointer) {
    let read: RoomToken? = withUnsafeTemporaryAllocation(byteCount: Self.bytes, alignment: 8) { bytes in
      guard Base64URL.decode(text, into: bytes) else { return nil }
      func word(_ at: Int) -> UInt64 { bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self) }
      var token = RoomToken(
        sale: SaleNumber(rawValue: Int32(bigEndian: bytes.loadUnaligned(as: Int32.self))),
        place: Offset(Int64(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: Int64.self))),
        expiresAt: Timestamp(
          microseconds: Int64(bigEndian: bytes.loadUnaligned(fromByteOffset: 12, as: Int64.self))))
      token.code = (word(20), word(28), word(36), word(44))
      return token
    }
    guard let read else { return nil }
    self = read
  }

  public static func == (a: Self, b: Self) -> Bool {
    a.sale == b.sale && a.place == b.place && a.expiresAt == b.expiresAt && a.code == b.code
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(code.0) }

  /// Whether its code is this one. It takes the same time wherever they differ.
  fileprivate func has(_ other: HMAC<SHA256>.MAC) -> Bool {
    other.withUnsafeBytes { other in
      func word(_ at: Int) -> UInt64 { other.loadUnaligned(fromByteOffset: at, as: UInt64.self) }
      return (code.0 ^ word(0)) | (code.1 ^ word(8)) | (code.2 ^ word(16)) | (code.3 ^ word(24)) == 0
    }
  }

  /// Writes what the code is over, and the buyer behind it.
  fileprivate func write(to bytes: UnsafeMutableRawBufferPointer) {
    bytes.storeBytes(of: sale.rawValue.bigEndian, as: Int32.self)
    bytes.storeBytes(of: place.rawValue.bigEndian, toByteOffset: 4, as: Int64.self)
    bytes.storeBytes(of: expiresAt.microseconds.bigEndian, toByteOffset: 12, as: Int64.self)
  }
}

/// Signs and checks room tokens. Safe to share between threads: it is a value without state.
public struct RoomTokenSigner: Sendable {
  private let keyed: Secret<[HMAC<SHA256>]>

  /// A signer over the secrets that sign tickets: the first one signs, all of them verify, so that keys can be rotated
  /// in the middle of a sale. Its keys are derived from them, so that no ticket is ever a token.
  ///
  /// A secret has 16 bytes or more.
  public init(secrets: [[UInt8]]) throws(ValidationError) {
    guard (1...Limits.ticketKeys).contains(secrets.count), secrets.allSatisfy({ $0.count >= 16 }) else {
      throw ValidationError("ticket key", "must be 1 to \(Limits.ticketKeys) keys of 16 bytes or more")
    }
    keyed = Secret(
      secrets.map { secret in
        let derived = HMAC<SHA256>.authenticationCode(
          for: Array("penstock room token".utf8), using: SymmetricKey(data: secret))
        return HMAC(key: SymmetricKey(data: Data(derived)))
      })
  }

  /// The text form, for this buyer only.
  public func sign(_ token: RoomToken, for buyer: BuyerID) -> String {
    String(unsafeUninitializedCapacity: RoomToken.textBytes) { text in
      withUnsafeTemporaryAllocation(byteCount: RoomToken.bytes, alignment: 8) { bytes in
        token.write(to: bytes)
        code(of: token, for: buyer, keyed.value[0]).withUnsafeBytes {
          UnsafeMutableRawBufferPointer(rebasing: bytes[RoomToken.bodyBytes...]).copyMemory(from: $0)
        }
        Base64URL.encode(UnsafeRawBufferPointer(bytes), into: UnsafeMutableRawBufferPointer(text))
      }
      return RoomToken.textBytes
    }
  }

  /// Why a token does not count for this buyer in this sale at this moment; `nil`: it does.
  ///
  /// It counts for `Limits.tokenLeeway` past its time, because the clock that set it may be another machine's.
  public func fault(
    of token: RoomToken, for buyer: BuyerID, in sale: SaleNumber, at now: Timestamp
  ) -> RoomToken.Fault? {
    guard token.sale == sale else { return .foreign }
    guard keyed.value.contains(where: { token.has(code(of: token, for: buyer, $0)) }) else { return .forged }
    return now < token.expiresAt.after(Limits.tokenLeeway) ? nil : .expired
  }

  private func code(of token: RoomToken, for buyer: BuyerID, _ keyed: HMAC<SHA256>) -> HMAC<SHA256>.MAC {
    var buyer = buyer.rawValue
    return buyer.withUTF8 { buyer in
      withUnsafeTemporaryAllocation(byteCount: RoomToken.bodyBytes + buyer.count, alignment: 8) { message in
        token.write(to: message)
        UnsafeMutableRawBufferPointer(rebasing: message[RoomToken.bodyBytes...])
          .copyMemory(from: UnsafeRawBufferPointer(buyer))
        var hmac = keyed
        hmac.update(data: UnsafeRawBufferPointer(message))
        return hmac.finalize()
      }
    }
  }
}
