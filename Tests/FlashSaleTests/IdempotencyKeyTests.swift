import Testing

@testable import FlashSale

struct IdempotencyKeyTests {
  private func key(_ field: String) -> String? {
    var field = field
    return field.withUTF8 { IdempotencyKey(field: UnsafeRawBufferPointer($0)) }?.rawValue
  }

  @Test(arguments: [
    (#""k-1""#, "k-1"), ("k-1", "k-1"), (#"a"b"#, #"a"b"#), (#""a\"b\\""#, #"a"b\"#), (#"a\b"#, #"a\b"#),
  ])
  func `I8 a quoted key and a bare one are one key`(field: String, expected: String) {
    #expect(key(field) == expected)
  }

  @Test(arguments: [
    "", "\"", "\"\"", #""k"#, #""k"x"#, #""k";a=1"#, #""a\b""#, #""a\"#, #""a"b""#, #""a b""#, #""\""#, "a b",
    "\"" + String(repeating: "k", count: 129) + "\"",
  ])
  func `what is no key is refused with its rule`(field: String) {
    #expect(key(field) == nil)
    let error = #expect(throws: ValidationError.self) { try IdempotencyKey(validatingField: field) }
    #expect(error?.field == "Idempotency-Key")
  }

  @Test func `a key of the longest length may be quoted, each character of it escaped`() {
    let longest = String(repeating: #"\""#, count: Limits.idempotencyKeyBytes)
    #expect(key("\"\(longest)\"") == String(repeating: "\"", count: Limits.idempotencyKeyBytes))
  }
}
