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

  /// Closes everything but the standard streams first: the server would inherit, and keep, what this process has open,
  /// and `Process` waits for as long as anybody does.
  private static let closing =
    #"for fd in /proc/self/fd/*; do fd=${fd##*/}; ((fd > 2)) && eval "exec $fd>&-"; done; exec "$@""#

  private static func run(_ command: String, _ folder: String) async throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", closing, "bash", "scripts/postgres.sh", command, folder]
    process.currentDirectoryURL = URL(fileURLWithPath: projectRoot)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    let status: Int32 = try await withCheckedThrowingContinuation { continuation in
      process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
      do {
        try process.run()
      } catch {
        process.terminationHandler = nil
        continuation.resume(throwing: error)
      }
    }
    guard status == 0 else { throw TestSetUpError("scripts/postgres.sh \(command) \(folder) ended with \(status)") }
  }
}
