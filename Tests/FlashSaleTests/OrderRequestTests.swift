import Testing

@testable import FlashSale
import TestSupport

struct OrderRequestTests {
  private func parse(_ text: String) -> Result<OrderRequest, BodyError> { parse(Array(text.utf8)) }

  private func parse(_ bytes: [UInt8]) -> Result<OrderRequest, BodyError> {
    bytes.withUnsafeBytes { bytes in
      do throws(BodyError) {
        return .success(try OrderRequest(parsing: bytes))
      } catch {
        return .failure(error)
      }
    }
  }

  @Test(arguments: [
    #"{"sku":"phone","quantity":2}"#,
    #" { "quantity" : 2 , "sku" : "phone" } "#,
    "\t\r\n{\"sku\":\"phone\",\n\"quantity\":2}\n",
    #"{"sku":"\u0070hone","quantity":2}"#,
    #"{"\u0073ku":"phon\u0065","quantity":2}"#,
  ])
  func `the same order in other words is the same order`(_ text: String) throws {
    let request = try parse(text).get()
    #expect(request == OrderRequest(sku: try SKU(validating: "phone"), quantity: Units(2)))
  }

  @Test(arguments: [
    "", " ", "null", "[]", "7", "\"sku\"", "{", "}", "{}}", "{,}", #"{"sku"}"#, #"{"sku":}"#, #"{"sku":"a""#,
    #"{"sku":"a",}"#, #"{"sku":"a" "quantity":1}"#, #"{"sku":"a","quantity":1} x"#, #"{"sku":"a","quantity":1}{}"#,
    #"{"sku":"a","quantity":01}"#, #"{"sku":"a","quantity":-}"#, #"{"sku":"a","quantity":+1}"#,
    #"{"sku":"a","quantity":1x}"#, #"{"sku":"\q","quantity":1}"#, #"{"sku":"\u00g0","quantity":1}"#,
    #"{"sku":"\u00"#, #"{"sku":"\ud800","quantity":1}"#, #"{"sku":"\ud800\u0041","quantity":1}"#,
    "{\"sku\":\"a\u{0}b\",\"quantity\":1}", "{\"sku\":\"a\nb\",\"quantity\":1}", #"{'sku':'a'}"#,
    "\u{FEFF}{\"sku\":\"a\",\"quantity\":1}", #"{sku:"a"}"#, #"{"sku":"a","quantity":1"#,
    String(repeating: "[", count: 10_000), "{\"sku\":" + String(repeating: "[", count: 10_000),
    // A value that is no JSON, wherever it stands.
    #"{"sku":"a","quantity":1.}"#, #"{"sku":"a","quantity":1e}"#, #"{"sku":"a","quantity":1e+}"#,
    #"{"sku":"a","quantity":0x1}"#, #"{"sku":"a","quantity":nul}"#, #"{"sku":"a","quantity":tru}"#,
    #"{"sku":"a","quantity":nulll}"#, #"{"sku":"a","quantity":True}"#, #"{"sku":"a","quantity":NaN}"#,
    #"{"sku":"a","quantity":1.5.2}"#, #"{"sku":"a","quantity":1e1.0}"#, #"{"sku":"a","quantity":.5}"#,
    #"{"sku":"a","quantity":-01}"#, #"{"sku":"a","quantity":00}"#, #"{"sku":"a","quantity":1 2}"#,
    #"{"sku":"a","quantity":"abc}"#, #"{"sku":"a","quantity":"1""#, #"{"sku":"a","quantity":[1,]}"#,
    #"{"sku":"a","quantity":[}"#, #"{"sku":"a","quantity":{"a"}}"#, #"{"sku":"a","quantity":null"#,
    #"{"sku":nul,"quantity":1}"#, #"{"sku":1.,"quantity":1}"#, #"{"sku":-,"quantity":1}"#, #"{"sku":'a'}"#,
    #"{"sku":a,"quantity":1}"#, #"{"sku":"a b","quantity":1"#, #"{"quantity":0,"sku":"a",}"#,
    #"{"price":nul,"sku":"a","quantity":1}"#, #"{"price":1,"sku":"a","quantity":1.}"#, #"{"sku":"a","sku":}"#,
    #"{"price":"\ud800","sku":"a","quantity":1}"#, #"{"price":[[1,2],{"a":[}]}"#, #"{"sku":"a"} {"quantity":1}"#,
    "{\"price\":" + String(repeating: "[", count: 40) + String(repeating: "]", count: 40) + "}",
    "\u{FEFF}{}", "{\u{A0}}", "{\u{C}}", "{} // no comment", "{/**/}",
  ])
  func `what is not a JSON object is malformed`(_ text: String) {
    guard case .failure(.malformed) = parse(text) else {
      Issue.record("\(text.prefix(80)) gave \(parse(text))")
      return
    }
  }

