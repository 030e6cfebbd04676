import Foundation
import Subprocess
import SystemPackage

/// Programs of the machine's and scripts of the project's, such as psql, wrk and `scripts/postgres.sh`.
public enum Tool {
  /// Runs a program in the project's folder to its end, also if the task is cancelled: what cleans up is run here too.
  ///
  /// Its output goes to files, because a server that it leaves behind would hold a pipe open. Of what is open here, it
  /// inherits nothing else.
  ///
  /// - Parameters:
  ///   - program: a name that the path of programs has, or a path from the project's folder.
  ///   - environment: what it has beside our own.
  ///   - input: a file for its standard input; `nil` is an empty one.
  ///   - output: a file for its standard output; `nil` returns it.
  ///   - mayFail: whether another end than success is one too.
  /// - Returns: its standard output, if that does not go into a file.
  /// - Throws: `TestSetUpError` with the end of what it said, if it failed.
  @discardableResult
  public static func run(
    _ program: String, _ arguments: [String], environment: [String: String] = [:], input: String? = nil,
    output: String? = nil, mayFail: Bool = false
  ) async throws -> String {
    let folder = FileManager.default.temporaryDirectory.appending(path: "penstock-tool-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (said, complained) = (output ?? folder.appending(path: "output").path, folder.appending(path: "errors").path)
    // In a task of its own, which the caller's cancellation does not reach.
    let status = try await Task {
      try await Subprocess.run(
        program.contains("/") ? .path(FilePath(projectRoot).pushing(FilePath(program))) : .name(program),
        arguments: Arguments(arguments), environment: extended(by: environment),
        workingDirectory: FilePath(projectRoot),
        input: .fileDescriptor(try .open(input ?? "/dev/null", .readOnly), closeAfterSpawningProcess: true),
        output: .fileDescriptor(try writing(said), closeAfterSpawningProcess: true),
        error: .fileDescriptor(try writing(complained), closeAfterSpawningProcess: true)
      ).terminationStatus
    }.value
    let words = try String(contentsOfFile: complained, encoding: .utf8)
    let answer = output == nil ? try String(contentsOfFile: said, encoding: .utf8) : ""
    guard status.isSuccess || mayFail else {
      throw TestSetUpError("\(program) ended with \(status): \((answer + words).suffix(500))")
    }
    return answer
  }

  private static func extended(by more: [String: String]) -> Environment {
    var added: [Environment.Key: String?] = [:]
    for (name, value) in more { added[Environment.Key(stringLiteral: name)] = value }
    return .inherit.updating(added)
  }

  private static func writing(_ path: String) throws -> FileDescriptor {
    try .open(
      FilePath(path), .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: [.ownerReadWrite])
  }
}
