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

  /// By the second half only, which is hash throughout: a lane puts every id that it decides into a set.
  public func hash(into hasher: inout Hasher) { hasher.combine(low) }

  /// Takes the two halves as they are.
  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// The id of one purchase: always the same for the same (sale, buyer, key).
  public init(sale: SaleNumber, buyer: BuyerID, key: IdempotencyKey) {
    var (buyer, key) = (buyer.rawValue, key.rawValue)
    // Handed over at once: each piece by itself costs SHA-256 more than its bytes do.
    let hash = buyer.withUTF8 { buyer in
      key.withUTF8 { key in
        withUnsafeTemporaryAllocation(
          byteCount: MemoryLayout<Int32>.size * 3 + buyer.count + key.count, alignment: MemoryLayout<Int32>.alignment
        ) { bytes in
          var rest = Self.put(sale.rawValue, into: bytes)
          // Lengths go in too, so that no two (buyer, key) pairs run together to the same bytes.
          rest = Self.put(buyer, into: Self.put(Int32(buyer.count), into: rest))
          _ = Self.put(key, into: Self.put(Int32(key.count), into: rest))
          var hash = SHA256()
          hash.update(bufferPointer: UnsafeRawBufferPointer(bytes))
          return hash.finalize()
        }
      }
    }
    let (first, second) = hash.withUnsafeBytes { digest in
      (digest.loadUnaligned(as: UInt64.self), digest.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }
    self.init(sale: sale, first: UInt64(bigEndian: first), second: UInt64(bigEndian: second))
  }

  /// A fresh id, for a purchase without a key: a retry of it cannot be recognised.
  ///
  /// - Parameter generator: of random bits that no other process has, as the system's.
  public init(randomFor sale: SaleNumber, using generator: inout some RandomNumberGenerator) {
    self.init(sale: sale, first: generator.next(), second: generator.next())
  }

  /// The same, with the system's random bits.
  public init(randomFor sale: SaleNumber) {
    var system = SystemRandomNumberGenerator()
    self.init(randomFor: sale, using: &system)
  }

  private init(sale: SaleNumber, first: UInt64, second: UInt64) {
    let number = UInt64(UInt32(bitPattern: sale.rawValue))
    high = number << 32 | first & 0xFFFF_0FFF | 0x8000
    low = second & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
  }

  /// - Returns: the room behind it.
  private static func put(_ number: Int32, into room: UnsafeMutableRawBufferPointer) -> UnsafeMutableRawBufferPointer {
    room.storeBytes(of: number.bigEndian, as: Int32.self)
    return UnsafeMutableRawBufferPointer(rebasing: room.dropFirst(MemoryLayout<Int32>.size))
  }

  /// - Returns: the room behind it.
  private static func put(
    _ text: UnsafeBufferPointer<UInt8>, into room: UnsafeMutableRawBufferPointer
  ) -> UnsafeMutableRawBufferPointer {
    room.copyBytes(from: text)
    return UnsafeMutableRawBufferPointer(rebasing: room.dropFirst(text.count))
  }
}

extension OrderID: Comparable {
  public static func < (a: Self, b: Self) -> Bool {
    a.high == b.high ? a.low < b.low : a.high < b.high
  }
}

extension OrderID: LosslessStringConvertible {
  /// Bytes of the text form.
  public static let textBytes = 36

  /// The id of a UUID's text form (36 characters, either case), if it is a version 8 one.
  public init?(_ text: String) {
    var text = text
    guard let id = text.withUTF8({ OrderID(text: UnsafeRawBufferPointer($0)) }) else { return nil }
    self = id
  }

  /// The same from the text's bytes; any bytes are allowed.
  public init?(text: UnsafeRawBufferPointer) {
    guard text.count == Self.textBytes else { return nil }
    var halves: (high: UInt64, low: UInt64) = (0, 0)
    for (index, byte) in text.enumerated() {
      if Self.isHyphen(index) {
        guard byte == UInt8(ascii: "-") else { return nil }
        continue
      }
      guard let digit = hexadecimalValue(byte) else { return nil }
      // The first 16 digits are the high half, and two hyphens stand among them.
      if index < 18 { halves.high = halves.high << 4 | digit } else { halves.low = halves.low << 4 | digit }
    }
    guard halves.high & 0xF000 == 0x8000, halves.low >> 62 == 0b10 else { return nil }
    self.init(high: halves.high, low: halves.low)
  }

  /// The UUID's text form, lower case.
  public var description: String {
    String(unsafeUninitializedCapacity: Self.textBytes) { text in
      write(to: UnsafeMutableRawBufferPointer(text))
      return Self.textBytes
    }
  }

  /// Writes the text form into the first `textBytes` bytes of `text`, which must have them.
  public func write(to text: UnsafeMutableRawBufferPointer) {
    precondition(text.count >= Self.textBytes)
    // 8-4-4-4-12 digits.
    func put(_ digits: UInt64, at offset: Int) {
      text.storeBytes(of: digits.bigEndian, toByteOffset: offset, as: UInt64.self)
    }
    func put(half digits: UInt64, at offset: Int) {
      text[offset] = UInt8(ascii: "-")
      text.storeBytes(of: UInt32(truncatingIfNeeded: digits).bigEndian, toByteOffset: offset + 1, as: UInt32.self)
    }
    let (second, third) = (Hexadecimal.digits(of: high), Hexadecimal.digits(of: low >> 32))
    put(Hexadecimal.digits(of: high >> 32), at: 0)
    put(half: second >> 32, at: 8)
    put(half: second, at: 13)
    put(half: third >> 32, at: 18)
    put(half: third, at: 23)
    put(Hexadecimal.digits(of: low), at: 28)
  }

  private static func isHyphen(_ index: Int) -> Bool { index == 8 || index == 13 || index == 18 || index == 23 }
}

/// What a hexadecimal digit of either case stands for; `nil` for any other byte.
private func hexadecimalValue(_ byte: UInt8) -> UInt64? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
  case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
  case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
  default: nil
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
