import Crypto
import FoundationEssentials
import Secrets
public import Time

/// A right to buy in one sale, for a time, a number of orders and, if wanted, one buyer.
///
/// Text form: base64url (RFC 4648 §5, no padding) of 63 bytes; numbers are big-endian:
///
///     0         1    9      13     17     21            23     35      47           63
///     | version | id | from | until | uses | buyer limit | sale | buyer | HMAC-SHA256 |
///
/// The times are seconds since 1970, the limit is 0 for none. `sale` and `buyer` are the first 96 bits of the SHA-256
/// of the ids, `buyer` is 0 where anyone may use it. The code of authentication is over all before it, its first 128
/// bits. So no table is needed to check one, and it can be told apart what is wrong with it.
public struct AccessCode: Hashable, Sendable {
  /// Its name among the sale's limit subjects: random, so that two codes hardly ever share their uses.
  public var id: UInt64

  /// The first and the first no more valid instant, in whole seconds of the years 1970 to 2105.
  public var window: Range<Timestamp>

  /// Orders that may win with it: 1 to `Limits.stockUnits`.
  public var uses: Units

  /// The buyer's limit in place of the sale's: 1 to `Limits.orderUnits`; `nil`: the sale's.
  public var buyerLimit: Units?

  /// Creates a code, or says what is out of range.
  public init(
    id: UInt64, window: Range<Timestamp>, uses: Units, buyerLimit: Units? = nil
  ) throws(ValidationError) {
    let seconds = 0...Int64(UInt32.max)
    for time in [window.lowerBound, window.upperBound] where !seconds.contains(time.seconds) || !time.isWholeSecond {
      throw ValidationError("window", "must be in whole seconds, in the years 1970 to 2105")
    }
    guard !window.isEmpty else { throw ValidationError("window", "must end after it begins") }
    guard (1...Limits.stockUnits).contains(uses.rawValue) else {
      throw ValidationError("uses", "must be 1 to \(Limits.stockUnits)")
    }
    guard buyerLimit.map({ (1...Limits.orderUnits).contains($0.rawValue) }) ?? true else {
      throw ValidationError("buyer limit", "must be 1 to \(Limits.orderUnits)")
    }
    self.id = id
    self.window = window
    self.uses = uses
    self.buyerLimit = buyerLimit
  }

  /// What an order with it counts for: its uses.
  public var subject: LimitSubject { LimitSubject(kind: .code, id: subjectID, limit: uses) }

  /// The id in 16 hexadecimal digits.
  public var subjectID: SubjectID {
    let digits = String(id, radix: 16)
    return SubjectID(unchecked: String(repeating: "0", count: 16 - digits.count) + digits)
  }

  /// Bytes of the text form.
  public static let textBytes = Base64URL.length(of: signedBytes)

  fileprivate static let version: UInt8 = 1
  fileprivate static let digestBytes = 12
  fileprivate static let contentBytes = 1 + 8 + 4 + 4 + 4 + 2 + 2 * digestBytes
  fileprivate static let codeBytes = 16
  fileprivate static let signedBytes = contentBytes + codeBytes

  /// Why a code is not taken.
  public enum Fault: Error, Hashable, Sendable {
    /// Not the text of a code: cut off, mistyped, or something else.
    case malformed
    /// No key of ours signed it: forged, changed, or its key was withdrawn.
    case forged
    case otherSale
    case otherBuyer
    case notYet(Timestamp)
    case expired(Timestamp)
  }
}

/// Issues access codes and checks them. Safe to share between threads: it is a value without state.
public struct AccessCodeSigner: Sendable {
  private let keyed: Secret<[HMAC<SHA256>]>

  /// A signer over at most `Limits.codeKeys` secrets of 16 bytes or more: the first one signs, all of them verify, so
  /// that a key can be rotated in the middle of a sale. Without any it issues nothing and refuses all.
  public init(secrets: [[UInt8]]) throws(ValidationError) {
    guard secrets.count <= Limits.codeKeys else {
      throw ValidationError("code key", "must be at most \(Limits.codeKeys) keys")
    }
    guard secrets.allSatisfy({ $0.count >= 16 }) else {
      throw ValidationError("code key", "must have 16 bytes or more")
    }
    keyed = Secret(secrets.map { HMAC(key: SymmetricKey(data: $0)) })
  }

  private init() { keyed = Secret([]) }

  /// One without a key.
  public static let none = AccessCodeSigner()

