import HTTPTypes
import Testing

@testable import Intake

struct TextTests {
  @Test(arguments: [
    ("/v1/sales/double11/orders", "double11"), ("/v1/sales/a%2Eb/orders?x=1", "a.b"),
  ])
  func `the target of an order names its sale`(_ target: String, _ sale: String) {
    #expect(IntakeResponder.saleOfOrders(target) == sale)
  }

  @Test(arguments: [
    "", "/", "*", "/v1/sales", "/v1/sales/", "/v1/sales/a", "/v1/sales/a/orders/", "/v1/sales/a/b/orders",
    "/v1/sales/a/order", "/v2/sales/a/orders", "/v1/sales/%zz/orders", "v1/sales/a/orders",
  ])
  func `any other target does not`(_ target: String) {
    #expect(IntakeResponder.saleOfOrders(target) == nil)
  }

  @Test(arguments: [
    ("application/json", true), ("application/json; charset=utf-8", true), ("Application/JSON ;x=y", true),
    ("application/json5", false), ("text/json", false), ("", false), (";", false), ("application/problem+json", false),
  ])
  func `a body is JSON by its media type, whatever the parameters`(_ type: String, _ isJSON: Bool) {
    #expect(OrderFields([.contentType: type]).isJSON == isJSON)
  }
}
