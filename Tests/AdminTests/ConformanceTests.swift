import TestSupport
import Testing

/// HTTP as the operator's listener speaks it.
struct ConformanceTests {
  @Test func `a client is answered as HTTP asks, case by case`() async throws {
    try await AdminUnderTest.listening { _, port in
      for row in HTTPConformance.rows {
        let wrong = try await row.violations(target: "/healthz") {
          try await RawClient.connect(host: "127.0.0.1", port: port)
        }
        #expect(wrong.isEmpty, "\(row)")
      }
    }
  }

  @Test(
    .timeLimit(.minutes(3)),
    arguments: [
      "GET /heal", "GET /healthz HTTP/1.1\r\nHost: a\r\n",
      "POST /admin/api/sales HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{",
    ])
  func `half a request is told so at its deadline`(_ half: String) async throws {
    try await AdminUnderTest.listening { _, port in
      let client = try await RawClient.connect(host: "127.0.0.1", port: port)
      let start = ContinuousClock.now
      try await client.send(half)
      let answer = try await client.answer()
      #expect(answer.status == 408)
      #expect(answer.code == "request_timeout")
      #expect(answer.headers["connection"] == "close")
      #expect((.seconds(9)...(.seconds(13))).contains(ContinuousClock.now - start))
    }
  }
}
