import Secrets
import Telemetry
import Testing

/// What an operator's listener may be.
@Suite struct OperatorConfigurationTests {
  private let token = "a-token-for-tests-only"

  @Test func `without a token the listener starts on loopback only`() throws {
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
        try OperatorConfiguration(host: host, port: 0, token: Secret(token))
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
}