  /// The code's text form, for this sale and, if one is named, this buyer; `nil` if there is no key.
  public func issue(_ code: AccessCode, for sale: SaleID, buyer: BuyerID? = nil) -> String? {
    guard let key = keyed.value.first else { return nil }
    var bytes = code.content(for: sale, buyer: buyer)
    bytes += Self.authentication(of: bytes, by: key)
    return bytes.withUnsafeBytes { bytes in
      String(unsafeUninitializedCapacity: AccessCode.textBytes) { text in
        Base64URL.encode(bytes, into: UnsafeMutableRawBufferPointer(text))
        return AccessCode.textBytes
      }
    }
  }

  /// The code that `text` stands for, if it is good for this sale and buyer at this time. Any text is allowed.
  public func check(
    _ text: String, for sale: SaleID, buyer: BuyerID, at now: Timestamp
  ) throws(AccessCode.Fault) -> AccessCode {
    guard let bytes = Self.bytes(of: text), bytes[0] == AccessCode.version else { throw .malformed }
    let content = Array(bytes[..<AccessCode.contentBytes])
    // The comparison of two codes of authentication takes the same time wherever they differ.
    let claimed = Array(bytes[AccessCode.contentBytes...])
    guard keyed.value.contains(where: { Self.isEqual(Self.authentication(of: content, by: $0), claimed) }) else {
      throw .forged
    }
    guard let code = AccessCode(content: content) else { throw .malformed }
    let digests = content.suffix(2 * AccessCode.digestBytes)
    guard digests.prefix(AccessCode.digestBytes) == AccessCode.digest(of: sale.rawValue)[...] else { throw .otherSale }
    let owner = digests.suffix(AccessCode.digestBytes)
    guard owner.allSatisfy({ $0 == 0 }) || owner == AccessCode.digest(of: buyer.rawValue)[...] else {
      throw .otherBuyer
    }
    guard now >= code.window.lowerBound else { throw .notYet(code.window.lowerBound) }
    guard now < code.window.upperBound else { throw .expired(code.window.upperBound) }
    return code
  }

  private static func bytes(of text: String) -> [UInt8]? {
    var text = text
    guard text.utf8.count == AccessCode.textBytes else { return nil }
    return text.withUTF8 { text in
      var bytes = [UInt8](repeating: 0, count: AccessCode.signedBytes)
      return bytes.withUnsafeMutableBytes { Base64URL.decode(UnsafeRawBufferPointer(text), into: $0) } ? bytes : nil
    }
  }

  /// A prefix keeps it apart from what else a key may sign.
  private static func authentication(of content: [UInt8], by key: HMAC<SHA256>) -> [UInt8] {
    var hmac = key
    hmac.update(data: Array("penstock access code\0".utf8))
    hmac.update(data: content)
    return Array(hmac.finalize().prefix(AccessCode.codeBytes))
  }

  private static func isEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }
}

// MARK: - The bytes

extension AccessCode {
  fileprivate func content(for sale: SaleID, buyer: BuyerID?) -> [UInt8] {
    var bytes = [Self.version]
    bytes += Self.bytes(of: id)
    bytes += Self.bytes(of: UInt32(clamping: window.lowerBound.seconds))
    bytes += Self.bytes(of: UInt32(clamping: window.upperBound.seconds))
    bytes += Self.bytes(of: UInt32(bitPattern: uses.rawValue))
    bytes += Self.bytes(of: UInt16(clamping: buyerLimit?.rawValue ?? 0))
    bytes += Self.digest(of: sale.rawValue)
    bytes += buyer.map { Self.digest(of: $0.rawValue) } ?? Array(repeating: 0, count: Self.digestBytes)
    return bytes
  }

  fileprivate init?(content: [UInt8]) {
    func number(_ range: Range<Int>) -> UInt64 { content[range].reduce(0) { $0 << 8 | UInt64($1) } }
    func time(_ range: Range<Int>) -> Timestamp { Timestamp(microseconds: Int64(number(range)) * 1_000_000) }
    let (from, until, limit) = (time(9..<13), time(13..<17), Int32(number(21..<23)))
    guard from < until, let uses = Int32(exactly: number(17..<21)) else { return nil }
    guard
      let code = try? AccessCode(
        id: number(1..<9), window: from..<until, uses: Units(uses), buyerLimit: limit > 0 ? Units(limit) : nil)
    else { return nil }
    self = code
  }

  fileprivate static func digest(of name: String) -> [UInt8] {
    Array(SHA256.hash(data: Array(name.utf8)).prefix(digestBytes))
  }

  private static func bytes(of number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.bigEndian) { Array($0) }
  }
}

extension Timestamp {
  fileprivate var seconds: Int64 { microseconds / 1_000_000 }
  fileprivate var isWholeSecond: Bool { microseconds % 1_000_000 == 0 }
}
