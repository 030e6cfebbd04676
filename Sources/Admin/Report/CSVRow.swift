internal import FlashSale
internal import HTTPServing
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
    buffer.writeDecimal(number)
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
    buffer.writeMilliseconds(microseconds: microseconds)
  }

  /// Ends the line.
  mutating func end() {
    buffer.writeStaticString("\r\n")
    isFirst = true
  }

  private mutating func separate() {
    if isFirst { isFirst = false } else { buffer.writeInteger(UInt8(ascii: ",")) }
  }
}
