import FlashSale
import Fuzzing
import HTTPServing
import HTTPTypes
@testable import Intake
import NIOCore
import NIOEmbedded
import NIOHTTP1

@main enum PlainHead {
  static func main() { fuzz(testOneInput) }
}

/// Any bytes as what a connection begins with: read in the plain form, by the reader of all forms, and by NIO's
/// decoder.
///
/// (1) Both of ours answer for any bytes, and read none past their end (AddressSanitizer).
/// (2) What is read as plain, the reader of all forms reads alike, and NIO's decoder too where it takes it, and all end
///     it at the same byte: else a request could be smuggled past the one in the body of the other.
/// (3) A whole request stays what it is when more follows, and is partial until its last byte.
@c(LLVMFuzzerTestOneInput)
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = UnsafeRawBufferPointer(start: start, count: count)
  let read = Seen(reading: bytes)
  guard case .whole(let request) = PlainRequest.read(bytes) else { return 0 }
  check((1...count).contains(request.length), "a request of \(request.length) bytes in \(count)")
  let seen = Seen(request)
  let own = UnsafeRawBufferPointer(rebasing: bytes[..<request.length])
  check(read == seen, "read \(seen), but it is \(String(describing: read))")
  // NIO's decoder takes no tab behind a length.
  if let decoded = Seen(decoding: own) { check(decoded == seen, "read \(seen), but it is \(decoded)") }
  guard case .whole(let alone) = PlainRequest.read(own), Seen(alone) == seen else {
    fatalError("another request without what follows it: \(seen)")
  }
  guard case .partial = PlainRequest.read(UnsafeRawBufferPointer(rebasing: own.dropLast())) else {
    fatalError("not partial without its last byte: \(seen)")
  }
  return 0
}

/// A request as its server sees it.
private struct Seen: Equatable {
  var target: String
  var buyer: String?
  var key: String?
  var subjects: String?
  var authorization: String?
  var token: String?
  var proof: String?
  var verdict: String?
  var isJSON: Bool
  var endsConnection: Bool
  var body: [UInt8]

  init(_ request: PlainRequest) {
    func text(_ bytes: UnsafeRawBufferPointer?) -> String? { bytes.map { String(decoding: $0, as: UTF8.self) } }
    target =
      switch request.target {
      case .orders(let sale): "POST /v1/sales/\(sale)/orders"
      case .order(let order, ticket: nil): "GET /v1/orders/\(order)"
      case .order(let order, let ticket?): "GET /v1/orders/\(order)?ticket=\(text(ticket) ?? "")"
      case .sale(let sale): "GET /v1/sales/\(sale)"
      case .sales: "GET /v1/sales"
      }
    buyer = text(request.buyer)
    key = text(request.key)
    subjects = text(request.subjects)
    authorization = text(request.authorization)
    token = text(request.token)
    (proof, verdict) = (text(request.shown.proof), text(request.shown.verdict))
    isJSON = request.isJSON
    endsConnection = request.endsConnection
    body = Array(request.body)
  }

  /// What the reader of all forms makes of the first request; `nil` if it finds none, or something wrong.
  init?(reading bytes: UnsafeRawBufferPointer) {
    var search = HeadSearch()
    guard case .whole(let head) = RequestHead.read(bytes, &search), case .length(let length) = head.framing,
      bytes.count - head.length >= length
    else { return nil }
    self.init(
      head.request.method.rawValue, head.request.path ?? "", head.request.headerFields,
      endsConnection: !head.keepsConnection, body: Array(bytes[head.length..<(head.length + length)]))
  }

  /// What NIO's decoder makes of the bytes; `nil` unless they are one request and nothing else.
  init?(decoding bytes: UnsafeRawBufferPointer) {
    let channel = EmbeddedChannel()
    defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
    let decoder = ByteToMessageHandler(HTTPRequestDecoder())
    guard (try? channel.pipeline.syncOperations.addHandler(decoder)) != nil,
      (try? channel.writeInbound(ByteBuffer(bytes: bytes))) != nil,
      case .head(let head)? = try? channel.readInbound(as: HTTPServerRequestPart.self),
      // Which it takes for `Connection`, and no RFC does (RFC 9112 appendix C.2.2).
      !head.headers.contains(name: "Proxy-Connection")
    else { return nil }
    var fields = HTTPFields()
    for (name, value) in head.headers {
      // It leaves the white space behind a value to its user.
      let trimmed = value.reversed().drop { $0 == " " || $0 == "\t" }.reversed()
      if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: String(trimmed))) }
    }
    var body: [UInt8] = []
    while true {
      switch try? channel.readInbound(as: HTTPServerRequestPart.self) {
      case .body(let part)?: body += Array(part.readableBytesView)
      case .end?:
        guard (try? channel.readInbound(as: HTTPServerRequestPart.self)) == .some(nil) else { return nil }
        self.init(head.method.rawValue, head.uri, fields, endsConnection: !head.isKeepAlive, body: body)
        return
      case .head?, nil: return nil
      }
    }
  }

  private init?(_ method: String, _ uri: String, _ fields: HTTPFields, endsConnection: Bool, body: [UInt8]) {
    let order = OrderFields(fields)
    guard order.repeated == nil else { return nil }
    // The id of an order may be written in either case.
    let path = uri.hasPrefix("/v1/orders/") ? String(uri.prefix(47)).lowercased() : ""
    target = "\(method) \(path)\(uri.dropFirst(path.utf8.count))"
    (buyer, key, subjects, isJSON) = (order.buyer, order.key, order.subjects, order.isJSON)
    (authorization, token) = (order.authorization, order.token)
    (proof, verdict) = (order.proof, order.verdict)
    self.endsConnection = endsConnection
    self.body = body
  }
}
