import HTTPTypes
import HummingbirdTesting
import NIOCore
import Telemetry
import Testing

/// What a path leads to, however it is written, and whoever asks.
@Suite struct PathTests {
  @Test func `a path has one meaning, however its letters are written`() async throws {
    try await AdminUnderTest.with { _, client in
      for path in ["/admin/api/sales", "/%61dmin/api/sales", "/admin/a%70i/%73%61les?x=1"] {
        #expect(try await client.get(path).status == 200, "\(path)")
      }
      for path in [
        "//admin/api/sales", "/admin//api/sales", "/admin/api/sales/", "/admin%2Fapi/sales", "/admin/", "//",
        "/%zzadmin", "/admin/%FF", "/Admin",
      ] {
        let answer = try await client.get(path)
        #expect(answer.status == 404 && answer.string("code") == "not_found", "\(path)")
      }
    }
  }

  @Test func `a path that names nothing is told so before method, type and token are looked at`() async throws {
    try await AdminUnderTest.with { _, client in
      let long = String(repeating: "x", count: 65)
      for path in [
        "/admin/api/sales/\(long)", "/admin/api/sales/%E4%BB%A4/report", "/admin/sales/\(long)",
        "/admin/api/partitions/01/resume", "/admin/api/workers/-1/drain",
      ] {
        for method in [HTTPRequest.Method.get, .post, .delete, .options] {
          let answer = try await client.stranger.send(method, path)
          #expect(answer.status == 404 && answer.string("code") == "not_found", "\(method) \(path)")
        }
      }
    }
  }

  @Test func `what a page's path does not take is told as a page, and anything else as a problem`() async throws {
    try await AdminUnderTest.with { _, client in
      for (path, type) in [
        ("/admin", "text/html; charset=utf-8"), ("/", "text/html; charset=utf-8"),
        ("/admin/api/partitions", "application/problem+json"), ("/metrics", "application/problem+json"),
      ] {
        let answer = try await client.stranger.send(.delete, path)
        #expect(answer.status == 405)
        #expect(answer.headers[.allow] == "GET, HEAD, OPTIONS")
        #expect(answer.headers[.contentType] == type)
        #expect(answer.headers[.xContentTypeOptions] == "nosniff")
      }
    }
  }

  @Test func `answers are counted by the route as openapi writes it`() async throws {
    try await AdminUnderTest.with { admin, client in
      _ = try await client.get("/admin/api/sales/%61")
      _ = try await client.send(.put, "/admin/api/sales/a/close")
      _ = try await client.get("/nothing/here")
      let text = admin.metrics.text()
      for series in [
        "{route=\"/admin/api/sales/{sale}\",status=\"404\"} 1",
        "{route=\"/admin/api/sales/{sale}/close\",status=\"405\"} 1", "{route=\"none\",status=\"404\"} 1",
      ] {
        #expect(text.contains("penstock_admin_requests_total\(series)\n"), "\(series)")
      }
    }
  }
}
