/// An amount for people: minor units of one currency. Amounts of two currencies are never added.
public struct Money: Hashable, Sendable, CustomStringConvertible {
  public let minor: Int64

  /// Three capital letters, as in ISO 4217.
  public let currency: String

  /// Creates an amount.
  public init(minor: Int64, currency: String) {
    self.minor = minor
    self.currency = currency
  }

  /// How many digits a currency has after the point (ISO 4217, list one of 2024-06-25): 2 where the list has nothing
  /// else, and for a code that it does not have.
  public static func exponent(of currency: String) -> Int {
    switch currency {
    case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF",
      "XOF", "XPF":
      0
    case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND": 3
    case "CLF", "UYW": 4
    default: 2
    }
  }

  /// The amount with its currency, as `1999.00 CNY`, `1999 JPY` and `1.999 BHD`. It reads back without a loss.
  public var description: String {
    let exponent = Self.exponent(of: currency)
    let digits = String(minor.magnitude)
    let sign = minor < 0 ? "-" : ""
    guard exponent > 0 else { return "\(sign)\(digits) \(currency)" }
    let padded = String(repeating: "0", count: max(0, exponent + 1 - digits.count)) + digits
    return "\(sign)\(padded.dropLast(exponent)).\(padded.suffix(exponent)) \(currency)"
  }
}
