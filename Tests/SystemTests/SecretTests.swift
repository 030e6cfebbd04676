import Foundation
import TestSupport
import Testing

/// No command prints a secret, however much it logs.
@Suite(.timeLimit(.minutes(3))) struct SecretTests {
  /// Values that stand nowhere else.
  private let secrets = [
    "PENSTOCK_TICKET_KEY": String(repeating: "7e5ec4e7", count: 4),
    "PENSTOCK_ADMIN_TOKEN": "token-that-nobody-prints",
    "PENSTOCK_KAFKA_OPTIONS":
      "sasl.username=reader;sasl.password=sasl-that-nobody-prints;ssl.key.password=pem-unprinted",
  ]

  private func leaks(_ text: String, _ url: String) -> [String] {
    let password = URLComponents(string: url)?.password ?? "no password is set"
    return ["7e5ec4e7", "token-that-nobody-prints", "sasl-that-nobody-prints", "pem-unprinted", password]
      .filter(text.contains)
  }

  @Test func `no command prints a secret at trace, while it runs and when it ends`() async throws {
    try await Shop.with { shop, database in
      let environment = shop.environment.merging(secrets) { $1 }.merging(["PENSTOCK_LOG_LEVEL": "trace"]) { $1 }
      for command in ["intake", "worker", "admin", "up"] {
        var environment = environment
        if command == "up" { environment["PENSTOCK_KAFKA_BROKERS"] = "" }
        // A log of its own kind each, so that "up" meets no progress from another one.
        environment["PENSTOCK_TOPIC"] = command == "up" ? "up-orders" : "orders"
        let part = try await shop.start(command, environment: environment)
        part.process.send(signal: SIGTERM)
        #expect(await part.process.exit() == .success, "\(command)")
        // The services as ServiceLifecycle dumps them at debug are there, and the secrets are not.
        #expect(part.process.standardError.contains("•••"), "\(command)")
        #expect(leaks(part.process.standardError + part.process.standardOutput, database.url).isEmpty, "\(command)")
      }
      let tools = [
        "migrate", "audit", "sale list", "report none", "sale create --file nope", "lanes list",
        "lanes resume 0 --because seen",
      ]
      for command in tools {
        let arguments = command.split(separator: " ").map(String.init)
        let run = try await PenstockProcess.run("penstock", arguments, environment: environment)
        #expect(leaks(run.output + run.errors, database.url).isEmpty, "\(command)")
      }
    }
  }
}
