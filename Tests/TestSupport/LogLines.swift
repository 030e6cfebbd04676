public import Logging

/// Log lines that a test can wait for.
public struct LogLines: Sendable {
  private struct Handler: LogHandler {
    let lines: AsyncStream<String>.Continuation
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      lines.yield("\(event.message)")
    }
  }

  /// What writes them.
  public let logger: Logger
  private let lines: AsyncStream<String>

  /// No line yet.
  public init() {
    let (lines, continuation) = AsyncStream.makeStream(of: String.self)
    self.lines = lines
    logger = Logger(label: "tests") { _ in Handler(lines: continuation) }
  }

  /// All lines up to the first with this text, which is waited for. For one reader.
  public func all(until text: String) async -> [String] {
    var all: [String] = []
    for await line in lines {
      all.append(line)
      if line.contains(text) { break }
    }
    return all
  }

  /// Waits for a line with this text. For one reader.
  public func wait(for text: String) async {
    for await line in lines where line.contains(text) { return }
  }
}
