import Foundation
import TestSupport

/// A program of the machine's: nginx, wrk, psql, pgbench, valgrind.
enum Tool {
  /// Runs a program to its end.
  ///
  /// - Parameters:
  ///   - input: a file for its standard input; `nil` is an empty one.
  ///   - output: a file for its standard output; `nil` returns it.
  /// - Returns: its standard output, if that does not go into a file.
  /// - Throws: `TestSetUpError` with what it said, if it failed and `mayFail` is not set.
  @discardableResult
  static func run(
    _ program: String, _ arguments: [String], environment: [String: String] = [:], input: String? = nil,
    output: String? = nil, mayFail: Bool = false
  ) async throws -> String {
    let folder = try Folder.make()
    defer { Folder.remove(folder) }
    let (said, complained) = (output ?? "\(folder)/output", "\(folder)/errors")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
    process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: input ?? "/dev/null"))
    process.standardOutput = try writing(said)
    process.standardError = try writing(complained)
    let status = try await ended(process)
    guard status == 0 || mayFail else {
      let words = (try? String(contentsOfFile: complained, encoding: .utf8)) ?? ""
      throw TestSetUpError("\(program) ended with \(status): \(words.suffix(500))")
    }
    return output == nil ? try String(contentsOfFile: said, encoding: .utf8) : ""
  }

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

  private static func writing(_ path: String) throws -> FileHandle {
    guard FileManager.default.createFile(atPath: path, contents: nil) else {
      throw TestSetUpError("cannot write \(path)")
    }
    return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
  }

  private static func ended(_ process: Process) async throws -> Int32 {
    try await withCheckedThrowingContinuation { continuation in
      process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
      do {
        try process.run()
      } catch {
        process.terminationHandler = nil
        continuation.resume(throwing: error)
      }
    }
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
