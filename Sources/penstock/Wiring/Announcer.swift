import Foundation
import ServiceLifecycle

/// Writes where everything listens into a file, once all of it does: for scripts that let the system pick the ports.
struct Announcer: Service {
  /// The file's content: `{"http":"127.0.0.1:41207","admin":"127.0.0.1:35111","brokers":"…"}`.
  struct Addresses: Encodable {
    var http: String?
    var admin: String?
    var brokers: String
  }

  let file: String
  let addresses: @Sendable () async throws -> Addresses

  func run() async throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Without the addresses, something did not come to listen, and says why itself.
    if let addresses = try? await addresses() {
      try OutputFile.write(encoder.encode(addresses), to: file)
    }
    try? await gracefulShutdown()
  }
}
