import Admin
import FlashSale
import Foundation
import SaleStore
import Secrets
import Telemetry
import Testing

/// Who may use the admin API.
@Suite struct AccessTests {
  private static let token = AdminUnderTest.token

  private static func basic(_ pair: String) -> String { "Basic \(Data(pair.utf8).base64EncodedString())" }

  @Test func `only the token opens the admin API and the pages`() async throws {
    let wrong = [
      "", "Bearer", "Bearer ", "Bearer \(Self.token)x", "Bearer \(Self.token.dropLast())",
      "Bearer \(Self.token.uppercased())",
      "Token \(Self.token)", Self.token, "Basic \(Self.token)", Self.basic(Self.token), Self.basic("admin:wrong"),
      Self.basic("\(Self.token):"),
    ]
    let right = [
      "Bearer \(Self.token)", "bearer  \(Self.token)", Self.basic("anyone:\(Self.token)"), Self.basic(":\(Self.token)"),
    ]
    try await AdminUnderTest.with { admin in
      for path in ["/admin", "/admin/api/sales", "/admin/api/partitions"] {
        for value in wrong {
          let answer = try await admin.client.get(path, headers: [("Authorization", value)])
          #expect(answer.status == 401, "\(path) \(value)")
          #expect(answer.headers("WWW-Authenticate").map { $0.prefix(6) } == ["Bearer", "Basic "])
          #expect(!answer.text.contains(Self.token))
        }
        for value in right {
          #expect(
            try await admin.client.get(path, headers: [("Authorization", value)]).status == 200, "\(path) \(value)")
        }
      }
      let stranger = Client(port: admin.client.port, token: nil)
      let refused = try await stranger.post("/admin/api/sales", json: Sale.sample().json)
      #expect(refused.status == 401)
      #expect(refused.string("code") == "unauthenticated")
      #expect(refused.header("Content-Type") == "application/problem+json")
      #expect(try await admin.store.sales().isEmpty)
    }
  }

  @Test func `probes and scrapers need no token`() async throws {
    try await AdminUnderTest.with { admin in
      let stranger = Client(port: admin.client.port, token: nil)
      for path in ["/healthz", "/readyz", "/metrics"] {
        let status = try await stranger.get(path).status
        #expect(status == 200)
      }
    }
  }

  @Test func `without a token admin starts on loopback only`() throws {
    for host in ["127.0.0.1", "127.8.9.10", "::1", "0:0:0:0:0:0:0:1", "localhost", "LOCALHOST"] {
      #expect(throws: Never.self) { try OperatorConfiguration(host: host, port: 0, token: nil) }
    }
    for host in [
      "0.0.0.0", "::", "10.0.0.1", "192.168.1.1", "::ffff:127.0.0.1", "127.0.0.1.example.com", "example.com", "",
    ] {
      #expect(throws: OperatorConfiguration.Refusal.self, "\(host)") {
        try OperatorConfiguration(host: host, port: 0, token: nil)
      }
      #expect(throws: Never.self) {
        try OperatorConfiguration(host: host, port: 0, token: Secret(Self.token))
      }
      #expect(throws: Never.self) {
        try OperatorConfiguration(host: host, port: 0, token: nil, serves: .healthOnly)
      }
    }
  }

  @Test(arguments: ["", "short", String(repeating: "x", count: 15), "sixteen long but spaced", "令牌令牌令牌令牌"])
  func `a token that could be guessed or not be sent is refused`(_ token: String) {
    #expect(throws: OperatorConfiguration.Refusal.self) {
      try OperatorConfiguration(host: "127.0.0.1", port: 0, token: Secret(token))
    }
  }

  @Test func `a page of another origin can change nothing with a browser's credentials`() async throws {
    try await AdminUnderTest.with { admin in
      _ = try await admin.store.create(.sample())
      let path = "/admin/api/sales/double11/close"
      for origin in [
        "http://evil.example", "null", "http://127.0.0.1:1", "http://evil.example/://127.0.0.1:\(admin.client.port)x",
      ] {
        let answer = try await admin.client.send("POST", path, headers: [("Origin", origin)])
        #expect(answer.status == 403, "\(origin)")
        #expect(answer.string("code") == "foreign_origin")
      }
      #expect(admin.log.closed.isEmpty)
      let own = "http://127.0.0.1:\(admin.client.port)"
      let status = try await admin.client.send("POST", path, headers: [("Origin", own)]).status
      #expect(status == 200)
    }
  }

  @Test func `an open admin answers to this machine's own names only`() async throws {
    try await AdminUnderTest.with(token: nil) { admin in
      for host in ["localhost", "localhost:8081", "127.0.0.1:1", "[::1]:8081"] {
        let status = try await admin.client.get("/admin/api/sales", headers: [("Host", host)]).status
        #expect(status == 200, "\(host)")
      }
      for host in ["rebound.example", "127.0.0.1.example.com:8081", "10.0.0.1"] {
        let status = try await admin.client.get("/admin/api/sales", headers: [("Host", host)]).status
        #expect(status == 403, "\(host)")
      }
    }
  }

  @Test func `a process that serves health only has no admin API and no pages`() async throws {
    try await AdminUnderTest.with(serves: .healthOnly) { admin in
      for path in ["/", "/admin", "/admin/api/sales"] {
        let status = try await admin.client.get(path).status
        #expect(status == 404)
      }
      let status = try await admin.client.get("/healthz").status
      #expect(status == 200)
    }
  }
}
