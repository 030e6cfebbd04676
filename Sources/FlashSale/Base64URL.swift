internal import FoundationEssentials

/// Base64 with the URL-safe alphabet and no padding (RFC 4648 §5).
enum Base64URL {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  /// 0…63 for a letter of the alphabet, 255 for any other byte.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 255, count: 256)
    for (value, letter) in alphabet.enumerated() { values[Int(letter)] = UInt8(value) }
    return values
  }()

  /// Characters that `count` bytes become.
  static func length(of count: Int) -> Int { (count * 8 + 5) / 6 }

  /// Writes the text of `bytes` into the first `length(of:)` bytes of `text`, which must have them.
  static func encode(_ bytes: UnsafeRawBufferPointer, into text: UnsafeMutableRawBufferPointer) {
    precondition(text.count >= length(of: bytes.count))
    alphabet.withUnsafeBufferPointer { letters in
      // Three bytes are four letters.
      var (from, to) = (0, 0)
      while from + 3 <= bytes.count {
        let bits = Int(bytes[from]) << 16 | Int(bytes[from + 1]) << 8 | Int(bytes[from + 2])
        text[to] = letters[bits >> 18]
        text[to + 1] = letters[bits >> 12 & 63]
        text[to + 2] = letters[bits >> 6 & 63]
        text[to + 3] = letters[bits & 63]
        (from, to) = (from + 3, to + 4)
      }
      let left = bytes.count - from
      guard left > 0 else { return }
      let bits = Int(bytes[from]) << 16 | (left == 2 ? Int(bytes[from + 1]) << 8 : 0)
      text[to] = letters[bits >> 18]
      text[to + 1] = letters[bits >> 12 & 63]
      if left == 2 { text[to + 2] = letters[bits >> 6 & 63] }
    }
  }

  /// Fills `bytes` with what `text` stands for; false if that is another number of bytes, or nothing.
  ///
  /// One text per value: bits left over at the end must be zero.
  static func decode(_ text: UnsafeRawBufferPointer, into bytes: UnsafeMutableRawBufferPointer) -> Bool {
    guard text.count == length(of: bytes.count) else { return false }
    return values.withUnsafeBufferPointer { values in
      // Four letters are three bytes.
      var (from, to) = (0, 0)
      while to + 3 <= bytes.count {
        let (a, b) = (UInt32(values[Int(text[from])]), UInt32(values[Int(text[from + 1])]))
        let (c, d) = (UInt32(values[Int(text[from + 2])]), UInt32(values[Int(text[from + 3])]))
        guard a | b | c | d < 64 else { return false }
        let bits = a << 18 | b << 12 | c << 6 | d
        bytes[to] = UInt8(bits >> 16)
        bytes[to + 1] = UInt8(bits >> 8 & 0xFF)
        bytes[to + 2] = UInt8(bits & 0xFF)
        (from, to) = (from + 4, to + 3)
      }
      let left = bytes.count - to
      guard left > 0 else { return true }
      var bits: UInt32 = 0
      for letter in text[from...] {
        let value = UInt32(values[Int(letter)])
        guard value < 64 else { return false }
        bits = bits << 6 | value
      }
      let spare = UInt32(left == 1 ? 4 : 2)
      guard bits & (1 << spare - 1) == 0 else { return false }
      bits >>= spare
      if left == 2 { bytes[to] = UInt8(bits >> 8) }
      bytes[to + left - 1] = UInt8(bits & 0xFF)
      return true
    }
  }

  /// The bytes that `text` stands for; `nil` if it stands for none.
  static func decode(_ text: Slice<UnsafeRawBufferPointer>) -> Data? {
    guard text.count % 4 != 1 else { return nil }
    var bytes = Data(count: text.count * 6 / 8)
    return bytes.withUnsafeMutableBytes({ decode(UnsafeRawBufferPointer(rebasing: text), into: $0) }) ? bytes : nil
  }

  /// The same of a text.
  static func decode(_ text: String) -> Data? {
    var text = text
    return text.withUTF8 { decode(UnsafeRawBufferPointer($0)[...]) }
  }
}
