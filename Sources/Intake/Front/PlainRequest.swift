internal import FlashSale
internal import Glibc
internal import HTTPServing

/// A request in the form in which nearly every client sends it, read where its bytes arrived: whole, for one of the
/// paths below, its body of a stated length, and no field that changes how the rest is to be read.
///
/// (1) What it reads, `RequestHead` reads alike: a test compares the two, and both with NIO's decoder, whatever the
///     bytes are. It is the same grammar, taken in one pass without a string.
/// (2) What is not of this form is left to `RequestHead` and the routes, which know all forms and say what is wrong. So
///     this never refuses a request.
/// (3) It points into the bytes that it was read from, and lives no longer than they stay where they are.
struct PlainRequest {
  /// What the bytes so far are.
  enum Reading {
    /// A request; more may follow it.
    case whole(PlainRequest)
    /// The beginning of one, as far as can be told.
    case partial
    /// Not of this form.
    case other
  }

  enum Target {
    /// `POST /v1/sales/{sale}/orders`
    case orders(SaleID)
    /// `GET /v1/orders/{id}`, with or without `?ticket=…`
    case order(OrderID, ticket: UnsafeRawBufferPointer?)
    /// `GET /v1/sales/{sale}`
    case sale(SaleID)
    /// `GET /v1/sales`
    case sales
  }

  let target: Target
  /// The values of `X-Buyer-Id`, `Authorization` and `Idempotency-Key`, not checked yet.
  fileprivate(set) var buyer: UnsafeRawBufferPointer?
  fileprivate(set) var authorization: UnsafeRawBufferPointer?
  /// The values of `X-Proof-Of-Work` and `X-Bot-Verdict`, not checked yet.
  fileprivate(set) var shown = ShownFields()
  fileprivate(set) var key: UnsafeRawBufferPointer?
  /// The value of `X-Forwarded-For`.
  fileprivate(set) var forwarded: UnsafeRawBufferPointer?
  /// The value of `X-Room-Token`, not checked yet.
  fileprivate(set) var token: UnsafeRawBufferPointer?
  /// The value of `X-Limit-Subjects`, not checked yet.
  fileprivate(set) var subjects: UnsafeRawBufferPointer?
  /// Whether the body is said to be `application/json`.
  fileprivate(set) var isJSON = false
  /// HTTP/1.0, which ends the connection unless it asks for more.
  let isOldVersion: Bool
  /// The connection ends after the answer, as asked for.
  fileprivate(set) var endsConnection: Bool
  fileprivate(set) var body = UnsafeRawBufferPointer(start: nil, count: 0)
  /// Bytes in all.
  fileprivate(set) var length = 0

  fileprivate init(target: Target, isOldVersion: Bool) {
    self.target = target
    self.isOldVersion = isOldVersion
    endsConnection = isOldVersion
  }

  /// Reads what `bytes` begin with.
  static func read(_ bytes: UnsafeRawBufferPointer) -> Reading {
    var reader = PlainRequestReader(bytes)
    return reader.request()
  }
}

/// The reader behind `PlainRequest.read`.
private struct PlainRequestReader {
  private let bytes: UnsafeRawBufferPointer
  private var at = 0
  private var contentLength: Int?
  private var hosts = 0
  private var saysPersistence = false

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  private enum Line {
    case text(UnsafeRawBufferPointer)
    case partial
    case other
  }

  mutating func request() -> PlainRequest.Reading {
    guard isBegun("POST ") || isBegun("GET ") else { return .other }
    var request: PlainRequest
    switch line() {
    case .text(let line):
      guard let (rest, isOldVersion) = Self.version(of: line), let target = Self.target(of: rest) else { return .other }
      request = PlainRequest(target: target, isOldVersion: isOldVersion)
    case .partial: return .partial
    case .other: return .other
    }
    for _ in 0...Limits.plainFields {
      switch line() {
      case .text(let line) where line.isEmpty: return body(of: &request)
      case .text(let line):
        guard take(line, into: &request) else { return .other }
      case .partial: return .partial
      case .other: return .other
      }
    }
    return .other
  }

