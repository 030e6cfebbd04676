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
    var at = 0
    var bits: UInt32 = 0
    var held = 0
    for letter in text {
      let value = values[Int(letter)]
      guard value < 64 else { return false }
      bits = bits << 6 | UInt32(value)
      held += 6
      if held >= 8 {
        held -= 8
        bytes[at] = UInt8(bits >> UInt32(held) & 0xFF)
        at += 1
      }
    }
    return bits & (1 << UInt32(held) - 1) == 0
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
