internal import FlashSale
internal import Foundation

/// Numbers as people and spreadsheets write them.
enum ImportNumber {
  /// The minor units of an amount, as `1.50` or `1,50`: whichever separator there is stands before the fraction, and
  /// nothing groups the digits.
  static func minor(_ text: String, _ currency: String) throws(ImportFault.Kind) -> Int64 {
    let digits = try digits(text, and: ".,")
    let parts = digits.split(whereSeparator: { $0 == "." || $0 == "," })
    guard digits.count(where: { $0 == "." || $0 == "," }) <= 1 else { throw .grouped }
    guard digits.first?.isNumber ?? false, digits.last?.isNumber ?? false else { throw .noNumber }
    let exponent = Currency.exponent(of: currency)
    if parts.count == 2, parts[1].count > exponent { throw .tooFine(exponent, currency) }
    guard let minor = Currency.minor(parts.joined(separator: "."), currency), minor <= FlashSale.Limits.priceMinor
    else {
      throw .tooExpensive(Currency.text(minor: FlashSale.Limits.priceMinor, currency))
    }
    return minor
  }

  /// Units to sell.
  static func units(_ text: String) throws(ImportFault.Kind) -> Units {
    let digits: String
    do throws(ImportFault.Kind) { digits = try Self.digits(text, and: "") } catch {
      throw error == .noNumber ? .noWholeNumber : error
    }
    guard let number = Int32(digits), (1...FlashSale.Limits.stockUnits).contains(number) else {
      throw .outOfRange(1, Int64(FlashSale.Limits.stockUnits))
    }
    return Units(number)
  }

  /// The text, if it is of digits and separators.
  private static func digits(_ text: String, and separators: String) throws(ImportFault.Kind) -> String {
    let text = text.trimmingCharacters(in: .whitespaces)
    func isDigit(_ character: Character) -> Bool { ("0"..."9").contains(character) }
    func isNumber(_ text: some StringProtocol) -> Bool {
      text.allSatisfy { isDigit($0) || separators.contains($0) } && text.contains(where: isDigit)
    }
    guard let first = text.first else { throw .missing }
    if "-−".contains(first), isNumber(text.dropFirst()) { throw .negative }
    if "=+@-".contains(first) { throw .formula }
    guard isNumber(text) else { throw .noNumber }
    return text
  }
}
