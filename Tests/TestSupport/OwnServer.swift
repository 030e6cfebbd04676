import Foundation
import Glibc

/// A PostgreSQL of one test's own, for what a test must not do to the others' server.
public struct OwnServer: Sendable {
  /// A URL of its maintenance database.
  public let url: String
  private let folder: String

  /// Starts one, lends it to `body`, and removes it.
  public static func with(_ body: (OwnServer) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "penstock-server-\(UUID().uuidString)").path
    do {
      try await run("start", folder)
      let url = try String(contentsOfFile: "\(folder)/url", encoding: .utf8)
      try await body(OwnServer(url: url.trimmingCharacters(in: .whitespacesAndNewlines), folder: folder))
    } catch {
      try? await run("remove", folder)
      throw error
    }
    try await run("remove", folder)
  }

  /// Makes each COMMIT wait for a standby that does not exist, from now on, or lets all go on.
  public func holdCommits(_ isHeld: Bool) async throws {
    let data = "\(folder)/cluster/data"
    let file = URL(fileURLWithPath: "\(data)/postgresql.auto.conf")
    try Data("synchronous_standby_names = '\(isHeld ? "nobody" : "")'\n".utf8).write(to: file)
    let text = try String(contentsOfFile: "\(data)/postmaster.pid", encoding: .utf8)
    guard let pid = text.split(separator: "\n").first.flatMap({ Int32($0) }) else {
      throw TestSetUpError("\(data)/postmaster.pid names no process")
    }
    // "Reload configuration files" (PostgreSQL, pg_ctl reload).
    kill(pid, SIGHUP)
  }

  private static func run(_ command: String, _ folder: String) async throws {
    try await Tool.run("scripts/postgres.sh", [command, folder])
  }
}
