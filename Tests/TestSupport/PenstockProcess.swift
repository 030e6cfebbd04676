import Foundation
import Subprocess
import Synchronization
import SystemPackage

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

  /// Its process id.
  public let identifier: Int32

  private let exits: Task<Exit, any Error>
  private let state: State
  private let output: SpokenWords
  private let errors: SpokenWords
  private let input: FileDescriptor

  private final class State: Sendable {
    let hasEnded = Atomic(false)
  }

  private init(
    _ identifier: Int32, _ exits: Task<Exit, any Error>, _ state: State, output: SpokenWords, errors: SpokenWords,
    input: FileDescriptor
  ) {
    self.identifier = identifier
    self.exits = exits
    self.state = state
    self.output = output
    self.errors = errors
    self.input = input
  }

  /// Starts `program` with these arguments and only these `PENSTOCK_*` variables.
  ///
  /// - Parameter wrapper: a command that runs it, such as a profiler's with its options; empty: nothing does.
  public static func start(
    _ program: String = "penstock", _ arguments: [String], environment: [String: String] = [:],
    under wrapper: [String] = []
  ) async throws -> PenstockProcess {
    let ours = ProcessInfo.processInfo.environment
    guard let penstock = ours["PENSTOCK_TEST_BINARY"] else {
      throw TestSetUpError("PENSTOCK_TEST_BINARY is not set: run the tests with `make test`")
    }
    let executable = FilePath(penstock).removingLastComponent().appending(program)
    let words = wrapper.isEmpty ? arguments : wrapper + [executable.string] + arguments
    var variables: [Environment.Key: String] = [:]
    for (name, value) in ours where !name.hasPrefix("PENSTOCK_") { variables[.init(stringLiteral: name)] = value }
    for (name, value) in environment { variables[.init(stringLiteral: name)] = value }
    let (output, errors, state) = (try SpokenWords(), try SpokenWords(), State())
    let (reading, input) = try FileDescriptor.pipe()
    let (begun, begin) = AsyncStream.makeStream(of: Int32.self)
    let exits = Task { [variables] in
      defer { begin.finish() }
      let ended = try await Subprocess.run(
        .path(wrapper.isEmpty ? executable : "/usr/bin/env"), arguments: Arguments(words),
        environment: .custom(variables), workingDirectory: FilePath(projectRoot),
        input: .fileDescriptor(reading, closeAfterSpawningProcess: true),
        output: .fileDescriptor(output.file, closeAfterSpawningProcess: false),
        error: .fileDescriptor(errors.file, closeAfterSpawningProcess: false)
      ) { execution in
        begin.yield(execution.processIdentifier.value)
      }
      state.hasEnded.store(true, ordering: .releasing)
      return Exit(ended.terminationStatus)
    }
    guard let identifier = await begun.first(where: { _ in true }) else {
      try? input.close()
      _ = try await exits.value
      throw TestSetUpError("\(program) ended before it began")
    }
    return PenstockProcess(identifier, exits, state, output: output, errors: errors, input: input)
  }

  deinit {
    // A test that failed half-way must not leave a server behind.
    send(signal: SIGKILL)
    try? input.close()
  }

  /// What it wrote to standard output so far.
  public var standardOutput: String { output.text }

  /// What it wrote to standard error so far.
  public var standardError: String { errors.text }

  /// Whether it has not ended yet.
  public var isRunning: Bool { !state.hasEnded.load(ordering: .acquiring) }

  /// Sends a signal, if it has not ended yet.
  public func send(signal: Int32) { if isRunning { kill(identifier, signal) } }

  /// Writes a line to its standard input.
  ///
  /// - Throws: if it has closed its standard input.
  public func write(line: String) throws { try input.writeAll("\(line)\n".utf8) }

  /// Waits until it ends.
  public func exit() async -> Exit { (try? await exits.value) ?? Exit(code: -1, bySignal: false) }

  /// Runs a command to its end.
  ///
  /// - Parameter wrapper: as for `init`.
  public static func run(
    _ program: String = "penstock", _ arguments: [String], environment: [String: String] = [:],
    under wrapper: [String] = []
  ) async throws -> (exit: Exit, output: String, errors: String) {
    let process = try await start(program, arguments, environment: environment, under: wrapper)
    let exit = await process.exit()
    return (exit, process.standardOutput, process.standardError)
  }
}

extension PenstockProcess.Exit {
  fileprivate init(_ status: TerminationStatus) {
    switch status {
    case .exited(let code): self.init(code: code, bySignal: false)
    case .signaled(let signal): self.init(code: signal, bySignal: true)
    }
  }
}

/// What a process writes: a file without a name, which is there as long as somebody has it open. A pipe would need a
/// reader at all times, and would not end while a child of the process has it.
private final class SpokenWords: Sendable {
  let file: FileDescriptor

  init() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "penstock-words-\(UUID().uuidString)").path
    file = try .open(
      FilePath(path), .readWrite, options: [.create, .exclusiveCreate, .append, .closeOnExec],
      permissions: .ownerReadWrite)
    try FileManager.default.removeItem(atPath: path)
  }

  deinit { try? file.close() }

  var text: String {
    var words: [UInt8] = []
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 1)
    defer { buffer.deallocate() }
    while let count = try? file.read(fromAbsoluteOffset: Int64(words.count), into: buffer), count > 0 {
      words += buffer[..<count]
    }
    return String(decoding: words, as: UTF8.self)
  }
}
