import Foundation
import Logging
import ServiceLifecycle
import Subprocess
import Synchronization
import SystemPackage

/// The embedded broker as a child process, for `penstock up` without a Kafka cluster.
///
/// (1) The child lives at most as long as this process: it ends when its standard input does, and the kernel closes
///     that in any case.
/// (2) It ends last: everything else drains through it.
final class EmbeddedBrokerProcess: Service {
  /// Where it listens.
  let bootstrapServers: String

  /// `nil`: closed.
  private let standardInput: Mutex<FileDescriptor?>
  private let ended: Task<TerminationStatus, any Error>

  private init(at servers: String, standardInput: FileDescriptor, ended: Task<TerminationStatus, any Error>) {
    bootstrapServers = servers
    self.standardInput = Mutex(standardInput)
    self.ended = ended
  }

  /// Starts the child and waits until it said where it listens. Throws `Unavailable` if it ends before.
  static func start(topic: String, partitions: Int, logger: Logger) async throws -> EmbeddedBrokerProcess {
    // What is misspelt was complained about once.
    var variables = environment.filter { !Variable.isUnknown($0.key) }
    (variables[Variable.topic.rawValue], variables[Variable.partitions.rawValue]) = (topic, "\(partitions)")
    let inherited = variables.reduce(into: [Environment.Key: String]()) { $0[.init(stringLiteral: $1.key)] = $1.value }
    let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
    let (reading, standardInput) = try FileDescriptor.pipe()
    let (lines, line) = AsyncStream.makeStream(of: String.self)
    let ended = Task {
      defer { line.finish() }
      return try await Subprocess.run(
        .path(FilePath(program)), arguments: ["broker", "--until-input-ends"], environment: .custom(inherited),
        input: .fileDescriptor(reading, closeAfterSpawningProcess: true), output: .sequence,
        error: .currentStandardError
      ) { broker in
        for try await said in broker.standardOutput.strings() { line.yield(said) }
      }.terminationStatus
    }
    guard let servers = await lines.first(where: { _ in true }) else {
      throw Unavailable(description: "the embedded broker ended before it listened; its errors are above")
    }
    logger.warning(
      "the embedded broker is not durable: it keeps the log in memory and forgets it when it stops",
      metadata: ["brokers": "\(servers)"])
    return EmbeddedBrokerProcess(at: servers, standardInput: standardInput, ended: ended)
  }

  /// Keeps the child until shutdown, or until its task is cancelled. Throws if the child ends by itself: nothing here
  /// works without it.
  func run() async throws {
    let status = try await withTaskCancellationOrGracefulShutdownHandler {
      try await ended.value
    } onCancelOrGracefulShutdown: {
      // Both can happen, and the number may be another file's by then.
      try? self.standardInput.withLock { $0.take() }?.close()
    }
    guard !Task.isShuttingDownGracefully, !Task.isCancelled else { return }
    throw Unavailable(description: "the embedded broker ended by itself (\(status)); its log is lost")
  }
}
