import Foundation
import Synchronization

/// A `penstock` (or `spike`) process under test: the debug binary beside the tests.
public final class PenstockProcess: Sendable {
  /// How a process ended.
  public struct Exit: Sendable, Equatable {
    /// The exit code, or the signal's number.
    public var code: Int32
    /// Whether a signal ended it.
    public var bySignal: Bool
    /// Creates an exit to compare with.
    public init(code: Int32, bySignal: Bool) {
      self.code = code
      self.bySignal = bySignal
    }

    /// A normal end with code 0.
    public static let success = Exit(code: 0, bySignal: false)
  }

  private let process: Process
  private let exits: AsyncStream<Exit>
  private let output = Mutex(Data())
  private let errors = Mutex(Data())
  private let input = Pipe()

  /// Starts `program` with these arguments and only these `PENSTOCK_*` variables.
  ///
  /// - Parameter wrapper: a command that runs it, such as a profiler's with its options; empty: nothing does.
  public init(
    _ program: String = "penstock", _ arguments: [String], environment: [String: String] = [:],
    under wrapper: [String] = []
  ) throws {
    let ours = ProcessInfo.processInfo.environment
    guard let penstock = ours["PENSTOCK_TEST_BINARY"] else {
      throw TestSetUpError("PENSTOCK_TEST_BINARY is not set: run the tests with `make test`")
    }
    process = Process()
    let executable = URL(fileURLWithPath: penstock).deletingLastPathComponent().appending(path: program)
    process.executableURL = wrapper.isEmpty ? executable : URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = wrapper.isEmpty ? arguments : wrapper + [executable.path] + arguments
    process.environment = ours.filter { !$0.key.hasPrefix("PENSTOCK_") }.merging(environment) { _, new in new }
    process.currentDirectoryURL = URL(fileURLWithPath: projectRoot)
    let (exits, exit) = AsyncStream.makeStream(of: Exit.self)
    self.exits = exits
    let standardOutput = Pipe()
    let standardError = Pipe()
    process.standardInput = input
    process.standardOutput = standardOutput
    process.standardError = standardError
    process.terminationHandler = { process in
      exit.yield(Exit(code: process.terminationStatus, bySignal: process.terminationReason == .uncaughtSignal))
      exit.finish()
    }
    Self.collect(standardOutput) { [weak self] data in self?.output.withLock { $0 += data } }
    Self.collect(standardError) { [weak self] data in self?.errors.withLock { $0 += data } }
    try process.run()
  }

  deinit {
    // A test that failed half-way must not leave a server behind.
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    try? input.fileHandleForWriting.close()
  }

  /// What it wrote to standard output so far.
  public var standardOutput: String { output.withLock { String(decoding: $0, as: UTF8.self) } }

  /// What it wrote to standard error so far.
  public var standardError: String { errors.withLock { String(decoding: $0, as: UTF8.self) } }

  /// Whether it has not ended yet.
  public var isRunning: Bool { process.isRunning }

  /// Its process id.
  public var identifier: Int32 { process.processIdentifier }

  /// Sends a signal.
  public func send(signal: Int32) { kill(process.processIdentifier, signal) }

  /// Writes a line to its standard input.
  ///
  /// - Throws: if it has closed its standard input.
  public func write(line: String) throws {
    try input.fileHandleForWriting.write(contentsOf: Data("\(line)\n".utf8))
  }

  /// Waits until it ends.
  public func exit() async -> Exit {
    await exits.first { _ in true } ?? Exit(code: -1, bySignal: false)
  }

  /// Runs a command to its end.
  ///
  /// - Parameter wrapper: as for `init`.
  public static func run(
    _ program: String = "penstock", _ arguments: [String], environment: [String: String] = [:],
    under wrapper: [String] = []
  ) async throws -> (exit: Exit, output: String, errors: String) {
    let process = try PenstockProcess(program, arguments, environment: environment, under: wrapper)
    let exit = await process.exit()
    // The pipes are read by threads of their own, which may come after the end of the process.
    _ = try await eventually(within: .seconds(2)) { process.output.withLock { !$0.isEmpty } || exit.code != 0 }
    _ = try await eventually(within: .seconds(2)) { process.errors.withLock { !$0.isEmpty } || exit.code == 0 }
    return (exit, process.standardOutput, process.standardError)
  }

  /// On a thread of its own, until all who could write have ended: a readability handler was once seen to miss the end
  /// of a long output. Closes the pipe itself: Foundation keeps it open, and with more than a thousand open files its
  /// `Process.run` was seen to crash.
  private static func collect(_ pipe: Pipe, _ take: @escaping @Sendable (Data) -> Void) {
    let handle = pipe.fileHandleForReading
    Thread.detachNewThread {
      while true {
        let data = handle.availableData
        if data.isEmpty {
          try? handle.close()
          return
        }
        take(data)
      }
    }
  }
}
