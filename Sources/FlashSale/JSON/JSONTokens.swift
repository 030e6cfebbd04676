// What stands between a document's brackets: numbers, strings, literals, and the bytes that they are made of.

extension JSONReader {
  var isAtString: Bool { peek == UInt8(ascii: "\"") }

  var isAtNumber: Bool { peek.map { $0 == UInt8(ascii: "-") || isDigit($0) } ?? false }

  mutating func takeNull() -> Bool { take(word: "null") }

  /// The number that begins here (RFC 8259 §6), if it is written as a whole one; `nil` if it has a fraction or an
  /// exponent. One past 64 bits is the nearest that has them.
  mutating func number() throws(BodyError) -> Int64? {
    let isNegative = take("-")
    let startsWithZero = peek == UInt8(ascii: "0")
    let start = at
    var value: Int64 = 0
    while let digit = peek, isDigit(digit) {
      let (tens, isOver) = value.multipliedReportingOverflow(by: 10)
      let (sum, isPast) = tens.addingReportingOverflow(Int64(digit - 48))
      value = isOver || isPast ? .max : sum
      at += 1
    }
    guard at > start else { throw .malformed("a number has no digits") }
    guard !startsWithZero || at == start + 1 else { throw .malformed("a number starts with 0") }
    var isWhole = true
    if take(".") {
      isWhole = false
      try skipDigits()
    }
    if take("e") || take("E") {
      isWhole = false
      if !take("-") { _ = take("+") }
      try skipDigits()
    }
    guard isWhole else { return nil }
    return isNegative ? -value : value
  }

  private mutating func skipDigits() throws(BodyError) {
    guard let first = peek, isDigit(first) else { throw .malformed("a number ends too early") }
    while let digit = peek, isDigit(digit) { at += 1 }
  }
}

// MARK: - Strings

extension JSONReader {
  /// The string that begins here, its escapes resolved.
  mutating func string() throws(BodyError) -> String {
    at += 1
    // Nearly every string has no escape: it is then a stretch of the body.
    var text = try unescaped()
    while peek == UInt8(ascii: "\\") {
      text.unicodeScalars.append(try escape())
      text += try unescaped()
    }
    guard take("\"") else { throw .malformed("a string does not end") }
    return text
  }

  /// The stretch of a string from here to the next escape or the string's end.
  private mutating func unescaped() throws(BodyError) -> String {
    let start = at
    var all: UInt8 = 0
    while let byte = peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
      guard byte >= 0x20 else { throw .malformed("a string holds a control character") }
      all |= byte
      at += 1
    }
    // Names and ids are ASCII, of which all is valid: the check takes as long as the rest of an order's body.
    if all < 0x80 { return String(decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<at]), as: UTF8.self) }
    guard let text = String(validating: bytes[start..<at], as: UTF8.self) else {
      throw .malformed("a string is not valid UTF-8")
    }
    return text
  }

  private mutating func escape() throws(BodyError) -> Unicode.Scalar {
    at += 1
    defer { at += 1 }
    switch peek {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let unit = try hexUnit()
      if let scalar = Unicode.Scalar(unit) { return scalar }
      // Outside the basic plane, a character is written as two escapes (RFC 8259 §7).
      guard UTF16.isLeadSurrogate(unit), at + 2 < bytes.count, bytes[at + 1] == UInt8(ascii: "\\"),
        bytes[at + 2] == UInt8(ascii: "u")
      else { throw .malformed("a string holds half a character") }
      at += 2
      let low = try hexUnit()
      let value = 0x1_0000 + UInt32(unit & 0x3FF) << 10 + UInt32(low & 0x3FF)
      guard UTF16.isTrailSurrogate(low), let scalar = Unicode.Scalar(value) else {
        throw .malformed("a string holds half a character")
      }
      return scalar
    default: throw .malformed("a string holds an unknown escape")
    }
  }

  /// The four digits behind the `u` here; leaves off at the last of them.
  private mutating func hexUnit() throws(BodyError) -> UInt16 {
    guard at + 4 < bytes.count else { throw .malformed("a string does not end") }
    var unit: UInt16 = 0
    for _ in 0..<4 {
      at += 1
      switch bytes[at] {
      case let digit where isDigit(digit): unit = unit << 4 | UInt16(digit - 48)
      case let letter where (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(letter | 0x20):
        unit = unit << 4 | UInt16((letter | 0x20) - 87)
      default: throw .malformed("a string holds an unknown escape")
      }
    }
    return unit
  }
}

// MARK: - Bytes

extension JSONReader {
  /// The byte here, or `nil` at the end.
  private var peek: UInt8? { at < bytes.count ? bytes[at] : nil }

  private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  mutating func take(_ wanted: Unicode.Scalar) -> Bool {
    guard peek == UInt8(ascii: wanted) else { return false }
    at += 1
    return true
  }

  /// Takes a word of ASCII, if it stands here.
  mutating func take(word: StaticString) -> Bool {
    let end = at + word.utf8CodeUnitCount
    guard end <= bytes.count, word.withUTF8Buffer({ bytes[at..<end].elementsEqual($0) }) else { return false }
    at = end
    return true
  }

  mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { at += 1 }
  }
}
