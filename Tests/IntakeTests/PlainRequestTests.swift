import FlashSale
import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import HTTPServing
@testable import Intake
import TestSupport

struct PlainRequestTests {
  /// A request as it looks to whoever serves it.
  private struct Seen: Equatable {
    var target: String
    var buyer: String?
    var key: String?
    var subjects: String?
    /// `Authorization`, `X-Proof-Of-Work` and `X-Bot-Verdict`.
    var shown: [String?] = []
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
    "POST /v1/sales/s/orders HTTP/1.1\r\nHost: a\r\nX-Limit-Subjects: card=1, home=2 \r\nContent-Length: 2\r\n\r\n{}",
    "GET /v1/orders/\(order)?ticket=\(ticket) HTTP/1.1\r\nhost: a\r\nx-buyer-id: \t bob\r\nConnection: close\r\n\r\n",
    "GET /v1/orders/\(order) HTTP/1.1\r\nHost: shop\r\nX-Buyer-Id: bob\r\nConnection: Keep-Alive\r\n\r\n",
    "GET /v1/sales/double11 HTTP/1.1\r\nHost: shop\r\nUser-Agent: a (b; c)\r\nAccept: */*\r\n\r\n",
    "GET /v1/sales HTTP/1.1\r\nHost: shop\r\nContent-Length: 0\r\n\r\n",
    "GET /v1/sales/double11 HTTP/1.0\r\nUser-Agent: ab\r\nX-Empty:\r\nX-Buyer-Id: bob \t\r\n\r\n",
    "GET /v1/sales/double11 HTTP/1.0\r\nHost: [::1]:80\r\nUpgrade: h2c\r\nConnection: keep-alive\r\n\r\n",
    """
    POST /v1/sales/double11/orders HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r
    Authorization: Bearer a.b.c\r\nX-Proof-Of-Work: abc.1\r\nX-Bot-Verdict: 1.x\r\nContent-Length: 2\r\n\r\n{}
    """,
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
            target: target, buyer: text(request.buyer), key: text(request.key),
            subjects: text(request.subjects),
            shown: [request.authorization, request.shown.proof, request.shown.verdict].map(text),
            isJSON: request.isJSON,
            endsConnection: request.endsConnection, body: Array(request.body), rest: bytes.count - request.length))
      }
    }
  }

  /// What the reader of all forms makes of the first request; `nil` if it finds none, or something wrong.
  private func readWhole(_ bytes: [UInt8]) -> Seen? {
    bytes.withUnsafeBytes { bytes in
      var search = HeadSearch()
      guard case .whole(let head) = RequestHead.read(bytes, &search), case .length(let length) = head.framing,
        bytes.count >= head.length + length
      else { return nil }
      let body = Array(bytes[head.length..<(head.length + length)])
      return seen(
        head.request.method.rawValue, head.request.path ?? "", OrderFields(head.request.headerFields),
        endsConnection: !head.keepsConnection, body)
    }
  }

  /// What NIO's decoder makes of it.
  private func decoded(_ bytes: [UInt8]) throws -> Seen? {
    let channel = EmbeddedChannel()
    defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
    try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))
    guard (try? channel.writeInbound(ByteBuffer(bytes: bytes))) != nil else { return nil }
    var head: HTTPRequestHead?
    var body: [UInt8] = []
    while let part = try channel.readInbound(as: HTTPServerRequestPart.self) {
      switch part {
      case .head(let found): head = found
      case .body(let part): body += Array(part.readableBytesView)
      case .end:
        guard let head else { return nil }
        var fields = HTTPFields()
        for (name, value) in head.headers {
          // It leaves the white space behind a value to its user.
          let trimmed = value.reversed().drop { $0 == " " || $0 == "\t" }.reversed()
          if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: String(trimmed))) }
        }
        return seen(
          head.method.rawValue, head.uri, OrderFields(fields), endsConnection: !head.isKeepAlive, body)
      }
    }
    return nil
  }

  private func seen(
    _ method: String, _ target: String, _ fields: OrderFields, endsConnection: Bool, _ body: [UInt8]
  ) -> Seen? {
    guard fields.repeated == nil else { return nil }
    // A hexadecimal digit of an id may be of either case.
    let path = target.hasPrefix("/v1/orders/") ? String(target.prefix(47)).lowercased() : ""
    return Seen(
      target: "\(method) \(path)\(target.dropFirst(path.utf8.count))", buyer: fields.buyer, key: fields.key,
      subjects: fields.subjects, shown: [fields.authorization, fields.proof, fields.verdict], isJSON: fields.isJSON,
      endsConnection: endsConnection, body: body, rest: 0)
  }

  @Test func `the usual requests are read, and are partial until their last byte`() throws {
    for request in Self.requests {
      let bytes = Array(request.utf8)
      guard case .whole(let seen) = plain(bytes) else {
        Issue.record("not plain: \(request)")
        continue
      }
      #expect(seen == readWhole(bytes), "\(request)")
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
    ("Host: shop", "Host: shöp"), ("Host: shop", "Host: sh op"), ("Host: shop", "Host: http://shop"),
    ("Host: shop", "Host: shop\r\nConnection: upgrade"),
    ("Host: shop", "Host: shop\r\nConnection: close\r\nConnection: close"),
    ("Host: shop", "Host: shop\r\nConnection: close, x-buyer-id"),
    ("Host: shop", "Host: shop\r\nExpect: 100-continue"), ("HTTP/1.1", "HTTP/1.2"), ("HTTP/1.1", "HTTP/2.0"),
    ("POST ", "PUT "), ("POST ", "post "), ("POST ", "\r\nPOST "), ("/double11/", "/double%31/"),
    ("/orders ", "/orders? "), ("/orders ", "/orders/ "), ("/v1/", "http://shop/v1/"),
    ("X-Buyer-Id: alice", "X-Buyer-Id: alice\r\nX-Buyer-Id: bob"), ("k-1", "k-1\r\nidempotency-key: k-2"),
  ])
  func `what is not of the plain form is left to the reader of all forms`(part: String, changed: String) {
    let request = Self.requests[0].replacing(part, with: changed)
    #expect(request != Self.requests[0])
    #expect(plain(Array(request.utf8)) == .other, "\(request)")
  }

  @Test func `a large head is left to the reader of all forms`() {
    func request(padding: Int) -> [UInt8] {
      Array(Self.requests[4].replacing("Host:", with: "X: \(String(repeating: "x", count: padding))\r\nHost:").utf8)
    }
    let room = Limits.plainHeadBytes - request(padding: 0).count
    guard case .whole = plain(request(padding: room)) else { return #expect(Bool(false), "at the limit") }
    #expect(plain(request(padding: room + 1)) == .other)
    let many = (0...Limits.plainFields).map { "X-\($0): a\r\n" }.joined()
    #expect(plain(Array(Self.requests[4].replacing("Host:", with: "\(many)Host:").utf8)) == .other)
  }

  @Test func `what is read as plain, the reader of all forms and NIO's decoder read alike, whatever the bytes are`()
    throws
  {
    var random = SeededGenerator(seed: 11)
    let spice = Array("\r\n\r\n \t:,;%?/\u{0}\u{7F}\"0159aAzZ-".utf8)
    var (read, compared) = (0, 0)
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
      let request = Array(bytes.dropLast(seen.rest))
      seen.rest = 0
      let (ours, nio) = (readWhole(request), try decoded(request))
      // NIO's decoder takes no tab behind a length; what it takes, it takes alike.
      #expect(seen == ours && (nio == nil || seen == nio), "\(String(decoding: bytes, as: UTF8.self))")
      if seen != ours || (nio != nil && seen != nio) { return }
      if nio != nil { compared += 1 }
    }
    // Else this has compared nothing.
    #expect(read > 3_000 && compared > read * 9 / 10)
  }
}