  @Test(
    arguments: [
      ([0x22, 0xFF, 0x22], "a byte that starts nothing"), ([0x22, 0xC0, 0x80, 0x22], "an overlong NUL"),
      ([0x22, 0xE5, 0x8F, 0x22], "a character cut off"), ([0x22, 0xED, 0xA0, 0x80, 0x22], "half a surrogate pair"),
    ] as [([UInt8], String)])
  func `invalid UTF-8 is malformed`(_ value: [UInt8], _ what: String) {
    let bytes = Array(#"{"sku":"#.utf8) + value + Array(#","quantity":1}"#.utf8)
    #expect(parse(bytes) == .failure(.malformed("a string is not valid UTF-8")), "\(what)")
  }

  @Test(arguments: [
    (#"{}"#, "sku"), (#"{"quantity":1}"#, "sku"), (#"{"sku":"a"}"#, "quantity"), (#"{"sku":"","quantity":1}"#, "sku"),
    (#"{"sku":1,"quantity":1}"#, "sku"), (#"{"sku":null,"quantity":1}"#, "sku"), (#"{"sku":["a"]}"#, "sku"),
    (#"{"sku":"a b","quantity":1}"#, "sku"), (#"{"sku":"a\u0000","quantity":1}"#, "sku"),
    (#"{"sku":"手机","quantity":1}"#, "sku"), (#"{"sku":"\ud83d\ude00","quantity":1}"#, "sku"),
    (#"{"sku":"a\/b","quantity":1}"#, "sku"),
    (#"{"sku":"a","quantity":0}"#, "quantity"), (#"{"sku":"a","quantity":-1}"#, "quantity"),
    (#"{"sku":"a","quantity":-0}"#, "quantity"), (#"{"sku":"a","quantity":10001}"#, "quantity"),
    (#"{"sku":"a","quantity":9223372036854775808}"#, "quantity"), (#"{"sku":"a","quantity":1.5}"#, "quantity"),
    (#"{"sku":"a","quantity":1.0}"#, "quantity"), (#"{"sku":"a","quantity":1e3}"#, "quantity"),
    (#"{"sku":"a","quantity":"1"}"#, "quantity"), (#"{"sku":"a","quantity":true}"#, "quantity"),
    (#"{"sku":"a","quantity":{"a":1}}"#, "quantity"), (#"{"sku":"a","quantity":null}"#, "quantity"),
    ("{\"sku\":\"" + String(repeating: "a", count: 10_000) + "\",\"quantity\":1}", "sku"),
    (#"{"sku":"a","quantity":1e2}"#, "quantity"), (#"{"sku":"a","quantity":1E-2}"#, "quantity"),
    (#"{"sku":"a","quantity":-1.5e+7}"#, "quantity"), (#"{"sku":"a","quantity":[]}"#, "quantity"),
    (#"{"sku":"a","quantity":false}"#, "quantity"), (#"{"sku":true,"quantity":1}"#, "sku"),
    (#"{"sku":"a","quantity":-99999999999999999999999}"#, "quantity"),
    (#"{"sku":{"a":[1,{"b":null}],"c":"\ud83d\ude00"},"quantity":1}"#, "sku"),
    (#"{"sku":".","quantity":1}"#, "sku"), (#"{"sku":"..","quantity":1}"#, "sku"),
    ("{\"sku\":" + String(repeating: "[", count: 30) + String(repeating: "]", count: 30) + "}", "sku"),
  ])
  func `a value that is not allowed names its field`(_ text: String, _ field: String) {
    guard case .failure(.invalidField(field, _)) = parse(text) else {
      Issue.record("\(text.prefix(80)) gave \(parse(text))")
      return
    }
  }

  @Test func `a field that is unknown or there twice is refused by name`() {
    let rule = "is unknown: an order has the fields sku, quantity, lines, code and waitlist"
    #expect(parse(#"{"sku":"a","quantity":1,"price":0}"#) == .failure(.unknownField("price", rule)))
    #expect(parse(#"{"SKU":"a"}"#) == .failure(.unknownField("SKU", rule)))
    #expect(parse(#"{"":[{"a":1.5e3}, "b", null, true, false], "sku":7}"#) == .failure(.unknownField("", rule)))
    #expect(parse(#"{"sku":"a","sku":"b","quantity":1}"#) == .failure(.duplicateField("sku")))
    #expect(parse(#"{"quantity":1,"quantity":1,"sku":"b"}"#) == .failure(.duplicateField("quantity")))
  }

  @Test func `every allowed quantity is read exactly`() throws {
    for quantity in [1, 9, 10, 99, 1_000, 9_999, 10_000] as [Int32] {
      let request = try parse(#"{"sku":"a","quantity":\#(quantity)}"#).get()
      #expect(request.quantity == Units(quantity))
    }
  }

  @Test func `a hundred thousand bodies of random bytes get an answer each`() {
    let seed = UInt64.random(in: .min ... .max)
    print("fuzz seed \(seed)")
    var generator = SeededGenerator(seed: seed)
    let words = [
      "{", "}", "\"", "sku", "quantity", ":", ",", "\\u", "\\", "00", "d83d", "1", "-", "e9", "[", " ", "\u{0}",
    ]
    var accepted = 0
    for round in 0..<100_000 {
      var bytes = Array(#"{"sku":"phone","quantity":1}"#.utf8)
      switch round % 3 {
      case 0:  // a valid body with some bytes changed
        for _ in 0..<Int.random(in: 0...3, using: &generator) {
          bytes[Int.random(in: bytes.indices, using: &generator)] = .random(in: .min ... .max, using: &generator)
        }
      case 1:  // pieces of the grammar
        bytes = (0..<Int.random(in: 0...24, using: &generator)).flatMap { _ in
          Array(words[Int.random(in: words.indices, using: &generator)].utf8)
        }
      default:  // anything, cut anywhere
        bytes = (0..<Int.random(in: 0...64, using: &generator)).map { _ in .random(in: .min ... .max, using: &generator)
        }
      }
      if case .success(let request) = parse(bytes) {
        accepted += 1
        // Whatever was let through is what the domain allows.
        #expect(SKU(rawValue: request.sku.rawValue) == request.sku)
        #expect((1...10_000).contains(request.quantity.rawValue))
      }
    }
    #expect(accepted > 0)
  }
}
