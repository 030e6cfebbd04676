/// Comparing received bytes with words of the protocol, without making a String of them.
extension Span<UInt8> {
  /// Whether the bytes in `range` are `text`.
  func holds(_ text: StaticString, at range: Range<Int>) -> Bool {
    guard range.count == text.utf8CodeUnitCount else { return false }
    // In bounds: `offset` is below `utf8CodeUnitCount`.
    for offset in 0..<range.count where self[range.lowerBound + offset] != text.utf8Start[offset] { return false }
    return true
  }

  /// Whether the bytes in `range` are `text`, which is in lower case, whatever case they are in.
  func holds(anyCase text: StaticString, at range: Range<Int>) -> Bool {
    guard range.count == text.utf8CodeUnitCount else { return false }
    for offset in 0..<range.count {
      let byte = self[range.lowerBound + offset]
      let lower = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 32 : byte
      if lower != text.utf8Start[offset] { return false }
    }
    return true
  }

  /// The decimal number of 1 to 18 digits in `range`, or `nil`.
  func decimal(at range: Range<Int>) -> Int? {
    guard (1...18).contains(range.count) else { return nil }
    var value = 0
    for index in range {
      let digit = self[index] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = value * 10 + Int(digit)
    }
    return value
  }

  /// `range` without spaces and tabs at its ends.
  func trimmed(_ range: Range<Int>) -> Range<Int> {
    var low = range.lowerBound
    var high = range.upperBound
    while low < high, self[low] == 32 || self[low] == 9 { low += 1 }
    while low < high, self[high - 1] == 32 || self[high - 1] == 9 { high -= 1 }
    return low..<high
  }

  /// The bytes in `range` as text. Bytes that are not UTF-8 become U+FFFD.
  func text(at range: Range<Int>) -> String {
    String(decoding: range.map { self[$0] }, as: UTF8.self)
  }
}
