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
    let text = try await encoder.encode(addresses())
    // Atomically: whoever waits for the file never reads half of it.
    try text.write(to: URL(fileURLWithPath: file), options: .atomic)
    try? await gracefulShutdown()
  }
}
