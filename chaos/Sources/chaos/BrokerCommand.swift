import ArgumentParser
import Foundation
import Kafka
import OrderLog
import TestSupport

/// `chaos broker`: the embedded broker in a process of its own, like `penstock broker`, with control over its faults.
///
/// Standard input takes `delay MILLISECONDS`, and `fail REQUEST FAULT COUNT` by the names in `EmbeddedBroker`; the
/// broker ends when its input does.
struct BrokerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "broker", abstract: "Run the embedded broker with faults on command.", shouldDisplay: false)

  func run() async throws {
    let partitions = ProcessInfo.processInfo.environment["PENSTOCK_PARTITIONS"].flatMap { Int($0) }
    guard let partitions else { throw ValidationError("PENSTOCK_PARTITIONS is not set") }
    let topics = [
      (name: Stage.topic, partitions: partitions), (name: RoomLog.topic(beside: Stage.topic), partitions: 1),
      (name: EventTopic.name, partitions: partitions),
    ]
    let broker = try EmbeddedBroker(topics: topics, logger: quietLogger)
    // Not `print`: its buffer would keep the line from a pipe's reader until the end.
    FileHandle.standardOutput.write(Data("\(broker.bootstrapServers)\n".utf8))
    await Self.obey(broker)
    await broker.shutdown()
  }

  private static func obey(_ broker: EmbeddedBroker) async {
    await withCheckedContinuation { continuation in
      // readLine waits for input, on a thread where it may.
      Loopback.onThread("broker-input") {
        while let line = readLine() {
          do {
            try obey(line.split(separator: " ").map(String.init), broker)
          } catch {
            FileHandle.standardError.write(Data("\(line): \(error)\n".utf8))
          }
        }
        continuation.resume()
      }
    }
  }

  private static func obey(_ words: [String], _ broker: EmbeddedBroker) throws {
    switch (words.first, words.count) {
    case ("delay", 2):
      guard let milliseconds = Int(words[1]) else { throw ValidationError("not a number") }
      try broker.setRoundTrip(.milliseconds(milliseconds))
    case ("fail", 4):
      let request = EmbeddedBroker.Request.allCases.first { "\($0)" == words[1] }
      guard let request, let fault = EmbeddedBroker.Fault(rawValue: words[2]), let count = Int(words[3]) else {
        throw ValidationError("not a request, a fault and a number")
      }
      try broker.failNext(request: request, with: [fault], count: count)
    default: throw ValidationError("not a command")
    }
  }
}
