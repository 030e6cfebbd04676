import TestSupport
import Testing

/// HTTP as the crowd's listener speaks it: by the plain form, and by the reader of all forms with the routes behind it.
struct ConformanceTests {
  @Test(arguments: ["/v1/sales/double11", "/v1/s%61les/double11", "/v1/sales?cursor=2147483647"])
  func `a client is answered as HTTP asks, case by case`(_ target: String) async throws {
    try await RunningIntake.with(sales: [try .open()]) { intake in
      for row in HTTPConformance.rows {
        let wrong = try await row.violations(target: target) { try await intake.connect() }
        #expect(wrong.isEmpty, "\(row)")
      }
    }
  }
}
