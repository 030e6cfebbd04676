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

  /// What there is of each currency, ascending: `Int64.max` minor units for that and for more.
  public static func sums(_ amounts: some Sequence<Money>) -> [Money] {
    let sums = amounts.reduce(into: [String: Int128]()) { $0[$1.currency, default: 0] += Int128($1.minor) }
    return sums.sorted { $0.key < $1.key }.map { Money(minor: Int64(clamping: $0.value), currency: $0.key) }
  }
}
