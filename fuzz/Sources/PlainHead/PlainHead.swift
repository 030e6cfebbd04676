import FlashSale
import Fuzzing
@testable import Intake
import NIOCore
import NIOEmbedded
import NIOHTTP1

@main enum PlainHead {
  static func main() { fuzz(testOneInput) }
}

/// Any bytes as what a connection begins with: read in the plain form, and by NIO's decoder.
///
/// (1) It answers for any bytes, and reads none past their end (AddressSanitizer).
/// (2) What is read as plain, NIO's decoder reads alike, and ends it at the same byte: else a request could be smuggled
///     past the one in the body of the other.
/// (3) A whole request stays what it is when more follows, and is partial until its last byte.
@c(LLVMFuzzerTestOneInput)
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = UnsafeRawBufferPointer(start: start, count: count)
  guard case .whole(let request) = PlainRequest.read(bytes) else { return 0 }
  check((1...count).contains(request.length), "a request of \(request.length) bytes in \(count)")
  let seen = Seen(request)
  let own = UnsafeRawBufferPointer(rebasing: bytes[..<request.length])
  check(Seen(decoding: own) == seen, "read \(seen), but it is \(String(describing: Seen(decoding: own)))")
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
    isJSON = request.isJSON
    endsConnection = request.endsConnection
    body = Array(request.body)
  }

  /// What NIO's decoder makes of the bytes; `nil` unless they are one request and nothing else.
  init?(decoding bytes: UnsafeRawBufferPointer) {
    let channel = EmbeddedChannel()
    defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
    let decoder = ByteToMessageHandler(HTTPRequestDecoder())
    guard (try? channel.pipeline.syncOperations.addHandler(decoder)) != nil,
      (try? channel.writeInbound(ByteBuffer(bytes: bytes))) != nil,
      case .head(let head)? = try? channel.readInbound(as: HTTPServerRequestPart.self), head.version == .http1_1
    else { return nil }
    let fields = OrderHeaders(head.headers)
    guard fields.repeated == nil, !fields.expectsContinue, head.headers["host"].count == 1 else { return nil }
    // The id of an order may be written in either case.
    let path = head.uri.hasPrefix("/v1/orders/") ? String(head.uri.prefix(47)).lowercased() : ""
    target = "\(head.method) \(path)\(head.uri.dropFirst(path.utf8.count))"
    (buyer, key) = (fields.buyer, fields.key)
    (isJSON, endsConnection) = (fields.isJSON, !head.isKeepAlive)
    body = []
    while true {
      switch try? channel.readInbound(as: HTTPServerRequestPart.self) {
      case .body(let part)?: body += Array(part.readableBytesView)
      case .end?:
        guard (try? channel.readInbound(as: HTTPServerRequestPart.self)) == .some(nil) else { return nil }
        return
      case .head?, nil: return nil
      }
    }
  }
}
