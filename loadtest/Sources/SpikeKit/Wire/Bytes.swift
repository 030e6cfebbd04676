#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Comparing received bytes with words of the protocol, without making a String of them.
extension Span<UInt8> {
  /// Where `byte` is first, from `start` on and before `end`; `nil` if it is nowhere there.
  func first(_ byte: UInt8, from start: Int, before end: Int) -> Int? {
    guard start < end else { return nil }
    precondition(start >= 0 && end <= count)
    return withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress, let found = memchr(base + start, Int32(byte), end - start) else { return nil }
      return UnsafeRawPointer(found) - base
    }
  }

  /// Whether the bytes in `range` are `text`.
  func holds(_ text: StaticString, at range: Range<Int>) -> Bool {
    guard range.count == text.utf8CodeUnitCount else { return false }
    precondition(range.upperBound <= count)
    return withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return true }
      return memcmp(base + range.lowerBound, text.utf8Start, range.count) == 0
    }
  }

  /// Whether the bytes in `range` are `text`, whatever case they are in.
  func holds(anyCase text: StaticString, at range: Range<Int>) -> Bool {
    guard range.count == text.utf8CodeUnitCount else { return false }
    precondition(range.upperBound <= count)
    return withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return true }
      // strncasecmp(3) looks at no more than so many bytes, nor past a NUL, which `text` has none of; without
      // setlocale(3) only the letters of ASCII have two cases.
      let start = (base + range.lowerBound).assumingMemoryBound(to: CChar.self)
      return strncasecmp(start, UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self), range.count) == 0
    }
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
