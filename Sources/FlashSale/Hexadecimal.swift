/// Bytes as hexadecimal digits.
public enum Hexadecimal {
  /// Two digits for each byte, in lower case.
  public static func text(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// The eight digits of a number's lower 32 bits, in lower case: ASCII, the first one in the highest byte.
  ///
  /// All eight at once: an order's id has 32 of them, and stands in each answer twice.
  static func digits(of number: UInt64) -> UInt64 {
    var digits = number & 0xFFFF_FFFF
    digits = (digits | digits << 16) & 0x0000_FFFF_0000_FFFF
    digits = (digits | digits << 8) & 0x00FF_00FF_00FF_00FF
    digits = (digits | digits << 4) & 0x0F0F_0F0F_0F0F_0F0F
    // 1 in the byte of each digit that is a letter.
    let letters = (digits + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
    let fromNineToA = UInt64(UInt8(ascii: "a") - UInt8(ascii: "9") - 1)
    return (digits | 0x3030_3030_3030_3030) + letters * fromNineToA
  }

  /// The bytes of a text in upper or lower case; `nil` if it is not pairs of digits. No digits are no bytes.
  public static func bytes(_ text: some StringProtocol) -> [UInt8]? {
    let digits = text.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
    guard digits.count == text.utf8.count, digits.count.isMultiple(of: 2) else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }
}
