import FlashSale
import Foundation
import Fuzzing

@main enum OrderBody {
  static func main() { fuzz(testOneInput) }
}

/// Any bytes as the body of an order, beside Foundation's reader of JSON.
///
/// (1) It answers for any bytes, and reads none past their end (AddressSanitizer).
/// (2) What it takes, Foundation reads alike, and has only the fields that an order has.
/// (3) What it calls no JSON object, Foundation finds none in either, but where it is laxer.
/// (4) What Foundation finds to be an order, it takes.
/// (5) What it took, written plainly, it takes again.
@c(LLVMFuzzerTestOneInput)
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let body = UnsafeRawBufferPointer(start: start, count: count)
  // Foundation also reads UTF-16 and UTF-32, which it knows by their zeros or mark, and skips UTF-8's mark. RFC 8259
  // §8.1 allows a sender none of these.
  let isPlainText =
    !body.contains(0) && !body.starts(with: [0xEF, 0xBB, 0xBF]) && !body.starts(with: [0xFF, 0xFE])
    && !body.starts(with: [0xFE, 0xFF])
  let object = isPlainText ? jsonObject(in: body) : nil
  do throws(BodyError) {
    let request = try OrderRequest(parsing: body)
    if isPlainText { expect(object, is: request) }
    expectAgain(request)
  } catch {
    switch error {
    case .malformed(let why):
      check(object == nil || isStricter(why), "an object, called malformed: \(why)")
    case .unknownField(let name, _): check(!["sku", "quantity", "code"].contains(name), "the field \(name) is known")
    case .duplicateField: break
    case .invalidField(let field, let why): expectInvalid(object, body, field, why)
    }
  }
  return 0
}

/// Foundation lets a comma stand behind the last field or element, where another one must follow, and brackets stand
/// deeper.
private func isStricter(_ why: String) -> Bool {
  why == "a field's name is missing" || why == "a value is missing, or is not JSON" || why.hasPrefix("brackets stand")
}

private func jsonObject(in body: UnsafeRawBufferPointer) -> [String: Any]? {
  (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any]
}

private func expect(_ object: [String: Any]?, is request: OrderRequest) {
  guard let object else { fatalError("took what Foundation finds no object in") }
  check(object.count == (object["code"] == nil ? 2 : 3), "took other fields: \(object.keys)")
  check(object["code"] as? String == request.code, "another code")
  check(object["sku"] as? String == request.sku.rawValue, "another SKU: \(request.sku)")
  check((object["quantity"] as? NSNumber)?.int32Value == request.quantity.rawValue, "another quantity")
}

private func expectAgain(_ request: OrderRequest) {
  var text = #"{"quantity":\#(request.quantity.rawValue),"sku":"\#(request.sku)"}"#
  let again = text.withUTF8 { try? OrderRequest(parsing: UnsafeRawBufferPointer($0)) }
  var plain = request
  plain.code = nil
  check(again == plain, "not taken again: \(text)")
}

/// Not an order in Foundation's eyes either, but for the forms of a number that an order may not use (`1.0`, `1e0`).
private func expectInvalid(_ object: [String: Any]?, _ body: UnsafeRawBufferPointer, _ field: String, _ why: String) {
  let text = String(decoding: body, as: UTF8.self)
  // If a field is there twice, Foundation shows the last one; a name with escapes may be any name.
  guard let object, object.count == 2, let sku = object["sku"] as? String, let number = object["quantity"] as? NSNumber,
    !text.contains("\\"), text.ranges(of: "\"sku\"").count == 1, text.ranges(of: "\"quantity\"").count == 1
  else { return }
  switch field {
  case "sku": check(SKU(rawValue: sku) == nil, "a SKU, called invalid: \(why)")
  // 1, 1.0, 1e0 and true are one number to Foundation.
  case "quantity":
    let plain = /"quantity"[ \t\r\n]*:[ \t\r\n]*[1-9][0-9]{0,3}[ \t\r\n]*[,}]/
    check(text.firstMatch(of: plain) == nil, "\(number), called invalid: \(why)")
  default: check(false, "an order has no field \(field)")
  }
}
