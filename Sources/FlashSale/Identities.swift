/// A name that comes from outside: bounded, printable, and safe in a record key, a URL path and a log line.
public protocol Identifier: RawRepresentable<String>, Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
  /// What the field is called in an API error.
  static var field: String { get }

  /// The longest raw value, in bytes.
  static var maxBytes: Int { get }

  /// Whether a byte may stand in the raw value.
  static func allows(_ byte: UInt8) -> Bool

  /// Whether the raw value stands in URL paths as it is. It is then neither `.` nor `..`: a client or a gateway takes
  /// those out of a path before anyone reads it (RFC 3986 §5.2.4).
  static var isPathSegment: Bool { get }

  /// Wraps a value that is known to be valid (it was checked when it entered).
  init(unchecked rawValue: String)
}

extension Identifier {
  /// The value, if it has 1 to `maxBytes` allowed bytes and may stand where it is to stand.
  public init?(rawValue: String) {
    var rawValue = rawValue
    guard rawValue.withUTF8({ Self.isValue(UnsafeRawBufferPointer($0)) }) else { return nil }
    self.init(unchecked: rawValue)
  }

  /// The value that these bytes spell, if they spell one; any bytes are allowed.
  @inlinable
  public init?(bytes: UnsafeRawBufferPointer) {
    guard Self.isValue(bytes) else { return nil }
    // All that is allowed is ASCII.
    self.init(unchecked: String(decoding: bytes, as: UTF8.self))
  }

  @inlinable
  static func isValue(_ bytes: UnsafeRawBufferPointer) -> Bool {
    (1...Self.maxBytes).contains(bytes.count) && bytes.allSatisfy(Self.allows)
      && !(isPathSegment && bytes.count <= 2 && bytes.allSatisfy { $0 == UInt8(ascii: ".") })
  }

  /// The value, or an error that names the field and its rule.
  public init(validating rawValue: String, field: String = Self.field) throws(ValidationError) {
    guard let value = Self(rawValue: rawValue) else { throw ValidationError(field, Self.rule) }
    self = value
  }

  /// The rule for a value, in words for the sender of a wrong one.
  public static var rule: String {
    let alphabet = isPathSegment ? "A-Z a-z 0-9 . _ -, and not . or .. alone" : "printable ASCII without spaces"
    return "must be 1 to \(maxBytes) characters of \(alphabet)"
  }

  /// Decodes from a plain JSON string; an invalid one is a decoding error that says the rule.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    do {
      self = try Self(validating: container.decode(String.self))
    } catch let error as ValidationError {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: error.reason)
    }
  }

  /// Encodes as a plain JSON string.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }

  /// By bytes, so that every process sorts alike.
  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

  /// The raw value.
  public var description: String { rawValue }

  /// Letters, digits, `.`, `_` and `-`, which have no meaning in a URL path or in a record key.
  @inlinable static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }

  /// Visible ASCII: an opaque value that someone else makes up.
  @inlinable static func isVisibleByte(_ byte: UInt8) -> Bool { (0x21...0x7E).contains(byte) }
}

/// A sale's public name, e.g. `double11`: 1 to 64 characters of `A-Z a-z 0-9 . _ -`, but neither `.` nor `..`.
public struct SaleID: Identifier {
  public let rawValue: String
  @inlinable public init(unchecked rawValue: String) { self.rawValue = rawValue }
  public static let field = "sale"
  @inlinable public static var maxBytes: Int { Limits.identifierBytes }
  @inlinable public static func allows(_ byte: UInt8) -> Bool { isNameByte(byte) }
  @inlinable public static var isPathSegment: Bool { true }
}

/// What is sold, a stock keeping unit: 1 to 64 characters of `A-Z a-z 0-9 . _ -`, but neither `.` nor `..`.
public struct SKU: Identifier {
  public let rawValue: String
  @inlinable public init(unchecked rawValue: String) { self.rawValue = rawValue }
  public static let field = "sku"
  @inlinable public static var maxBytes: Int { Limits.identifierBytes }
  @inlinable public static func allows(_ byte: UInt8) -> Bool { isNameByte(byte) }
  @inlinable public static var isPathSegment: Bool { true }
}

/// Who buys, as the trusted gateway says: 1 to 64 visible ASCII characters.
public struct BuyerID: Identifier {
  public let rawValue: String
  @inlinable public init(unchecked rawValue: String) { self.rawValue = rawValue }
  public static let field = "X-Buyer-Id"
  @inlinable public static var maxBytes: Int { Limits.identifierBytes }
  @inlinable public static func allows(_ byte: UInt8) -> Bool { isVisibleByte(byte) }
  @inlinable public static var isPathSegment: Bool { false }
}

/// A client's name for one purchase, the same on every retry of it: 1 to 128 visible ASCII characters.
public struct IdempotencyKey: Identifier {
  public let rawValue: String
  @inlinable public init(unchecked rawValue: String) { self.rawValue = rawValue }
  public static let field = "Idempotency-Key"
  @inlinable public static var maxBytes: Int { Limits.idempotencyKeyBytes }
  @inlinable public static func allows(_ byte: UInt8) -> Bool { isVisibleByte(byte) }
  @inlinable public static var isPathSegment: Bool { false }
}

/// A sale's number: given by the database, in every record and at the head of every order id. Above 0.
public struct SaleNumber: RawRepresentable, Hashable, Sendable, Comparable, CustomStringConvertible {
  public let rawValue: Int32
  public init(rawValue: Int32) { self.rawValue = rawValue }
  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
  public var description: String { String(rawValue) }
}