  private func body(of request: inout PlainRequest) -> PlainRequest.Reading {
    // Two hosts, or none, are refused by `RequestHead`; HTTP/1.0 need not have one.
    guard hosts == 1 || (hosts == 0 && request.isOldVersion) else { return .other }
    if case .orders = request.target {
      guard contentLength != nil else { return .other }
    } else {
      guard contentLength ?? 0 == 0 else { return .other }
    }
    let length = contentLength ?? 0
    guard length <= Limits.bodyBytes else { return .other }
    guard bytes.count - at >= length else { return .partial }
    request.body = UnsafeRawBufferPointer(rebasing: bytes[at..<(at + length)])
    request.length = at + length
    return .whole(request)
  }

  /// Whether the bytes begin with `text`, as far as they are there.
  private func isBegun(_ text: StaticString) -> Bool {
    text.withUTF8Buffer { text in
      let count = min(text.count, bytes.count)
      return bytes[..<count].elementsEqual(text[..<count])
    }
  }

  /// The next line of the head, without the CR LF that ends it.
  private mutating func line() -> Line {
    let end = min(bytes.count, Limits.plainHeadBytes)
    guard let feed = feed(before: end) else { return bytes.count < Limits.plainHeadBytes ? .partial : .other }
    // Some readers end a line at a bare LF (RFC 9112 §2.2), others do not.
    guard feed > at, bytes[feed - 1] == UInt8(ascii: "\r") else { return .other }
    defer { at = feed + 1 }
    return .text(UnsafeRawBufferPointer(rebasing: bytes[at..<(feed - 1)]))
  }

  /// Where the next LF is. The C library looks at many bytes at once.
  private func feed(before end: Int) -> Int? {
    guard at < end, let start = bytes.baseAddress else { return nil }
    return memchr(start + at, 0x0A, end - at).map { UnsafeRawPointer($0) - start }
  }
}

// MARK: - The request line

extension PlainRequestReader {
  /// What stands before the version, and whether that is HTTP/1.0.
  private static func version(of line: UnsafeRawBufferPointer) -> (UnsafeRawBufferPointer, isOld: Bool)? {
    if let rest = line.dropping(suffix: " HTTP/1.1") { return (rest, false) }
    return line.dropping(suffix: " HTTP/1.0").map { ($0, true) }
  }

  private static func target(of line: UnsafeRawBufferPointer) -> PlainRequest.Target? {
    if let path = line.dropping(prefix: "POST /v1/sales/") {
      return path.dropping(suffix: "/orders").flatMap(SaleID.init(bytes:)).map { .orders($0) }
    }
    if let path = line.dropping(prefix: "GET /v1/orders/") {
      guard path.count > OrderID.textBytes else { return OrderID(text: path).map { .order($0, ticket: nil) } }
      guard let order = OrderID(text: UnsafeRawBufferPointer(rebasing: path[..<OrderID.textBytes])),
        let ticket = UnsafeRawBufferPointer(rebasing: path[OrderID.textBytes...]).dropping(prefix: "?ticket="),
        ticket.count == Ticket.textBytes, ticket.allSatisfy(SKU.allows)
      else { return nil }
      return .order(order, ticket: ticket)
    }
    guard let path = line.dropping(prefix: "GET /v1/sales") else { return nil }
    if path.isEmpty { return .sales }
    return path.dropping(prefix: "/").flatMap(SaleID.init(bytes:)).map { .sale($0) }
  }
}

// MARK: - Fields

