/// What the body of an order asks for.
public struct OrderRequest: Equatable, Sendable {
  /// What is wanted.
  public var sku: SKU

  /// How many of it: 1 to `Limits.orderUnits`.
  public var quantity: Units

  /// Reads `{"sku": "…", "quantity": …}`: JSON (RFC 8259) of exactly this shape, fields in any order, nothing behind.
  ///
  /// - Parameter body: the bytes as a client sent them; any bytes are allowed.
  /// - Throws: what is wrong first, from left to right.
  public init(parsing body: UnsafeRawBufferPointer) throws(OrderRequestError) {
    self = try OrderRequestParser.parse(body)
  }

  init(sku: SKU, quantity: Units) {
    self.sku = sku
    self.quantity = quantity
  }
}

/// What is wrong with the body of an order.
public enum OrderRequestError: Error, Equatable {
  /// Not JSON, or not an object.
  case malformed(String)
  /// A field that an order does not have.
  case unknownField(String)
  /// The same field twice.
  case duplicateField(String)
  /// JSON, but the field is missing or its value is not allowed.
  case invalidField(String, String)
}

/// The reader behind `OrderRequest(parsing:)`, without Foundation and without recursion.
///
/// (1) Whatever the bytes are, it answers; every read is checked against the end.
/// (2) It reads from left to right and stops at the first thing that is wrong, so a nested value costs nothing.
struct OrderRequestParser {
  private let bytes: UnsafeRawBufferPointer
  private var at = 0

  private init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// The request in `bytes`.
  static func parse(_ bytes: UnsafeRawBufferPointer) throws(OrderRequestError) -> OrderRequest {
    var parser = OrderRequestParser(bytes)
    return try parser.object()
  }

  private mutating func object() throws(OrderRequestError) -> OrderRequest {
    var sku: SKU?
    var quantity: Units?
    skipSpace()
    guard take("{") else { throw .malformed("the body must be a JSON object") }
    skipSpace()
    if !take("}") {
      repeat {
        skipSpace()
        let name = try fieldName()
        skipSpace()
        guard take(":") else { throw .malformed("a colon is missing after a field's name") }
        skipSpace()
        switch name {
        case "sku":
          guard sku == nil else { throw .duplicateField("sku") }
          sku = try skuValue()
        case "quantity":
          guard quantity == nil else { throw .duplicateField("quantity") }
          quantity = try quantityValue()
        default:
          throw .unknownField(name)
        }
        skipSpace()
      } while take(",")
      guard take("}") else { throw .malformed("the object does not end, or a comma is missing") }
    }
    skipSpace()
    guard at == bytes.count else { throw .malformed("something follows the object") }
    guard let sku else { throw .invalidField("sku", "is missing") }
    guard let quantity else { throw .invalidField("quantity", "is missing") }
    return OrderRequest(sku: sku, quantity: quantity)
  }

  private mutating func fieldName() throws(OrderRequestError) -> String {
    guard peek == UInt8(ascii: "\"") else { throw .malformed("a field's name is missing") }
    return try string()
  }

  private mutating func skuValue() throws(OrderRequestError) -> SKU {
    guard peek == UInt8(ascii: "\"") else { throw wrongType("sku", "must be a string") }
    let text = try string()
    do throws(ValidationError) {
      return try SKU(validating: text)
    } catch {
      throw .invalidField("sku", error.reason)
    }
  }

  private static let quantityRule = "must be an integer from 1 to \(Limits.orderUnits)"

