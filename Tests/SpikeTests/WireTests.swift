import NIOCore
import Testing

@testable import SpikeKit

struct WireTests {
  private struct Parsed: Equatable {
    let status: Int
    let body: String
    let length: Int
    let keepsAlive: Bool
  }

  private func parse(_ text: String) throws -> Parsed? {
    let bytes = Array(text.utf8)
    guard let answer = try Answer.parse(bytes.span) else { return nil }
    let body =
      switch answer.body {
      case .range(let range): Array(bytes[range])
      case .joined(let body): body
      }
    return Parsed(
      status: answer.head.status, body: String(decoding: body, as: UTF8.self), length: answer.length,
      keepsAlive: answer.keepsAlive)
  }

  @Test(arguments: [
    "HTTP/1.1 202 Accepted\r\nContent-Length: 5\r\nDate: x\r\n\r\nhello",
    "HTTP/1.1 202 Accepted\r\ntransfer-encoding:  Chunked \r\n\r\n2;x=y\r\nhe\r\n03\r\nllo\r\n0\r\nTrailer: 1\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202\u{20}\r\ncontent-length:5\r\n\r\nhello",
  ])
  func `an answer is whole with its last byte and not one earlier`(_ text: String) throws {
    let length = text.utf8.count
    for cut in 0..<length { #expect(try parse(String(text.prefix(bytes: cut))) == nil) }
    #expect(try parse(text) == Parsed(status: 202, body: "hello", length: length, keepsAlive: true))
    #expect(try parse(text + "HTTP/1.1 500")?.length == length)
  }

  @Test func `a carriage return that ends no line is part of it`() throws {
    #expect(try parse("HTTP/1.1 204 \rNo\r\nX: a\rb\r\r\n\r\n")?.status == 204)
  }

  @Test func `connection close, HTTP 1.0 and a status without a body are understood`() throws {
    #expect(try parse("HTTP/1.1 204 No\r\nConnection: Close\r\n\r\n")?.keepsAlive == false)
    #expect(try parse("HTTP/1.0 304 No\r\n\r\n")?.keepsAlive == false)
    #expect(try parse("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n")?.keepsAlive == true)
  }

  @Test(arguments: [
    "nonsense at all\r\n\r\n", "HTTP/1.1 2x2 A\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\nuntil it closes",
    "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabcd",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
    "HTTP/1.1 200 OK\r\nX: " + String(repeating: "y", count: 20_000),
  ])
  func `a malformed answer is refused`(_ text: String) {
    #expect(throws: Answer.Malformed.self) { try parse(text) }
  }

  private func string(_ json: String) -> String? {
    let bytes = Array(json.utf8)
    return FlatJSON.string("code", in: bytes.span).map { String(decoding: bytes[$0], as: UTF8.self) }
  }

  @Test(arguments: [
    #"{"code":"sold_out"}"#, #" { "a" : [1,{"code":"no"}], "b":"}\",\"code\":", "code" : "sold_out" , "c":1}"#,
    #"{"n":-1.5e3,"t":true,"x":null,"code":"sold_out"}"#,
    #"{"a":"\\","b":"\\\"","c":"\"\\\\","code":"sold_out"}"#,
  ])
  func `a member is found among all that JSON can hold`(_ json: String) {
    #expect(string(json) == "sold_out")
  }

  @Test(arguments: [
    "", "{", "[]", #"{"code":5}"#, #"{"code":"a\u0062"}"#, #"{"codes":"x"}"#, #"{"a":{"code":"x"}}"#, #"{"code":"x"#,
    #"{"code" "x"}"#, #"{"a":"\"#,
  ])
  func `what is not a plain string member is not found`(_ json: String) {
    #expect(string(json) == nil)
  }

  @Test func `an order id keeps its text`() {
    let text = "0611ead9-9e65-8a37-dABF-e38be31213b9"
    let bytes = Array(text.utf8)
    #expect(OrderID(bytes.span, 0..<36)?.description == text.lowercased())
    for broken in [String(text.dropLast()), text + "0", text.replacing("-", with: "0"), text.replacing("e", with: "g")]
    {
      let bytes = Array(broken.utf8)
      #expect(OrderID(bytes.span, 0..<bytes.count) == nil)
    }
  }

  @Test func `an order is sent as HTTP with its buyer, key and SKU`() throws {
    let mix = Mix(
      dice: Dice(seed: 255), crowd: Crowd(buyers: 9), popularity: .zipf(exponent: 0, skus: 2), quantity: 3,
      retryShare: 0)
    let target = try #require(Target(url: "http://[::1]:81/x/"))
    let requests = try RequestBytes(target: target, sale: "a/b", skus: ["p", "q\""], mix: mix)
    var buffer = ByteBuffer()
    requests.order(Mix.Request(original: 42, buyer: 8, sku: 1), into: &buffer)
    #expect(
      String(buffer: buffer) == """
        POST /x/v1/sales/a%2Fb/orders HTTP/1.1\r
        Host: [::1]:81\r
        Content-Type: application/json\r
        X-Buyer-Id: b8\r
        Idempotency-Key: spike-ff-42\r
        Content-Length: \(#"{"sku":"q\"","quantity":3}"#.utf8.count)\r
        \r

        """
        + (String(buffer: buffer).hasSuffix(#"{"sku":"q\"","quantity":3}"#)
          ? #"{"sku":"q\"","quantity":3}"# : #"{"quantity":3,"sku":"q\""}"#))
  }

  @Test(arguments: [0, 9, 10, 99, 100, 1_234_567_890, Int.max / 10, Int.max])
  func `a number is written with all its digits and no more`(_ number: Int) {
    var buffer = ByteBuffer(string: "b")
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Limits.decimalDigits) { space in
      var pen = BytePen(space)
      pen.write(decimal: number)
      return pen.written
    }
    #expect(String(buffer: buffer) == "b\(number)")
  }

  @Test(arguments: ["https://a", "http://", "http://a:0", "http://a:99999", "a:80", "http://u@a", "http://a/?q"])
  func `an address that is not plain HTTP is refused`(_ url: String) {
    #expect(Target(url: url) == nil)
  }
}

extension String {
  fileprivate func prefix(bytes: Int) -> String { String(decoding: utf8.prefix(bytes), as: UTF8.self) }

  @Test(arguments: [
    ("retry: 1\n\nid: 3\nevent: position\ndata: {}\n\nid: outcome\nevent: outcome\ndata: {\"b\":2}\n\n", "{\"b\":2}"),
    (":\n\nevent: outcome\ndata: {}\n\n", "{}"), ("id: 3\nevent: position\ndata: {}\n\n", nil), ("", nil),
    ("event: outcome\n\ndata: {}\n\n", nil), ("event: outcome\ndata: {}", nil),
  ])
  func `the outcome of a stream is the data of that event`(_ text: String, _ data: String?) {
    let bytes = Array(text.utf8)
    switch EventBytes.told(bytes.span) {
    case .outcome(let range): #expect(String(decoding: bytes[range], as: UTF8.self) == data)
    case .noOutcome: #expect(data == nil)
    case .backwards: Issue.record("no place of it grows")
    }
  }

  @Test func `a watermark that goes back makes a place that grew`() {
    let text = "id: 5\nevent: position\ndata: {}\n\nid: 4\nevent: position\ndata: {}\n\nevent: outcome\ndata: {}\n\n"
    #expect(EventBytes.told(Array(text.utf8).span) == .backwards)
  }
}
