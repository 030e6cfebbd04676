public import FlashSale
public import NIOCore

/// Writes one JSON object into a buffer, field by field, without Foundation.
///
/// Names are literals of the source and need no escaping; values are escaped. It and what it calls are inlinable: it
/// writes every answer to the crowd, and must cost no more than code written in place.
public struct JSONWriter {
  @usableFromInline var text: ByteBuffer
  @usableFromInline var needsComma = false

  /// What is written so far.
  @inlinable public var buffer: ByteBuffer { text }

  /// Starts an object in `buffer`.
  @inlinable
  public init(_ buffer: ByteBuffer) {
    text = buffer
    text.writeStaticString("{")
  }

  /// Starts to write fields into `buffer` that are to stand in an object of another writer's (`fields`).
  public init(fieldsIn buffer: ByteBuffer) { text = buffer }

  /// Fields that another writer has written.
  public mutating func fields(_ written: ByteBuffer) {
    guard written.readableBytes > 0 else { return }
    if needsComma { text.writeStaticString(",") }
    text.writeImmutableBuffer(written)
    needsComma = true
  }

  @inlinable
  public mutating func field(_ name: StaticString, _ value: String) {
    start(name)
    string(value)
  }

  /// A literal of the source, which needs no escaping either; `prefix` stands before it.
  @inlinable
  public mutating func field(_ name: StaticString, prefix: StaticString = "", _ value: StaticString) {
    start(name, andWrite: "\"")
    text.write(prefix, value, "\"")
  }

  @inlinable
  public mutating func field(_ name: StaticString, _ value: OrderID) {
    field(name, bytes: OrderID.textBytes) { value.write(to: $0) }
  }

  /// A string of `count` bytes that `write` fills in, none of which needs escaping.
  @inlinable
  public mutating func field(_ name: StaticString, bytes count: Int, _ write: (UnsafeMutableRawBufferPointer) -> Void) {
    start(name, andWrite: "\"")
    text.writeWithUnsafeMutableBytes(minimumWritableBytes: count + 1) {
      write($0)
      $0[count] = UInt8(ascii: "\"")
      return count + 1
    }
  }

  @inlinable
  public mutating func field(_ name: StaticString, _ value: some BinaryInteger) {
    start(name)
    text.writeDecimal(value)
  }

  @inlinable
  public mutating func field(_ name: StaticString, _ value: Bool) {
    start(name)
    text.writeStaticString(value ? "true" : "false")
  }

  /// A number, or `null`.
  @inlinable
  public mutating func field(_ name: StaticString, orNull value: (some BinaryInteger)?) {
    guard let value else { return null(name) }
    field(name, value)
  }

  /// A number with a fraction: the shortest form that reads back as it.
  /// - Precondition: `value` is finite, as JSON has no other number.
  public mutating func field(_ name: StaticString, _ value: Double) {
    precondition(value.isFinite)
    start(name)
    text.writeString("\(value)")
  }

  /// Microseconds as milliseconds with a fraction.
  public mutating func field(_ name: StaticString, millisecondsOf microseconds: Int64) {
    start(name)
    text.writeMilliseconds(microseconds: microseconds)
  }

  @inlinable
  public mutating func null(_ name: StaticString) {
    start(name)
    text.writeStaticString("null")
  }

  /// An array of objects.
  @inlinable
  public mutating func array<Element>(
    _ name: StaticString, of elements: [Element], _ write: (inout JSONWriter, Element) -> Void
  ) {
    start(name)
    text.writeStaticString("[")
    for (index, element) in elements.enumerated() {
      if index > 0 { text.writeStaticString(",") }
      text.writeStaticString("{")
      needsComma = false
      write(&self, element)
      text.writeStaticString("}")
    }
    text.writeStaticString("]")
    needsComma = true
  }

  /// Begins another object in place of this one, in the same memory.
  @inlinable
  public mutating func restart() {
    text.clear()
    text.writeStaticString("{")
    needsComma = false
  }

  /// Ends the object and its line. Another one may follow, on a line of its own: see `beginLine`.
  @inlinable public mutating func endLine() { text.writeStaticString("}\n") }

  /// Begins an object behind those of earlier lines.
  @inlinable
  public mutating func beginLine() {
    text.writeStaticString("{")
    needsComma = false
  }

  /// Ends the object.
  @inlinable public mutating func end() { text.writeStaticString("}") }

  /// Ends the object, and hands it over.
  @inlinable
  public consuming func finish() -> ByteBuffer {
    end()
    return text
  }

  @inlinable
  mutating func start(_ name: StaticString, andWrite opening: StaticString = "") {
    text.write(needsComma ? ",\"" : "\"", name, "\":", opening)
    needsComma = true
  }

  @inlinable
  mutating func string(_ value: String) {
    text.writeStaticString("\"")
    if value.utf8.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
      text.writeString(value)
    } else {
      for scalar in value.unicodeScalars { escaped(scalar) }
    }
    text.writeStaticString("\"")
  }

  @usableFromInline
  mutating func escaped(_ scalar: Unicode.Scalar) {
    switch scalar {
    case "\"": text.writeStaticString("\\\"")
    case "\\": text.writeStaticString("\\\\")
    case _ where scalar.value < 0x20:
      let digits = String(scalar.value, radix: 16)
      text.writeString("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
    default: text.writeString(String(scalar))
    }
  }
}
