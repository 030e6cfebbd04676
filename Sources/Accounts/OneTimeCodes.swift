internal import Crypto
internal import FlashSale
public import Time

/// The secret of a user's authenticator app, and the codes of six digits that it shows: TOTP (RFC 6238) with SHA-1 and
/// steps of 30 s, which is what all of these apps know.
public struct OneTimeCodes: Sendable, Hashable {
  /// 20 bytes, as RFC 4226 §4 advises.
  public let secret: [UInt8]

  /// From the store.
  public init(secret: [UInt8]) { self.secret = secret }

  /// A new secret.
  public static func random() -> OneTimeCodes { OneTimeCodes(secret: (0..<20).map { _ in UInt8.random(in: 0...255) }) }

  /// The step that an instant is in.
  public static func step(at time: Timestamp) -> Int64 { time.microseconds / 30_000_000 }

  /// The step whose code this is: the present one or a neighbour, and later than the last one that was used, so that no
  /// code counts twice. `nil`: the code does not count.
  public func step(of code: String, at time: Timestamp, after last: Int64?) -> Int64? {
    let present = Self.step(at: time)
    let digits = code.filter { $0 != " " }
    guard digits.utf8.count == 6 else { return nil }
    let given = SHA256.hash(data: Array(digits.utf8))
    return ((present - Limits.codeSteps)...(present + Limits.codeSteps)).last { step in
      step > last ?? .min && SHA256.hash(data: Array(self.code(at: step).utf8)) == given
    }
  }

  /// The code of a step: six digits.
  public func code(at step: Int64) -> String { Self.code(secret, step, digits: 6) }

  static func code(_ secret: [UInt8], _ step: Int64, digits: Int) -> String {
    let counter = withUnsafeBytes(of: UInt64(bitPattern: step).bigEndian) { Array($0) }
    let mac = Array(HMAC<Insecure.SHA1>.authenticationCode(for: counter, using: SymmetricKey(data: secret)))
    // Dynamic truncation (RFC 4226 §5.3).
    let offset = Int(mac[mac.count - 1] & 0xF)
    let number = mac[offset..<(offset + 4)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
    let all = String(number)
    return String((String(repeating: "0", count: digits) + all).suffix(digits))
  }

  /// What a person types into the app: Base32 (RFC 4648 §6) in groups of four.
  public var words: String {
    let text = Self.base32(secret)
    return stride(from: 0, to: text.count, by: 4).map { String(text.dropFirst($0).prefix(4)) }.joined(separator: " ")
  }

  /// The secret as 40 hexadecimal digits: what a form carries until a code has shown that the app has it.
  public var secretText: String { Hexadecimal.text(secret) }

  /// Reads `secretText`; `nil` for anything else.
  public init?(secretText: String) {
    guard let secret = Hexadecimal.bytes(secretText), secret.count == 20 else { return nil }
    self.secret = secret
  }

  /// What the app reads from a link.
  public func link(for user: UserName) -> String {
    "otpauth://totp/Penstock:\(user.rawValue)?secret=\(Self.base32(secret))&issuer=Penstock"
  }

  private static func base32(_ bytes: [UInt8]) -> String {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    var (text, bits, held) = ("", UInt32(0), 0)
    for byte in bytes {
      bits = bits << 8 | UInt32(byte)
      held += 8
      while held >= 5 {
        held -= 5
        text.append(letters[Int(bits >> UInt32(held) & 31)])
      }
    }
    if held > 0 { text.append(letters[Int(bits << UInt32(5 - held) & 31)]) }
    return text
  }
}

extension OneTimeCodes: CustomStringConvertible, CustomReflectable {
  /// Nothing of it is printed.
  public var description: String { "•••" }
  /// Nothing inside.
  public var customMirror: Mirror { Mirror(self, children: []) }
}
