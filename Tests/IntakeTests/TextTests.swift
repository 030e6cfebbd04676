import Foundation
import NIOCore
import NIOHTTP1
import Testing

@testable import Intake

struct TextTests {
  @Test(arguments: [
    ("/v1/sales/double11/orders", "double11"), ("/v1/sales/a%2Eb/orders?x=1", "a.b"),
    ("http://shop.example/v1/sales/a/orders", "a"),
  ])
  func `the target of an order names its sale`(_ target: String, _ sale: String) {
    #expect(OrderTarget.sale(in: target) == sale)
  }

  @Test(arguments: [
    "", "/", "*", "/v1/sales", "/v1/sales/", "/v1/sales/a", "/v1/sales/a/orders/", "/v1/sales/a/b/orders",
    "/v1/sales/a/order", "/v2/sales/a/orders", "http://shop.example", "/v1/sales/%zz/orders", "v1/sales/a/orders",
  ])
  func `any other target does not`(_ target: String) {
    #expect(OrderTarget.sale(in: target) == nil)
  }

  @Test(arguments: [
    ("application/json", true), ("application/json; charset=utf-8", true), ("Application/JSON ;x=y", true),
    ("application/json5", false), ("text/json", false), ("", false), (";", false), ("application/problem+json", false),
  ])
  func `a body is JSON by its media type, whatever the parameters`(_ type: String, _ isJSON: Bool) {
    #expect(OrderHeaders(["Content-Type": type]).isJSON == isJSON)
  }

  @Test func `a date is written as HTTP writes it`() {
    #expect(HTTPDate.text(secondsSince1970: 784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
    #expect(HTTPDate.text(secondsSince1970: 951_782_400) == "Tue, 29 Feb 2000 00:00:00 GMT")
  }

  @Test func `whatever a value holds, JSON that is written can be read`() throws {
    let awkward = "\u{0}\u{1F}\"\\/\u{7F}双十一😀\n"
    var json = JSONWriter(ByteBuffer())
    json.field("text", awkward)
    json.field("none", orNull: Int?.none)
    json.array("list", of: [1, 2]) { json, number in
      json.field("number", number)
      json.array("inner", of: [Int]()) { _, _ in }
      json.field("yes", true)
    }
    json.field("last", Int64.min)
    let text = String(buffer: json.finish())
    let read = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(read["text"] as? String == awkward)
    #expect(read["none"] is NSNull)
    #expect((read["list"] as? [[String: Any]])?.compactMap { $0["number"] as? Int } == [1, 2])
    #expect(read["last"] as? Int64 == .min)
  }
}
