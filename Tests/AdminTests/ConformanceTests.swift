import TestSupport
import Testing

/// HTTP as the operator's listener speaks it.
struct ConformanceTests {
  @Test func `a client is answered as HTTP asks, case by case`() async throws {
    try await AdminUnderTest.with { admin in
      for row in HTTPConformance.rows {
        let wrong = try await row.violations(target: "/healthz") {
          try await RawClient.connect(host: "127.0.0.1", port: admin.client.port)
        }
        #expect(wrong.isEmpty, "\(row)")
      }
    }
  }
}
