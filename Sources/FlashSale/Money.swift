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

  /// The amount with its currency, as `1999.00 CNY`, `1999 JPY` and `1.999 BHD`. It reads back without a loss.
  public var description: String { Currency.text(minor: minor, currency) }
}
