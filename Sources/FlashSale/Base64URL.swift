/// Base64 with the URL-safe alphabet and no padding (RFC 4648 §5).
enum Base64URL {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  /// 0…63 for a letter of the alphabet, 255 for any other byte.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 255, count: 256)
    for (value, letter) in alphabet.enumerated() { values[Int(letter)] = UInt8(value) }
    return values
  }()

  static func encode(_ bytes: [UInt8]) -> String {
    String(unsafeUninitializedCapacity: (bytes.count * 8 + 5) / 6) { text in
      var at = 0
      var bits: UInt32 = 0
      var held = 0
      for byte in bytes {
        bits = bits << 8 | UInt32(byte)
        held += 8
        while held >= 6 {
          held -= 6
          text[at] = alphabet[Int(bits >> UInt32(held) & 63)]
          at += 1
        }
      }
      if held > 0 {
        text[at] = alphabet[Int(bits << UInt32(6 - held) & 63)]
        at += 1
      }
      return at
    }
  }

  /// The `count` bytes that `text` stands for; `nil` if it stands for another number of bytes or for none.
  ///
  /// One text per value: bits left over at the end must be zero.
  static func decode(_ text: String, count: Int) -> [UInt8]? {
    guard text.utf8.count == (count * 8 + 5) / 6 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    var bits: UInt32 = 0
    var held = 0
    for letter in text.utf8 {
      let value = values[Int(letter)]
      guard value < 64 else { return nil }
      bits = bits << 6 | UInt32(value)
      held += 6
      if held >= 8 {
        held -= 8
        bytes.append(UInt8(bits >> UInt32(held) & 0xFF))
      }
    }
    guard bits & (1 << UInt32(held) - 1) == 0 else { return nil }
    return bytes
  }
}
