import FlashSale
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import Intake

struct PlainRequestTests {
  /// A request as it looks to whoever serves it.
  private struct Seen: Equatable {
    var target: String
    var buyer: String?
    var key: String?
    var isJSON: Bool
    var endsConnection: Bool
    var body: [UInt8]
    /// Bytes that follow the request.
    var rest: Int
  }

  private enum Reading: Equatable {
    case whole(Seen)
    case partial
    case other
  }

  private static let ticket = String(repeating: "A", count: Ticket.textBytes)
  private static let order = "00000001-aaaa-8aaa-8aaa-aaaaaaaaaaaa"

  private static let requests = [
    """
    POST /v1/sales/double11/orders HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json; charset=utf-8\r
    X-Buyer-Id: alice\r\nIdempotency-Key: k-1\r\nContent-Length: 28\r\n\r\n{"sku":"phone","quantity":1}
    """,
    "GET /v1/orders/\(order)?ticket=\(ticket) HTTP/1.1\r\nhost: a\r\nx-buyer-id: \t bob\r\nConnection: close\r\n\r\n",
    "GET /v1/orders/\(order) HTTP/1.1\r\nHost: shop\r\nX-Buyer-Id: bob\r\nConnection: Keep-Alive\r\n\r\n",
    "GET /v1/sales/double11 HTTP/1.1\r\nHost: shop\r\nUser-Agent: a (b; c)\r\nAccept: */*\r\n\r\n",
    "GET /v1/sales HTTP/1.1\r\nHost: shop\r\nContent-Length: 0\r\n\r\n",
  ]

  private func plain(_ bytes: [UInt8]) -> Reading {
    bytes.withUnsafeBytes { bytes in
      switch PlainRequest.read(bytes) {
      case .partial: return .partial
      case .other: return .other
      case .whole(let request):
        let target =
          switch request.target {
          case .orders(let sale): "POST /v1/sales/\(sale)/orders"
          case .order(let order, ticket: nil): "GET /v1/orders/\(order)"
          case .order(let order, let ticket?):
            "GET /v1/orders/\(order)?ticket=\(String(decoding: ticket, as: UTF8.self))"
          case .sale(let sale): "GET /v1/sales/\(sale)"
          case .sales: "GET /v1/sales"
          }
        func text(_ bytes: UnsafeRawBufferPointer?) -> String? { bytes.map { String(decoding: $0, as: UTF8.self) } }
        return .whole(
          Seen(
            target: target, buyer: text(request.buyer), key: text(request.key), isJSON: request.isJSON,
            endsConnection: request.endsConnection, body: Array(request.body), rest: bytes.count - request.length))
      }
    }
  }

