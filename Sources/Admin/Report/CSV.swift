/// Lines of CSV (RFC 4180): CRLF, and quotes where a value needs them.
struct CSVLines {
  private(set) var text = ""

  /// Adds a line of values that are numbers, instants or names of ours, or went through `foreign`.
  mutating func add(_ values: String...) {
    for (index, value) in values.enumerated() {
      if index > 0 { text += "," }
      if value.utf8.contains(where: Self.needsQuotes) {
        text += "\"\(value.replacing("\"", with: "\"\""))\""
      } else {
        text += value
      }
    }
    text += "\r\n"
  }

  /// Whether a value from outside stands as it is: no quotes and no apostrophe.
  static func isPlain(_ value: String) -> Bool {
    // A sign that begins a formula is none of these, and neither is the first byte of a wide one.
    guard let first = value.utf8.first else { return true }
    let isHarmless: Bool =
      switch first {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: false
      }
    return isHarmless && !value.utf8.contains { needsQuotes($0) || endsCell($0) }
  }

  /// What some spreadsheets take for the end of a cell: a semicolon, where the comma is a decimal sign, and a tab.
  private static func endsCell(_ byte: UInt8) -> Bool { byte == UInt8(ascii: ";") || byte == UInt8(ascii: "\t") }

  private static func needsQuotes(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "\r"), UInt8(ascii: "\n"): true
    default: false
    }
  }

  /// A value that someone outside chose. A spreadsheet runs what begins with `=`, `+`, `-`, `@` (in East Asia their
  /// wide forms too), a tab or a line feed as a formula; an apostrophe in front makes it text (OWASP, CSV injection).
  /// So does one behind a semicolon or a tab inside the value, where a cell can begin too.
  ///
  /// Reversible by `native`: where an apostrophe stands in such a place, it gets one more.
  static func foreign(_ value: String) -> String {
    // By scalars: a combining character behind it makes the sign another `Character`, but no other sign.
    var (text, beginsCell) = (String.UnicodeScalarView(), true)
    for scalar in value.unicodeScalars {
      if beginsCell, "'=+-@＝＋－＠\t\r\n".unicodeScalars.contains(scalar) { text.append("'") }
      text.append(scalar)
      beginsCell = scalar == ";" || scalar == "\t"
    }
    return String(text)
  }

  /// The value that `foreign` has written so: one apostrophe less at its beginning, and behind each semicolon and tab.
  static func native(_ text: String) -> String {
    var (value, beginsCell) = (String.UnicodeScalarView(), true)
    for scalar in text.unicodeScalars {
      if !beginsCell || scalar != "'" { value.append(scalar) }
      beginsCell = scalar == ";" || scalar == "\t"
    }
    return String(value)
  }
}
