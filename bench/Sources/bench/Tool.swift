import Foundation
import TestSupport

extension Tool {
  /// Starts a program that runs until `stop`, in a session of its own. It ends with this process in any case.
  ///
  /// The signal comes when the *thread* that started it ends (prctl(2), PR_SET_PDEATHSIG), so that is one of its own,
  /// which stays until the program has ended. A thread of a pool may go at any time, and nginx's master with it.
  static func start(
    _ program: String, _ arguments: [String], environment: [String: String] = [:]
  ) async throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/setpriv")
    process.arguments = ["--pdeathsig", "KILL"] + ApartCommand.wrapper + [program] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    return try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        do {
          try process.run()
        } catch {
          return continuation.resume(throwing: error)
        }
        continuation.resume(returning: process)
        process.waitUntilExit()
      }
    }
  }

  /// Ends a program and waits until it has.
  static func stop(_ process: Process) async {
    process.terminate()
    while process.isRunning { try? await Task.sleep(for: .milliseconds(10)) }
  }
}

/// Folders for files that nobody needs afterwards.
enum Folder {
  static func make() throws -> String {
    let folder = FileManager.default.temporaryDirectory.appending(path: "penstock-bench-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder.path
  }

  static func remove(_ folder: String) { try? FileManager.default.removeItem(atPath: folder) }
}
