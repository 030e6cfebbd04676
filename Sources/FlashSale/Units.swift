/// A number of units of one SKU: 0 to `Limits.stockUnits`.
public struct Units: RawRepresentable, Hashable, Sendable, Comparable, CustomStringConvertible, Codable {
  public let rawValue: Int32
  public init(rawValue: Int32) { self.rawValue = rawValue }
  public init(_ rawValue: Int32) { self.rawValue = rawValue }

  public static let zero = Units(0)
  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

  /// Cannot overflow: both sides are bounded by `Limits.stockUnits`, which is less than half of `Int32.max`.
  public static func + (a: Self, b: Self) -> Self { Units(a.rawValue + b.rawValue) }
  public static func - (a: Self, b: Self) -> Self { Units(a.rawValue - b.rawValue) }

  public var description: String { String(rawValue) }
}

/// The price of one unit: an integer of the currency's minor unit, never a fraction.
public struct Price: Hashable, Sendable {
  /// Minor units (cents, fen), 0 to `Limits.priceMinor`.
  public var minor: Int64

  /// Three capital letters, as in ISO 4217.
  public var currency: String

  /// Creates a price, or says which of the two is out of range.
  public init(minor: Int64, currency: String) throws(ValidationError) {
    guard (0...Limits.priceMinor).contains(minor) else {
      throw ValidationError("price_minor", "must be 0 to \(Limits.priceMinor)")
    }
    guard Self.isCurrency(currency) else { throw ValidationError("currency", Self.currencyRule) }
    self.minor = minor
    self.currency = currency
  }

  static let currencyRule = "must be three capital letters, as CNY"

  static func isCurrency(_ text: String) -> Bool {
    text.utf8.count == 3 && text.utf8.allSatisfy((UInt8(ascii: "A")...UInt8(ascii: "Z")).contains)
  }
}
