import Foundation
import TestSupport
import Testing

/// An intake starts only if it knows whom to believe.
@Suite(.timeLimit(.minutes(2))) struct IdentityStartTests {
  private func run(_ more: [String: String]) async throws -> (exit: Int32, errors: String) {
    let complete = [
      "PENSTOCK_KAFKA_BROKERS": "127.0.0.1:1", "PENSTOCK_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
      "PENSTOCK_TICKET_KEY": String(repeating: "5a", count: 32), "PENSTOCK_HTTP": "127.0.0.1:0",
      "PENSTOCK_ADMIN_HTTP": "127.0.0.1:0",
    ]
    let run = try await PenstockProcess.run(
      "penstock", ["intake"], environment: complete.merging(more) { _, new in new })
    return (run.exit.code, run.errors)
  }

  @Test(arguments: ["0.0.0.0:0", "[::]:0"])
  func `off loopback, without gateways and tokens, it says what to set`(_ address: String) async throws {
    let run = try await run(["PENSTOCK_HTTP": address])
    #expect(run.exit == 78, "\(run.errors)")
    #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
    for words in ["PENSTOCK_HTTP is not loopback", "PENSTOCK_TRUSTED_GATEWAYS", "PENSTOCK_TOKEN_KEYS"] {
      #expect(run.errors.contains(words), "\(run.errors)")
    }
  }

  @Test(arguments: [
    (["PENSTOCK_TRUSTED_GATEWAYS": "10.0.0.1/8"], "must be addresses or CIDR blocks"),
    (["PENSTOCK_TRUSTED_GATEWAYS": "10.0.0.0/8,"], "must be addresses or CIDR blocks"),
    (["PENSTOCK_TRUSTED_GATEWAYS": "gateway"], "must be addresses or CIDR blocks"),
    (["PENSTOCK_TOKEN_ISSUER": "x"], "PENSTOCK_TOKEN_KEYS is not"),
    (["PENSTOCK_TOKEN_SKEW_SECONDS": "301"], "0 to 300"), (["PENSTOCK_VERDICT_KEY": "5a"], "32 hexadecimal digits"),
    (
      [
        "PENSTOCK_TOKEN_KEYS": "nowhere/jwks.json", "PENSTOCK_TOKEN_ISSUER": "x", "PENSTOCK_TOKEN_AUDIENCE": "y",
        "PENSTOCK_HTTP": "0.0.0.0:0",
      ],
      "nowhere/jwks.json: keys: the file cannot be read"
    ),
    (
      ["PENSTOCK_TOKEN_KEYS": "LICENSE", "PENSTOCK_TOKEN_ISSUER": "x", "PENSTOCK_TOKEN_AUDIENCE": "y"],
      "no JWK Set and no PEM"
    ),
  ])
  func `a wrong value is one line with its variable and the reason`(
    _ more: [String: String], _ words: String
  ) async throws {
    let run = try await run(more)
    #expect(run.exit == 78, "\(run.errors)")
    #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
    #expect(run.errors.contains(words), "\(run.errors)")
  }

  @Test func `keys without an issuer and an audience are not enough`() async throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "penstock-keys-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: file) }
    try TokenIssuer.keySet([try TokenIssuer(.ES256)]).write(to: file)
    let run = try await run(["PENSTOCK_TOKEN_KEYS": file.path])
    #expect(run.exit == 78, "\(run.errors)")
    #expect(run.errors.contains("PENSTOCK_TOKEN_ISSUER is not set"), "\(run.errors)")
    #expect(run.errors.contains("PENSTOCK_TOKEN_AUDIENCE is not set"), "\(run.errors)")
  }

  @Test func `a file that only an intake or a client of the log reads stops no other command`() async throws {
    try await Shop.with(partitions: 1) { shop, _ in
      let file = FileManager.default.temporaryDirectory.appending(path: "penstock-keys-\(UUID().uuidString).json")
      defer { try? FileManager.default.removeItem(at: file) }
      // Half written.
      try Data(#"{"keys":[{"kty":"#.utf8).write(to: file)
      let tokens = [
        "PENSTOCK_TOKEN_KEYS": file.path, "PENSTOCK_TOKEN_ISSUER": "x", "PENSTOCK_TOKEN_AUDIENCE": "y",
      ]
      for command in ["admin", "worker"] { _ = try await shop.start(command, environment: tokens) }
      var environment = shop.environment.merging(tokens) { $1 }
      environment["PENSTOCK_KAFKA_OPTIONS"] = "security.protocol=SSL;ssl.key.location=/nonexistent"
      for command in ["migrate", "admin user list"] {
        let run = try await PenstockProcess.run(
          "penstock", command.split(separator: " ").map(String.init), environment: environment)
        #expect(run.exit == .success, "\(run)")
      }
      let intake = try await PenstockProcess.run("penstock", ["intake"], environment: environment)
      #expect(intake.exit.code == 78, "\(intake)")
      for words in ["PENSTOCK_TOKEN_KEYS \(file.path)", "ssl.key.location=/nonexistent"] {
        #expect(intake.errors.contains(words), "\(intake)")
      }
    }
  }

  @Test func `a challenge is solved at the terminal`() async throws {
    let run = try await PenstockProcess.run("penstock", ["proof", "solve", "x"], environment: [:])
    #expect(run.exit.code == 64 && run.errors.contains("x is no challenge"), "\(run.errors)")
  }
}
