public import NIOCore

extension ByteBuffer {
  /// Appends a number's decimal digits.
  @inlinable
  public mutating func writeDecimal(_ value: some BinaryInteger) {
    guard value >= 0, var rest = UInt64(exactly: value) else {
      writeString(String(value))
      return
    }
    // 2^64 has 20 digits.
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
      var first = digits.count
      repeat {
        first -= 1
        digits[first] = UInt8(ascii: "0") + UInt8(rest % 10)
        rest /= 10
      } while rest > 0
      writeBytes(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(digits)[first...]))
    }
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
    text.withUTF8Buffer {
      UnsafeMutableRawBufferPointer(rebasing: bytes[start...]).copyMemory(from: UnsafeRawBufferPointer($0))
    }
    return start + text.utf8CodeUnitCount
  }
}
