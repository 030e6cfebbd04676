// What HTTP's grammar is made of, on the bytes as they came.

/// `tchar` (RFC 9110 §5.6.2).
@inlinable
public func isTokenByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
    UInt8(ascii: "!"), UInt8(ascii: "#")...UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"),
    UInt8(ascii: "^"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
    true
  default: false
  }
}

func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

func isHexDigit(_ byte: UInt8) -> Bool {
  isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
}

/// The text of bytes that were checked; bytes past ASCII that are no UTF-8 become replacement characters.
func text(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: bytes, as: UTF8.self) }

extension Collection<UInt8> {
  /// Whether this is `lowercase` in any case, ASCII only.
  func isEqualIgnoringCase(_ lowercase: String) -> Bool {
    count == lowercase.utf8.count
      && zip(self, lowercase.utf8).allSatisfy { byte, letter in
        byte == letter || ((UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) && byte | 0x20 == letter)
      }
  }
}

extension UnsafeRawBufferPointer {
  /// Without the optional white space around a field's value (RFC 9110 §5.6.3).
  @inlinable
  public var trimmingWhitespace: UnsafeRawBufferPointer {
    var (start, end) = (startIndex, endIndex)
    while start < end, self[start] == 0x20 || self[start] == 0x09 { start += 1 }
    while start < end, self[end - 1] == 0x20 || self[end - 1] == 0x09 { end -= 1 }
    return UnsafeRawBufferPointer(rebasing: self[start..<end])
  }

  /// The name and the value of a field's line, without its CR LF; `nil` if it is none.
  var field: (name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer)? {
    // No white space before the colon, and no folded lines (RFC 9112 §5.1, §5.2): both begin with what is no token.
    guard let colon = firstIndex(where: { !isTokenByte($0) }), colon > 0, self[colon] == UInt8(ascii: ":") else {
      return nil
    }
    let value = UnsafeRawBufferPointer(rebasing: self[(colon + 1)...]).trimmingWhitespace
    // CR, NUL and the other controls are invalid or dangerous (RFC 9110 §5.5); bytes past ASCII are opaque.
    guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else { return nil }
    return (UnsafeRawBufferPointer(rebasing: self[..<colon]), value)
  }

  /// A number of 1 to 18 digits.
  var decimal: Int? {
    guard (1...18).contains(count), allSatisfy(isDigit) else { return nil }
    return reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
  }
}
