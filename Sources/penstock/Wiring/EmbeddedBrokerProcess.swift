import Foundation
import Logging
import ServiceLifecycle

/// The embedded broker as a child process, for `penstock up` without a Kafka cluster.
///
/// (1) The child lives at most as long as this process: it ends when its standard input does, and the kernel closes
///     that in any case.
/// (2) It ends last: everything else drains through it.
struct EmbeddedBrokerProcess: Service {
  /// Where it listens.
  let bootstrapServers: String

  private let process: Process
  private let standardInput: Pipe
  private let ended: AsyncStream<Int32>

  /// Starts the child and waits until it said where it listens. Throws `Unavailable` if it ends before.
  static func start(topic: String, partitions: Int, logger: Logger) async throws -> EmbeddedBrokerProcess {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = ["broker", "--until-input-ends"]
    // What is misspelt was complained about once.
    let known = environment.filter { !Variable.isUnknown($0.key) }
    process.environment = known.merging([
      Variable.topic.rawValue: topic, Variable.partitions.rawValue: "\(partitions)",
    ]) { _, ours in ours }
    let standardInput = Pipe()
    let standardOutput = Pipe()
    process.standardInput = standardInput
    process.standardOutput = standardOutput
    let (ended, end) = AsyncStream.makeStream(of: Int32.self)
    process.terminationHandler = { process in
      end.yield(process.terminationStatus)
      end.finish()
    }
    try process.run()
    guard let servers = await firstLine(of: standardOutput.fileHandleForReading) else {
      throw Unavailable(description: "the embedded broker ended before it listened; its errors are above")
    }
    logger.warning(
      "the embedded broker is not durable: it keeps the log in memory and forgets it when it stops",
      metadata: ["brokers": "\(servers)", "pid": "\(process.processIdentifier)"])
    return EmbeddedBrokerProcess(
      bootstrapServers: servers, process: process, standardInput: standardInput, ended: ended)
  }

  /// Keeps the child until shutdown. Throws if it ends by itself: nothing here works without it.
  func run() async throws {
    let status = await withGracefulShutdownHandler {
      await ended.first { _ in true }
    } onGracefulShutdown: {
      try? standardInput.fileHandleForWriting.close()
    }
    guard !Task.isShuttingDownGracefully else { return }
    throw Unavailable(description: "the embedded broker ended by itself (status \(status ?? -1)); its log is lost")
  }

  /// The first line that arrives, or `nil` if the stream ends before one.
  private static func firstLine(of handle: FileHandle) async -> String? {
    var text = Data()
    for await chunk in handle.chunks {
      text += chunk
      if let end = text.firstIndex(of: UInt8(ascii: "\n")) { return String(decoding: text[..<end], as: UTF8.self) }
    }
    return nil
  }
}
