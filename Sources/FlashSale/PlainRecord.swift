internal import Time

/// A request in the one form in which SwiftProtobuf writes it, written and read without SwiftProtobuf: a *place* of one
/// line, every field once and subjects one after another, in the order of the numbers, and nothing else.
///
/// (1) What it writes, SwiftProtobuf would write alike; what it reads, SwiftProtobuf would read alike: tests compare.
/// (2) It leaves any other form, and anything that is not valid, to SwiftProtobuf, which knows all forms and says what
///     is wrong. So this never refuses a record.
///
/// Intake encodes and a lane decodes every record of the log, and this takes a tenth of SwiftProtobuf's time.
struct PlainRecord {
  private let bytes: UnsafeRawBufferPointer
  private var at = 0

  /// The request in `bytes`; `nil` if it is not in this form, or not valid.
  static func request(in bytes: UnsafeRawBufferPointer) -> PurchaseRequest? {
    var reader = PlainRecord(bytes: bytes)
    return reader.request()
  }

  private init(bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  private mutating func request() -> PurchaseRequest? {
    // A field begins with its number and wire type, `number << 3 | type` (Protocol Buffers, "Encoding"): 0 varint,
    // 1 fixed64, 2 length-delimited, 5 fixed32. Integers are little-endian.
    guard takes(0x08), takes(2),  // schema
      takes(0x1D), let sale: UInt32 = integer(), let number = Int32(exactly: sale), number > 0,
      takes(0x29), let acceptedAt: UInt64 = integer(),
      takes(0x52), let place = smallVarint(), Int(place) == bytes.count - at,  // to the end
      takes(0x09), let high: UInt64 = integer(),
      takes(0x11), let low: UInt64 = integer(),
      takes(0x1A), let buyer: BuyerID = identifier(),
      takes(0x22), let line = byte(), case let end = at + Int(line), end <= bytes.count,
      takes(0x0A), let sku: SKU = identifier(),
      takes(0x10), let quantity = smallVarint(), at == end
    else { return nil }
    var terms = OrderTerms.none
    if end < bytes.count {
      guard let found = self.terms() else { return nil }
      terms = found
    }
    let order = OrderID(high: high, low: low)
    guard order.sale == SaleNumber(rawValue: number) else { return nil }
    return try? PurchaseRequest(
      order: order, stock: StockKey(sale: order.sale, sku: sku), buyer: buyer, quantity: Units(quantity),
      acceptedAt: Timestamp(microseconds: Int64(clamping: acceptedAt)), terms: terms)
  }

  /// What most requests don't have.
  private mutating func terms() -> OrderTerms? {
    var terms = OrderTerms.none
    while at < bytes.count {
      switch byte() {
      case 0x2A:
        guard terms.buyerLimit == nil, !terms.waits, let length = byte(), length < 0x80 else { return nil }
        let end = at + Int(length)
        guard end <= bytes.count,
          takes(0x0A), let kind: SubjectKind = identifier(),
          takes(0x12), let id: SubjectID = identifier(),
          takes(0x18), let limit = varint(), at == end
        else { return nil }
        terms.subjects.append(LimitSubject(kind: kind, id: id, limit: Units(limit)))
      case 0x30:
        guard terms.buyerLimit == nil, !terms.waits, let limit = varint(), limit > 0 else { return nil }
        terms.buyerLimit = Units(limit)
      case 0x38:
        guard !terms.waits, takes(1) else { return nil }
        terms.waits = true
      default: return nil
      }
    }
    return terms
  }

  private mutating func byte() -> UInt8? {
    guard at < bytes.count else { return nil }
    defer { at += 1 }
    return bytes[at]
  }

  private mutating func takes(_ expected: UInt8) -> Bool { byte() == expected }

  private mutating func integer<Integer: FixedWidthInteger>() -> Integer? {
    let size = Integer.bitWidth / 8
    guard bytes.count - at >= size else { return nil }
    defer { at += size }
    return Integer(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: Integer.self))
  }

  /// Up to two bytes of seven bits each, the lower ones first: all that a quantity or a length needs.
  private mutating func smallVarint() -> Int32? {
    guard let low = byte() else { return nil }
    guard low >= 0x80 else { return Int32(low) }
    guard let high = byte(), high < 0x80 else { return nil }
    return Int32(low & 0x7F) | Int32(high) << 7
  }

  /// A number below 2^28, or one of five bytes that fits an `Int32`, in as few bytes as it needs.
  private mutating func varint() -> Int32? {
    var number: UInt64 = 0
    for shift in stride(from: 0, to: 35, by: 7) {
      guard let next = byte() else { return nil }
      number |= UInt64(next & 0x7F) << UInt64(shift)
      guard next < 0x80 else { continue }
      return Int32(exactly: number)
    }
    return nil
  }

