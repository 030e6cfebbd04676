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

extension Tool {
  /// The same, with the arguments one by one.
  @discardableResult
  static func run(_ program: String, _ arguments: String...) async throws -> String {
    try await run(program, arguments)
  }
}
