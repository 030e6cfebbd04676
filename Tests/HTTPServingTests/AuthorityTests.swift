import Testing

@testable import HTTPServing

struct AuthorityTests {
  private func isValid(_ text: String) -> Bool { Array(text.utf8).withUnsafeBytes { isAuthority($0) } }

  @Test func `a host's name has the bytes that RFC 3986 gives it, and no other`() {
    let allowed = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=".utf8)
    for byte in UInt8.min...UInt8.max where byte != UInt8(ascii: ":") {
      #expect([UInt8(ascii: "a"), byte].withUnsafeBytes { isAuthority($0) } == allowed.contains(byte), "\(byte)")
    }
  }

  @Test(arguments: [
    "", "a", "a:", "a:80", "A.b-c_d~", "%41b", "127.0.0.1:65535", "[::1]", "[::1]:80", "[fe80::1.2.3.4]",
  ])
  func `a host with or without a port is one`(_ text: String) { #expect(isValid(text)) }

  @Test(arguments: [
    "a b", "a/b", "user@a", "a:b", "a:1:2", "a:123456", "%4", "%zz", "[]", "[::1", "[::1]a", "::1", "[g::]", "http://a",
    "a#b",
  ])
  func `anything else is none`(_ text: String) { #expect(!isValid(text)) }
}
