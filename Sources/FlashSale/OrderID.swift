import Crypto

/// An order's id: a UUID version 8 (RFC 9562 §5.8) that anyone who knows the purchase can derive (I8).
///
///     0                   32       48   52       64 66                            128
///     | sale number, BE   | hash   | 8  | hash   |10| hash                        |
///
/// The hash is SHA-256 over (sale, buyer, idempotency key). The sale stands first, so that a sale's ids lie
/// together in an index; 90 bits of hash make a collision inside one sale of 10^9 orders less likely than 10^-9.
public struct OrderID: Hashable, Sendable {
  /// The first 8 bytes, big-endian.
  public let high: UInt64

  /// The last 8 bytes, big-endian.
  public let low: UInt64

  /// The sale that the id names.
  public var sale: SaleNumber { SaleNumber(rawValue: Int32(truncatingIfNeeded: high >> 32)) }

  /// Takes the two halves as they are.
  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// The id of one purchase: the same for the same (sale, buyer, key), whoever asks.
  public init(sale: SaleNumber, buyer: BuyerID, key: IdempotencyKey) {
    var hash = SHA256()
    // Lengths go in too, so that no two (buyer, key) pairs run together to the same bytes.
    withUnsafeBytes(of: sale.rawValue.bigEndian) { hash.update(bufferPointer: $0) }
    Self.update(&hash, with: buyer.rawValue)
    Self.update(&hash, with: key.rawValue)
    let (first, second) = hash.finalize().withUnsafeBytes { digest in
      (digest.loadUnaligned(as: UInt64.self), digest.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }
    self.init(sale: sale, first: UInt64(bigEndian: first), second: UInt64(bigEndian: second))
  }

  /// A fresh id, for a purchase without a key: a retry of it cannot be recognised.
  public init(randomFor sale: SaleNumber) {
    self.init(sale: sale, first: .random(in: .min ... .max), second: .random(in: .min ... .max))
  }

  private init(sale: SaleNumber, first: UInt64, second: UInt64) {
    let number = UInt64(UInt32(bitPattern: sale.rawValue))
    high = number << 32 | first & 0xFFFF_0FFF | 0x8000
    low = second & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
  }

  private static func update(_ hash: inout SHA256, with text: String) {
    var text = text
    text.withUTF8 { bytes in
      withUnsafeBytes(of: UInt32(bytes.count).bigEndian) { hash.update(bufferPointer: $0) }
      hash.update(bufferPointer: UnsafeRawBufferPointer(bytes))
    }
  }
}

extension OrderID: Comparable {
  public static func < (a: Self, b: Self) -> Bool {
    a.high == b.high ? a.low < b.low : a.high < b.high
  }
}

extension OrderID: LosslessStringConvertible {
  /// The id of a UUID's text form (36 characters, either case), if it is a version 8 one.
  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count == 36 else { return nil }
    var halves: (high: UInt64, low: UInt64) = (0, 0)
    var digits = 0
    for (index, byte) in bytes.enumerated() {
      if [8, 13, 18, 23].contains(index) {
        guard byte == UInt8(ascii: "-") else { return nil }
        continue
      }
      guard let digit = Character(UnicodeScalar(byte)).hexDigitValue else { return nil }
      if digits < 16 {
        halves.high = halves.high << 4 | UInt64(digit)
      } else {
        halves.low = halves.low << 4 | UInt64(digit)
      }
      digits += 1
    }
    guard halves.high & 0xF000 == 0x8000, halves.low >> 62 == 0b10 else { return nil }
    self.init(high: halves.high, low: halves.low)
  }

  /// The UUID's text form, lower case.
  public var description: String {
    String(unsafeUninitializedCapacity: 36) { text in
      var at = 0
      for half in [high, low] {
        for shift in stride(from: 60, through: 0, by: -4) {
          if at == 8 || at == 13 || at == 18 || at == 23 {
            text[at] = UInt8(ascii: "-")
            at += 1
          }
          let digit = UInt8(half >> UInt64(shift) & 0xF)
          text[at] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
          at += 1
        }
      }
      return at
    }
  }
}

extension OrderID: Codable {
  /// Decodes from the text form.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let value = OrderID(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "must be an order id (UUID version 8)")
    }
    self = value
  }

  /// Encodes as the text form.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