  /// A name whose length fits a byte. All its bytes are ASCII, so that they are valid UTF-8 as well.
  private mutating func identifier<Name: Identifier>() -> Name? {
    guard let length = byte(), length < 0x80, (1...Name.maxBytes).contains(Int(length)) else { return nil }
    guard bytes.count - at >= Int(length) else { return nil }
    let text = UnsafeRawBufferPointer(rebasing: bytes[at..<(at + Int(length))])
    guard text.allSatisfy({ $0 < 0x80 && Name.allows($0) }) else { return nil }
    at += Int(length)
    return Name(unchecked: String(decoding: text, as: UTF8.self))
  }
}

// MARK: - Writing

extension PlainRecord {
  /// Writes `request`, of one line, to the start of `bytes`, which has `Limits.oneLineRecordBytes` or more.
  ///
  /// - Returns: how many bytes it took.
  static func write(_ request: PurchaseRequest, to bytes: UnsafeMutableRawBufferPointer) -> Int {
    let (sku, buyer) = (request.stock.sku.rawValue, request.buyer.rawValue)
    let quantity = UInt32(bitPattern: request.quantity.rawValue)
    let line = 2 + sku.utf8.count + 1 + Writer.bytes(ofVarint: quantity)
    let (subjects, limit) = (request.terms.subjects, request.terms.buyerLimit)
    var place = 2 * 9 + 2 + buyer.utf8.count + 2 + line
    for subject in subjects { place += 2 + Writer.bytes(of: subject) }
    if let limit { place += 1 + Writer.bytes(ofVarint: UInt32(bitPattern: limit.rawValue)) }
    if request.terms.waits { place += 2 }
    var writer = Writer(bytes: bytes)
    writer.put(0x08, 2)  // schema
    writer.put(0x1D, integer: UInt32(bitPattern: request.stock.sale.rawValue))
    let acceptedAt = UInt64(clamping: request.acceptedAt.microseconds)
    // A field that is zero is not written (proto3); the others are never zero.
    if acceptedAt > 0 { writer.put(0x29, integer: acceptedAt) }
    writer.put(0x52, varint: UInt32(place))
    writer.put(0x09, integer: request.order.high)
    writer.put(0x11, integer: request.order.low)
    writer.put(0x1A, text: buyer)
    writer.put(0x22, UInt8(line))
    writer.put(0x0A, text: sku)
    writer.put(0x10, varint: quantity)
    for subject in subjects { writer.put(subject) }
    if let limit { writer.put(0x30, varint: UInt32(bitPattern: limit.rawValue)) }
    if request.terms.waits { writer.put(0x38, 1) }
    return writer.at
  }

  private struct Writer {
    let bytes: UnsafeMutableRawBufferPointer
    var at = 0

    mutating func put(_ tag: UInt8, _ value: UInt8) {
      bytes[at] = tag
      bytes[at + 1] = value
      at += 2
    }

    mutating func put(_ tag: UInt8, integer: some FixedWidthInteger) {
      bytes[at] = tag
      bytes.storeBytes(of: integer.littleEndian, toByteOffset: at + 1, as: type(of: integer))
      at += 1 + integer.bitWidth / 8
    }

    /// A name: its length fits a byte.
    mutating func put(_ tag: UInt8, text: String) {
      var text = text
      text.withUTF8 { name in
        put(tag, UInt8(name.count))
        UnsafeMutableRawBufferPointer(rebasing: bytes[at...]).copyMemory(from: UnsafeRawBufferPointer(name))
        at += name.count
      }
    }

    mutating func put(_ subject: LimitSubject) {
      put(0x2A, UInt8(Self.bytes(of: subject)))
      put(0x0A, text: subject.kind.rawValue)
      put(0x12, text: subject.id.rawValue)
      put(0x18, varint: UInt32(bitPattern: subject.limit.rawValue))
    }

    /// How many bytes a subject takes behind its length: fewer than 128, by `Limits.subjectBytes`.
    static func bytes(of subject: LimitSubject) -> Int {
      4 + subject.kind.rawValue.utf8.count + subject.id.rawValue.utf8.count + 1
        + bytes(ofVarint: UInt32(bitPattern: subject.limit.rawValue))
    }

    /// How many bytes a number takes.
    static func bytes(ofVarint number: UInt32) -> Int { max(1, (38 - number.leadingZeroBitCount) / 7) }

    mutating func put(_ tag: UInt8, varint: UInt32) {
      bytes[at] = tag
      at += 1
      var rest = varint
      while rest >= 0x80 {
        bytes[at] = UInt8(truncatingIfNeeded: rest) | 0x80
        rest >>= 7
        at += 1
      }
      bytes[at] = UInt8(rest)
      at += 1
    }
  }
}