extension PlainRequestReader {
  /// Takes a field line (RFC 9112 §5) in; false if it is not of the plain form.
  private mutating func take(_ line: UnsafeRawBufferPointer, into request: inout PlainRequest) -> Bool {
    guard let colon = line.firstIndex(where: { !isTokenByte($0) }), colon > 0, line[colon] == UInt8(ascii: ":") else {
      return false
    }
    let name = UnsafeRawBufferPointer(rebasing: line[..<colon])
    let value = UnsafeRawBufferPointer(rebasing: line[(colon + 1)...]).trimmingWhitespace
    guard value.allSatisfy({ (0x20...0x7E).contains($0) || $0 == 0x09 }) else { return false }
    // By length first: nearly all fields are told apart by it.
    switch name.count {
    case 4 where name.isEqual("host"):
      guard isAuthority(value) else { return false }
      hosts += 1
    case 6 where name.isEqual("expect"), 17 where name.isEqual("transfer-encoding"): return false
    case 10 where name.isEqual("connection"):
      guard !saysPersistence else { return false }
      saysPersistence = true
      if value.isEqual("close") {
        request.endsConnection = true
      } else if value.isEqual("keep-alive") {
        request.endsConnection = false
      } else {
        return false
      }
    case 10 where name.isEqual("x-buyer-id"):
      guard request.buyer == nil else { return false }
      request.buyer = value
    case 12 where name.isEqual("x-room-token"):
      guard request.token == nil else { return false }
      request.token = value
    case 12 where name.isEqual("content-type"):
      guard value.mediaType.isEqual("application/json"), !request.isJSON else { return false }
      request.isJSON = true
    case 13 where name.isEqual("authorization"):
      guard request.authorization == nil else { return false }
      request.authorization = value
    case 13 where name.isEqual("x-bot-verdict"):
      guard request.shown.verdict == nil else { return false }
      request.shown.verdict = value
    case 14 where name.isEqual("content-length"):
      guard contentLength == nil, let length = value.smallNumber else { return false }
      contentLength = length
    case 15 where name.isEqual("x-proof-of-work"):
      guard request.shown.proof == nil else { return false }
      request.shown.proof = value
    case 15 where name.isEqual("idempotency-key"):
      guard request.key == nil else { return false }
      request.key = value
    case 15 where name.isEqual("x-forwarded-for"):
      guard request.forwarded == nil else { return false }
      request.forwarded = value
    case 16 where name.isEqual("x-limit-subjects"):
      guard request.subjects == nil else { return false }
      request.subjects = value
    default: break
    }
    return true
  }
}

extension UnsafeRawBufferPointer {
  /// What follows `prefix`; `nil` if this does not begin with it.
  fileprivate func dropping(prefix: StaticString) -> UnsafeRawBufferPointer? {
    prefix.withUTF8Buffer { prefix in
      guard starts(with: prefix) else { return nil }
      return UnsafeRawBufferPointer(rebasing: self[prefix.count...])
    }
  }

  /// What `suffix` follows; `nil` if this does not end with it.
  fileprivate func dropping(suffix: StaticString) -> UnsafeRawBufferPointer? {
    suffix.withUTF8Buffer { suffix in
      guard count >= suffix.count, self[(count - suffix.count)...].elementsEqual(suffix) else { return nil }
      return UnsafeRawBufferPointer(rebasing: self[..<(count - suffix.count)])
    }
  }

  /// A `Content-Type` without its parameters.
  fileprivate var mediaType: UnsafeRawBufferPointer {
    let type = prefix { $0 != UInt8(ascii: ";") }
    let end = type.lastIndex { $0 != 0x20 && $0 != 0x09 }.map { $0 + 1 } ?? 0
    return UnsafeRawBufferPointer(rebasing: self[..<end])
  }

  /// Whether this is `lowercase` in any case, ASCII only.
  fileprivate func isEqual(_ lowercase: StaticString) -> Bool {
    guard count == lowercase.utf8CodeUnitCount else { return false }
    return lowercase.withUTF8Buffer { wanted in
      for (byte, letter) in zip(self, wanted) where byte != letter {
        guard (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte), byte | 0x20 == letter else { return false }
      }
      return true
    }
  }

  /// A number of one to five digits.
  fileprivate var smallNumber: Int? {
    guard (1...5).contains(count), allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
      return nil
    }
    return reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
  }
}