  /// What NIO's decoder makes of the first request; `nil` if it finds none, or something wrong.
  private func decoded(_ bytes: [UInt8]) throws -> Seen? {
    let channel = EmbeddedChannel()
    defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
    try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))
    guard (try? channel.writeInbound(ByteBuffer(bytes: bytes))) != nil else { return nil }
    var seen: Seen?
    while let part = try channel.readInbound(as: HTTPServerRequestPart.self) {
      switch part {
      case .head(let head):
        let fields = OrderHeaders(head.headers)
        // A hexadecimal digit of an id may be of either case.
        let path = head.uri.hasPrefix("/v1/orders/") ? String(head.uri.prefix(47)).lowercased() : ""
        seen = Seen(
          target: "\(head.method) \(path)\(head.uri.dropFirst(path.utf8.count))", buyer: fields.buyer, key: fields.key,
          isJSON: fields.isJSON, endsConnection: !head.isKeepAlive, body: [], rest: 0)
        guard fields.repeated == nil, head.headers["host"].count == 1, head.version == .http1_1 else { return nil }
      case .body(let part): seen?.body += Array(part.readableBytesView)
      case .end: return seen
      }
    }
    return nil
  }

  @Test func `the usual requests are read, and are partial until their last byte`() throws {
    for request in Self.requests {
      let bytes = Array(request.utf8)
      guard case .whole(let seen) = plain(bytes) else {
        Issue.record("not plain: \(request)")
        continue
      }
      #expect(seen == (try decoded(bytes)), "\(request)")
      for count in bytes.indices { #expect(plain(Array(bytes[..<count])) == .partial, "\(request) cut at \(count)") }
      guard case .whole(let first) = plain(bytes + bytes) else {
        Issue.record("not plain when another follows: \(request)")
        continue
      }
      #expect(first.rest == bytes.count)
    }
  }

  @Test(arguments: [
    ("Content-Length: 28", "Content-Length: 28\r\nContent-Length: 28"),
    ("Content-Length: 28", "Content-Length: 28\r\nTransfer-Encoding: chunked"),
    ("Content-Length: 28", "Transfer-Encoding: chunked"), ("Content-Length: 28", "Content-Length: +28"),
    ("Content-Length: 28", "Content-Length: 28, 28"), ("Content-Length: 28", "Content-Length: 0x1c"),
    ("Content-Length: 28", "Content-Length: 99999"), ("Content-Length: 28", "X-Other: 28"),
    ("Host: shop", "Host: shop\r\n folded"), ("Host: shop", "Host: shop\r\n\tfolded"),
    ("Host: shop", "Host : shop"), ("Host: shop", "Host: sh\rop"), ("Host: shop", "Host: sh\u{0}op"),
    ("Host: shop", "Host: shop\r\nHost: shop"), ("Host: shop\r\n", ""), ("Host: shop\r\n", "Host: shop\n"),
    ("Host: shop", "Host: shöp"), ("Host: shop", "Host: shop\r\nX-Empty: "), ("alice", "alice "),
    ("Host: shop", "Host: shop\r\nUpgrade: h2c"),
    ("Host: shop", "Host: shop\r\nConnection: upgrade"), ("Host: shop", "Host: shop\r\nProxy-Connection: close"),
    ("Host: shop", "Host: shop\r\nConnection: close, x-buyer-id"),
    ("Host: shop", "Host: shop\r\nExpect: 100-continue"), ("HTTP/1.1", "HTTP/1.0"), ("HTTP/1.1", "HTTP/2.0"),
    ("POST ", "PUT "), ("POST ", "post "), ("POST ", "\r\nPOST "), ("/double11/", "/double%31/"),
    ("/orders ", "/orders? "), ("/orders ", "/orders/ "), ("/v1/", "http://shop/v1/"),
    ("X-Buyer-Id: alice", "X-Buyer-Id: alice\r\nX-Buyer-Id: bob"), ("k-1", "k-1\r\nidempotency-key: k-2"),
  ])
  func `what is not of the plain form is left to the decoder`(part: String, changed: String) {
    let request = Self.requests[0].replacing(part, with: changed)
    #expect(request != Self.requests[0])
    #expect(plain(Array(request.utf8)) == .other, "\(request)")
  }

  @Test func `a large head is left to the decoder`() {
    func request(padding: Int) -> [UInt8] {
      Array(Self.requests[4].replacing("Host:", with: "X: \(String(repeating: "x", count: padding))\r\nHost:").utf8)
    }
    let room = Limits.plainHeadBytes - request(padding: 0).count
    guard case .whole = plain(request(padding: room)) else { return #expect(Bool(false), "at the limit") }
    #expect(plain(request(padding: room + 1)) == .other)
    let many = (0...Limits.plainFields).map { "X-\($0): a\r\n" }.joined()
    #expect(plain(Array(Self.requests[4].replacing("Host:", with: "\(many)Host:").utf8)) == .other)
  }

  @Test func `what is read as plain, NIO's decoder reads alike, whatever the bytes are`() throws {
    var random = SeededRandom(seed: 11)
    let spice = Array("\r\n\r\n \t:,;%?/\u{0}\u{7F}\"0159aAzZ-".utf8)
    var read = 0
    for round in 0..<30_000 {
      var bytes = Array(Self.requests[round % Self.requests.count].utf8)
      for _ in 0..<Int.random(in: 0...3, using: &random) {
        let at = Int.random(in: bytes.indices, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[at] = .random(in: 0...255, using: &random)
        case 1: bytes[at] = spice.randomElement(using: &random) ?? 0
        case 2: bytes.insert(spice.randomElement(using: &random) ?? 0, at: at)
        case 3: bytes.remove(at: at)
        // A stretch once more: fields twice, fields of other requests, a body that is longer.
        default: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + 24)], at: at)
        }
      }
      guard case .whole(var seen) = plain(bytes) else { continue }
      read += 1
      let decoded = try decoded(Array(bytes.dropLast(seen.rest)))
      seen.rest = 0
      #expect(seen == decoded, "\(String(decoding: bytes, as: UTF8.self))")
      if seen != decoded { return }
    }
    // Else this has compared nothing.
    #expect(read > 3_000)
  }
}

/// A generator that gives the same numbers for the same seed (SplitMix64).
private struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }
}
