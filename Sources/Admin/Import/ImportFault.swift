internal import FlashSale

/// Something that is wrong with a file of SKUs, and where.
struct ImportFault: Equatable {
  enum Kind: Error, Equatable {
    // The file.
    case empty, notUTF8, notUTF16, nul
    /// Bytes that a file has at most.
    case tooLarge(Int)

    // Its form.
    case openQuote, textAfterQuote
    case tooManyCells(Int)
    case noHeader
    case missingColumn, columnTwice
    /// How many fields there are, and should be.
    case cells(Int, of: Int)

    // One value.
    case missing, formula, negative, noNumber, noWholeNumber, grouped, wrongSKU, wrongCurrency
    /// Digits behind the point that the currency has.
    case tooFine(Int, String)
    /// The least and the most.
    case outOfRange(Int64, Int64)
    case tooExpensive(String)
    case skuTwice(line: Int)
    case tooManySKUs(Int)

    // What a sale that exists does not take.
    case notInSale, skuStays, unitsStay, currencyStays, priceStays, priceIsZero
  }

  let kind: Kind

  /// From 1; `nil`: the file as a whole.
  var line: Int?

  /// The column's name, or its number where it has none.
  var column: String?

  /// What stands there.
  var value: String?
}
