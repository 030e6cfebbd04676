import Foundation
import Glibc
import TestSupport

/// The private PostgreSQL of `scripts/postgres.sh`, to be stopped, crashed and started again.
struct PostgresServer: Sendable {
  let folder: String

  /// A URL of its maintenance database.
  var url: String {
    get throws {
      try String(contentsOfFile: "\(folder)/url", encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    }
  }

  /// Where its files are.
  var data: String { "\(folder)/cluster/data" }

  /// Ends it so: SIGINT ends sessions and makes a checkpoint; SIGQUIT ends it at once, and its next start recovers
  /// ("fast" and "immediate" in PostgreSQL's "Shutting Down the Server").
  func stop(_ signal: Int32) async throws {
    let text = try String(contentsOfFile: "\(data)/postmaster.pid", encoding: .utf8)
    guard let pid = text.split(separator: "\n").first.flatMap({ Int32($0) }) else {
      throw TestSetUpError("\(data)/postmaster.pid names no process")
    }
    kill(pid, signal)
    let isGone = try await eventually { kill(pid, 0) != 0 && errno == ESRCH }
    guard isGone else { throw TestSetUpError("PostgreSQL \(pid) did not stop") }
  }

  /// Makes it if there is none, and starts it.
  func start() async throws { try await Tool.run("scripts/postgres.sh", "start", folder) }

  /// Ends it and deletes what it held.
  func remove() async throws { try await Tool.run("scripts/postgres.sh", "remove", folder) }
}

/// Programs of the machine's and scripts of the project's.
enum Tool {
  /// Foundation's `Process` takes a process for running as long as anybody holds a socket that the process inherited;
  /// a server that the program leaves behind would. So everything but the standard streams is closed first.
  private static let closing =
    #"for fd in /proc/self/fd/*; do fd=${fd##*/}; ((fd > 2)) && eval "exec $fd>&-"; done; exec "$@""#

  /// Runs a program in the project's folder to its end.
  ///
  /// - Throws: `TestSetUpError` with the end of what it said, if it failed.
  @discardableResult
  static func run(_ program: String, _ arguments: String...) async throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", closing, "bash", program] + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: projectRoot)
    let path = FileManager.default.temporaryDirectory.appending(path: "chaos-\(UUID().uuidString)").path
    guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path)
    else { throw TestSetUpError("cannot write \(path)") }
    defer { try? FileManager.default.removeItem(atPath: path) }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = file
    process.standardError = file
    let status: Int32 = try await withCheckedThrowingContinuation { continuation in
      process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
      do {
        try process.run()
      } catch {
        process.terminationHandler = nil
        continuation.resume(throwing: error)
      }
    }
    let said = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    guard status == 0 else { throw TestSetUpError("\(program) ended with \(status): \(said.suffix(500))") }
    return said
  }

  /// Whether there is such a program.
  static func exists(_ program: String) async -> Bool { (try? await run("which", program)) != nil }
}
