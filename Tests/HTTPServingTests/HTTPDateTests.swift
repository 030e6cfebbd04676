import Testing

@testable import HTTPServing

struct HTTPDateTests {
  @Test func `a date is written as HTTP writes it`() {
    #expect(HTTPDate.text(secondsSince1970: 784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
    #expect(HTTPDate.text(secondsSince1970: 951_782_400) == "Tue, 29 Feb 2000 00:00:00 GMT")
  }
}
