internal import FlashSale
internal import NIOCore

/// Writes one JSON object into a buffer, field by field, without Foundation.
///
/// Names are literals of the source and need no escaping; values are escaped.
struct JSONWriter {
  private(set) var buffer: ByteBuffer
  private var needsComma = false

  /// Starts an object in `buffer`.
  init(_ buffer: ByteBuffer) {
    self.buffer = buffer
    self.buffer.writeStaticString("{")
  }

  mutating func field(_ name: StaticString, _ value: String) {
    start(name)
    string(value)
  }

  /// A literal of the source, which needs no escaping either; `prefix` stands before it.
  mutating func field(_ name: StaticString, prefix: StaticString = "", _ value: StaticString) {
    start(name, andWrite: "\"")
    buffer.write(prefix, value, "\"")
  }

  mutating func field(_ name: StaticString, _ value: OrderID) {
    field(name, bytes: OrderID.textBytes) { value.write(to: $0) }
  }

  /// A string of `count` bytes that `write` fills in, none of which needs escaping.
  mutating func field(_ name: StaticString, bytes count: Int, _ write: (UnsafeMutableRawBufferPointer) -> Void) {
    start(name, andWrite: "\"")
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count + 1) {
      write($0)
      $0[count] = UInt8(ascii: "\"")
      return count + 1
    }
  }

  mutating func field(_ name: StaticString, _ value: some BinaryInteger) {
    start(name)
    buffer.writeDecimal(value)
  }

  mutating func field(_ name: StaticString, _ value: Bool) {
    start(name)
    buffer.writeStaticString(value ? "true" : "false")
  }

  /// A number, or `null`.
  mutating func field(_ name: StaticString, orNull value: (some BinaryInteger)?) {
    guard let value else {
      start(name)
      buffer.writeStaticString("null")
      return
    }
    field(name, value)
  }

  /// An array of objects.
  mutating func array<Element>(
    _ name: StaticString, of elements: [Element], _ write: (inout JSONWriter, Element) -> Void
  ) {
    start(name)
    buffer.writeStaticString("[")
    for (index, element) in elements.enumerated() {
      if index > 0 { buffer.writeStaticString(",") }
      buffer.writeStaticString("{")
      needsComma = false
      write(&self, element)
      buffer.writeStaticString("}")
    }
    buffer.writeStaticString("]")
    needsComma = true
  }

  /// Begins another object in place of this one, in the same memory.
  mutating func restart() {
    buffer.clear()
    buffer.writeStaticString("{")
    needsComma = false
  }

  /// Ends the object.
  mutating func end() { buffer.writeStaticString("}") }

  /// Ends the object, and hands it over.
  consuming func finish() -> ByteBuffer {
    end()
    return buffer
  }

  private mutating func start(_ name: StaticString, andWrite opening: StaticString = "") {
    buffer.write(needsComma ? ",\"" : "\"", name, "\":", opening)
    needsComma = true
  }

  private mutating func string(_ value: String) {
    buffer.writeStaticString("\"")
    if value.utf8.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
      buffer.writeString(value)
    } else {
      for scalar in value.unicodeScalars { escaped(scalar) }
    }
    buffer.writeStaticString("\"")
  }

  private mutating func escaped(_ scalar: Unicode.Scalar) {
    switch scalar {
    case "\"": buffer.writeStaticString("\\\"")
    case "\\": buffer.writeStaticString("\\\\")
    case _ where scalar.value < 0x20:
      let digits = String(scalar.value, radix: 16)
      buffer.writeString("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
    default: buffer.writeString(String(scalar))
    }
  }
}
