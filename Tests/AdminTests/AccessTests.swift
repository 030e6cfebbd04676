import Admin
import FlashSale
import Foundation
import HTTPTypes
import HummingbirdTesting
import SaleStore
import Telemetry
import TestSupport
import Testing

/// Who may use the admin API.
@Suite struct AccessTests {
  private static let token = AdminUnderTest.token

  private static func basic(_ pair: String) -> String { "Basic \(Data(pair.utf8).base64EncodedString())" }

  @Test func `only the token opens the admin API and the pages`() async throws {
    let wrong = [
      "", "Bearer", "Bearer ", "Bearer \(Self.token)x", "Bearer \(Self.token.dropLast())",
      "Bearer \(Self.token.uppercased())",
      "Token \(Self.token)", Self.token, "Basic \(Self.token)", Self.basic("anyone:\(Self.token)"),
    ]
    let right = ["Bearer \(Self.token)", "bearer  \(Self.token)"]
    try await AdminUnderTest.with { admin, client in
      for path in ["/admin", "/admin/api/sales", "/admin/api/partitions"] {
        for value in wrong {
          let answer = try await client.get(path, headers: [.authorization: value])
          #expect(answer.status == 401, "\(path) \(value)")
          #expect(answer.headers[values: .wwwAuthenticate].map { $0.prefix(6) } == ["Bearer"])
          #expect(!answer.text.contains(Self.token))
        }
        for value in right {
          #expect(
            try await client.get(path, headers: [.authorization: value]).status == 200, "\(path) \(value)")
        }
      }
      let stranger = client.stranger
      let refused = try await stranger.post("/admin/api/sales", json: Sale.sample().json)
      #expect(refused.status == 401)
      #expect(refused.string("code") == "unauthenticated")
      #expect(refused.headers[.contentType] == "application/problem+json")
      #expect(try await admin.store.sales().isEmpty)
    }
  }

  @Test func `probes and scrapers need no token`() async throws {
    try await AdminUnderTest.with { _, client in
      let stranger = client.stranger
      for path in ["/healthz", "/readyz", "/metrics"] {
        let status = try await stranger.get(path).status
        #expect(status == 200)
      }
    }
  }

  @Test func `a page of another origin can change nothing with a browser's credentials`() async throws {
    try await AdminUnderTest.with { admin, client in
      _ = try await admin.store.create(.sample())
      let path = "/admin/api/sales/double11/close"
      let body = Data(#"{"reason":"x"}"#.utf8)
      func headers(_ origin: String) -> HTTPFields { [.origin: origin, .contentType: "application/json"] }
      // The client's requests are for `localhost`.
      for origin in ["http://evil.example", "null", "http://localhost:1", "http://evil.example/://localhostx"] {
        let answer = try await client.send(.post, path, headers: headers(origin), body: body)
        #expect(answer.status == 403, "\(origin)")
        #expect(answer.string("code") == "foreign_origin")
      }
      #expect(admin.log.closes.isEmpty)
      let status = try await client.send(.post, path, headers: headers("http://localhost"), body: body).status
      #expect(status == 200)
    }
  }

  @Test func `an open admin answers to this machine's own names only`() async throws {
    try await AdminUnderTest.listening(token: nil) { _, port in
      let client = try await RawClient.connect(host: "127.0.0.1", port: port)
      func status(for host: String) async throws -> Int {
        try await client.send("GET /admin/api/sales HTTP/1.1\r\nHost: \(host)\r\n\r\n")
        return try await client.answer().status
      }
      for host in ["localhost", "localhost:8081", "127.0.0.1:1", "[::1]:8081"] {
        #expect(try await status(for: host) == 200, "\(host)")
      }
      for host in ["rebound.example", "127.0.0.1.example.com:8081", "10.0.0.1"] {
        #expect(try await status(for: host) == 403, "\(host)")
      }
    }
  }

  @Test func `a process that serves health only has no admin API and no pages`() async throws {
    try await AdminUnderTest.with(serves: .healthOnly) { admin, client in
      for path in ["/", "/admin", "/admin/api/sales"] {
        let status = try await client.get(path).status
        #expect(status == 404)
      }
      let status = try await client.get("/healthz").status
      #expect(status == 200)
    }
  }
}
