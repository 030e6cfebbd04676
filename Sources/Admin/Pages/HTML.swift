internal import FlashSale

/// A piece of HTML. A literal stays as it is; an interpolated value is text and is escaped, unless it is HTML itself.
/// So no value can become markup, from whatever source.
struct HTML: ExpressibleByStringInterpolation, Hashable, Sendable {
  private(set) var text: String

  /// Literals only: a `StaticString` cannot be made from input.
  init(stringLiteral literal: StaticString) { text = literal.description }

  init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

  /// Nothing.
  static let empty: HTML = ""

  struct StringInterpolation: StringInterpolationProtocol {
    var text = ""

    init(literalCapacity: Int, interpolationCount: Int) {
      text.reserveCapacity(literalCapacity + 16 * interpolationCount)
    }

    mutating func appendLiteral(_ literal: StaticString) { text += literal.description }

    /// Text, fit for an element's content and for an attribute in quotes (HTML Living Standard §13.3, and `'`).
    mutating func appendInterpolation(_ value: some StringProtocol) {
      for scalar in value.unicodeScalars {
        switch scalar {
        case "&": text += "&amp;"
        case "<": text += "&lt;"
        case ">": text += "&gt;"
        case "\"": text += "&quot;"
        case "'": text += "&#39;"
        // It would turn around what stands beside it.
        case _ where scalar.turnsText: text += "\u{FFFD}"
        default: text.unicodeScalars.append(scalar)
        }
      }
    }

    mutating func appendInterpolation(_ html: HTML) { text += html.text }

    mutating func appendInterpolation(_ pieces: [HTML]) { for piece in pieces { text += piece.text } }

    /// A number as it stands in an attribute: without grouping.
    mutating func appendInterpolation(plain number: some BinaryInteger) { text += String(number) }

    /// A length or share of a drawing, to a hundredth.
    mutating func appendInterpolation(length value: Double) {
      text += value.grouped(digits: 2).replacing(",", with: "")
    }
  }
}
