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
}
