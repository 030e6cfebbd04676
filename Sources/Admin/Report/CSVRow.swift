internal import FlashSale
internal import NIOCore
internal import Time

/// Lines of CSV as `CSVLines` makes them, written into a buffer value by value: for files of millions of lines.
struct CSVRow {
  private(set) var buffer: ByteBuffer
  private var isFirst = true

  init(_ buffer: ByteBuffer) { self.buffer = buffer }

  /// A value that is a name of ours: it has nothing that needs quotes.
  mutating func add(_ value: String) {
    separate()
    buffer.writeString(value)
  }

  /// A value that someone outside chose; see `CSVLines.foreign`.
  mutating func add(foreign value: String) {
    separate()
    guard !CSVLines.isPlain(value) else {
      buffer.writeString(value)
      return
    }
    var line = CSVLines()
    line.add(CSVLines.foreign(value))
    // Without its CRLF.
    buffer.writeString(String(line.text.unicodeScalars.dropLast(2)))
  }

  mutating func add(_ number: some BinaryInteger) {
    separate()
    if let small = Int64(exactly: number) { writeDecimal(small) } else { buffer.writeString("\(number)") }
  }

  mutating func add(_ id: OrderID) {
    separate()
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: OrderID.textBytes) {
      id.write(to: $0)
      return OrderID.textBytes
    }
  }

  mutating func add(_ time: Timestamp) {
    separate()
    guard time.hasPlainText else {
      buffer.writeString("\(time)")
      return
    }
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Timestamp.textBytes) {
      time.write(to: $0)
      return Timestamp.textBytes
    }
  }

  /// Microseconds as milliseconds with a fraction, as `1.25` and `3.0`.
  mutating func add(milliseconds microseconds: Int64) {
    separate()
    if microseconds < 0 { buffer.writeStaticString("-") }
    let (whole, rest) = microseconds.magnitude.quotientAndRemainder(dividingBy: 1_000)
    writeDecimal(Int64(whole))
    buffer.writeStaticString(".")
    buffer.writeInteger(UInt8(ascii: "0") + UInt8(rest / 100))
    guard rest % 100 > 0 else { return }
    buffer.writeInteger(UInt8(ascii: "0") + UInt8(rest / 10 % 10))
    guard rest % 10 > 0 else { return }
    buffer.writeInteger(UInt8(ascii: "0") + UInt8(rest % 10))
  }

  /// Ends the line.
  mutating func end() {
    buffer.writeStaticString("\r\n")
    isFirst = true
  }

  private mutating func separate() {
    if isFirst { isFirst = false } else { buffer.writeInteger(UInt8(ascii: ",")) }
  }

  private mutating func writeDecimal(_ number: Int64) {
    // At most 19 digits and a sign.
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 20) { bytes in
      var rest = number.magnitude
      var first = 20
      repeat {
        first -= 1
        bytes[first] = UInt8(ascii: "0") + UInt8(rest % 10)
        rest /= 10
      } while rest > 0
      if number < 0 {
        first -= 1
        bytes[first] = UInt8(ascii: "-")
      }
      let count = 20 - first
      bytes.baseAddress.map { $0.copyMemory(from: $0 + first, byteCount: count) }
      return count
    }
  }
}
