public import NIOCore

extension ByteBuffer {
  /// Appends a number's decimal digits.
  @inlinable
  public mutating func writeDecimal(_ value: some BinaryInteger) {
    guard value >= 0, let number = UInt64(exactly: value) else {
      writeString(String(value))
      return
    }
    var (count, power) = (1, UInt64(10))
    while number >= power {
      count += 1
      let (next, isOver) = power.multipliedReportingOverflow(by: 10)
      guard !isOver else { break }
      power = next
    }
    let digits = count
    writeWithUnsafeMutableBytes(minimumWritableBytes: digits) { bytes in
      var rest = number
      for place in stride(from: digits - 1, through: 0, by: -1) {
        bytes[place] = UInt8(ascii: "0") + UInt8(rest % 10)
        rest /= 10
      }
      return digits
    }
  }

  /// Appends microseconds as milliseconds with a fraction, as `1.25` and `3.0`.
  public mutating func writeMilliseconds(microseconds: Int64) {
    if microseconds < 0 { writeStaticString("-") }
    let (whole, rest) = microseconds.magnitude.quotientAndRemainder(dividingBy: 1_000)
    writeDecimal(whole)
    writeStaticString(".")
    writeInteger(UInt8(ascii: "0") + UInt8(rest / 100))
    guard rest % 100 > 0 else { return }
    writeInteger(UInt8(ascii: "0") + UInt8(rest / 10 % 10))
    guard rest % 10 > 0 else { return }
    writeInteger(UInt8(ascii: "0") + UInt8(rest % 10))
  }

  /// Appends literals, in one step: an answer consists of many.
  @inlinable
  public mutating func write(
    _ first: StaticString, _ second: StaticString = "", _ third: StaticString = "", _ fourth: StaticString = ""
  ) {
    let count =
      first.utf8CodeUnitCount + second.utf8CodeUnitCount + third.utf8CodeUnitCount + fourth.utf8CodeUnitCount
    writeWithUnsafeMutableBytes(minimumWritableBytes: count) { bytes in
      var end = Self.put(first, at: 0, of: bytes)
      end = Self.put(second, at: end, of: bytes)
      end = Self.put(third, at: end, of: bytes)
      return Self.put(fourth, at: end, of: bytes)
    }
  }

  /// Shares no variable with its caller: each access to one that a closure holds would be checked as it runs, and that
  /// was 5 % of an answer's time.
  ///
  /// - Returns: where the next one goes.
  @inlinable
  static func put(_ text: StaticString, at start: Int, of bytes: UnsafeMutableRawBufferPointer) -> Int {
    guard text.utf8CodeUnitCount > 0 else { return start }
    text.withUTF8Buffer {
      UnsafeMutableRawBufferPointer(rebasing: bytes[start...]).copyMemory(from: UnsafeRawBufferPointer($0))
    }
    return start + text.utf8CodeUnitCount
  }
}
