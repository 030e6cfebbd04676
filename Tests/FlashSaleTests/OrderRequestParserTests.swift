import Testing

@testable import FlashSale

struct OrderRequestParserTests {
  private func parse(_ text: String) -> Result<OrderRequest, OrderRequestError> { parse(Array(text.utf8)) }

  private func parse(_ bytes: [UInt8]) -> Result<OrderRequest, OrderRequestError> {
    bytes.withUnsafeBytes { bytes in
      do throws(OrderRequestError) {
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
    String(repeating: "[", count: 10_000),
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
    ("{\"sku\":" + String(repeating: "[", count: 10_000), "sku"),
  ])
  func `a value that is not allowed names its field`(_ text: String, _ field: String) {
    guard case .failure(.invalidField(field, _)) = parse(text) else {
      Issue.record("\(text.prefix(80)) gave \(parse(text))")
      return
    }
  }

  @Test func `a field that is unknown or there twice is refused by name`() {
    #expect(parse(#"{"sku":"a","quantity":1,"price":0}"#) == .failure(.unknownField("price")))
    #expect(parse(#"{"SKU":"a"}"#) == .failure(.unknownField("SKU")))
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
    var generator = SplitMix(seed: seed)
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