  /// A JSON number (RFC 8259 §6) that is an integer of the allowed range.
  private mutating func quantityValue() throws(OrderRequestError) -> Units {
    guard let first = peek, first == UInt8(ascii: "-") || isDigit(first) else {
      throw wrongType("quantity", Self.quantityRule)
    }
    let isNegative = take("-")
    let startsWithZero = peek == UInt8(ascii: "0")
    let start = at
    var value: Int32 = 0
    var isTooLarge = false
    while let digit = peek, isDigit(digit) {
      if value > Limits.orderUnits { isTooLarge = true } else { value = value * 10 + Int32(digit - 48) }
      at += 1
    }
    guard at > start else { throw .malformed("a number has no digits") }
    guard !startsWithZero || at == start + 1 else { throw .malformed("a number starts with 0") }
    if let next = peek, next == UInt8(ascii: ".") || next | 0x20 == UInt8(ascii: "e") {
      throw .invalidField("quantity", Self.quantityRule)
    }
    guard !isNegative, !isTooLarge, (1...Limits.orderUnits).contains(value) else {
      throw .invalidField("quantity", Self.quantityRule)
    }
    return Units(value)
  }

  /// A value that is not of the field's type: invalid if a JSON value can start like this, else not JSON.
  private func wrongType(_ field: String, _ rule: String) -> OrderRequestError {
    switch peek ?? 0 {
    case UInt8(ascii: "\""), UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "t"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      .invalidField(field, rule)
    default: .malformed("the value of \(field) is missing")
    }
  }
}

// MARK: - Strings

extension OrderRequestParser {
  /// The string that starts here, its escapes resolved.
  private mutating func string() throws(OrderRequestError) -> String {
    at += 1
    let start = at
    // Nearly every string has no escape: it is then a stretch of the body.
    while let byte = peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
      guard byte >= 0x20 else { throw .malformed("a string holds a control character") }
      at += 1
    }
    var text = try utf8(bytes[start..<at])
    while peek == UInt8(ascii: "\\") {
      text.unicodeScalars.append(try escape())
      let start = at
      while let byte = peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
        guard byte >= 0x20 else { throw .malformed("a string holds a control character") }
        at += 1
      }
      text += try utf8(bytes[start..<at])
    }
    guard take("\"") else { throw .malformed("a string does not end") }
    return text
  }

  private func utf8(_ stretch: Slice<UnsafeRawBufferPointer>) throws(OrderRequestError) -> String {
    guard let text = String(validating: stretch, as: UTF8.self) else {
      throw .malformed("a string is not valid UTF-8")
    }
    return text
  }

  private mutating func escape() throws(OrderRequestError) -> Unicode.Scalar {
    at += 1
    defer { at += 1 }
    switch peek {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let unit = try hexUnit()
      if let scalar = Unicode.Scalar(unit) { return scalar }
      // Outside the basic plane, a character is written as two escapes (RFC 8259 §7).
      guard UTF16.isLeadSurrogate(unit), at + 2 < bytes.count, bytes[at + 1] == UInt8(ascii: "\\"),
        bytes[at + 2] == UInt8(ascii: "u")
      else { throw .malformed("a string holds half a character") }
      at += 2
      let low = try hexUnit()
      let value = 0x1_0000 + UInt32(unit & 0x3FF) << 10 + UInt32(low & 0x3FF)
      guard UTF16.isTrailSurrogate(low), let scalar = Unicode.Scalar(value) else {
        throw .malformed("a string holds half a character")
      }
      return scalar
    default: throw .malformed("a string holds an unknown escape")
    }
  }

  /// The four digits behind the `u` here; leaves off at the last of them.
  private mutating func hexUnit() throws(OrderRequestError) -> UInt16 {
    guard at + 4 < bytes.count else { throw .malformed("a string does not end") }
    var unit: UInt16 = 0
    for _ in 0..<4 {
      at += 1
      switch bytes[at] {
      case let digit where isDigit(digit): unit = unit << 4 | UInt16(digit - 48)
      case let letter where (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(letter | 0x20):
        unit = unit << 4 | UInt16((letter | 0x20) - 87)
      default: throw .malformed("a string holds an unknown escape")
      }
    }
    return unit
  }
}

// MARK: - Bytes

extension OrderRequestParser {
  /// The byte here, or `nil` at the end.
  private var peek: UInt8? { at < bytes.count ? bytes[at] : nil }

  private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  private mutating func take(_ wanted: Unicode.Scalar) -> Bool {
    guard peek == UInt8(ascii: wanted) else { return false }
    at += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { at += 1 }
  }
}
