/// How amounts of a currency are written for people. Penstock itself counts in minor units only.
public enum Currency {
  /// Digits behind the point: how many minor units make one unit, as a power of ten.
  ///
  /// Two, unless ISO 4217 (List One, which SIX keeps for ISO) says otherwise. A code that it does not
  /// have has two as well.
  public static func exponent(of code: String) -> Int { exponents[code] ?? 2 }

  /// What ISO 4217 gives another number of digits than two.
  private static let exponents: [String: Int] = [
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0,
    "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
    "CLF": 4, "UYW": 4,
  ]

  /// An amount with its currency, as `1999.00 CNY`, `1999 JPY`, `1.999 BHD`. The whole range of `Int64` can be written.
  public static func text(minor: Int64, _ code: String) -> String {
    let exponent = exponent(of: code)
    let sign = minor < 0 ? "-" : ""
    let digits = String(minor.magnitude)
    guard exponent > 0 else { return "\(sign)\(digits) \(code)" }
    let padded = String(repeating: "0", count: max(0, exponent + 1 - digits.count)) + digits
    return "\(sign)\(padded.dropLast(exponent)).\(padded.suffix(exponent)) \(code)"
  }

  /// The minor units of an amount as people write it, as `1999.00` or `1999`; `nil` if it is none of the currency, has
  /// more digits behind the point than it, or more than 64 bits hold.
  public static func minor(_ text: String, _ code: String) -> Int64? {
    let exponent = exponent(of: code)
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), !parts[0].isEmpty, parts.allSatisfy({ $0.utf8.allSatisfy(isDigit) }) else {
      return nil
    }
    let fraction = parts.count == 2 ? parts[1] : ""
    guard fraction.count <= exponent, parts.count == 1 || !fraction.isEmpty else { return nil }
    return Int64(parts[0] + fraction + String(repeating: "0", count: exponent - fraction.count))
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
