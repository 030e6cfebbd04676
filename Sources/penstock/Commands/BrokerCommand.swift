import ArgumentParser
import FlashSale
import Foundation
import Kafka
import Logging
import OrderLog
import ServiceLifecycle
import UnixSignals

/// `penstock broker`: librdkafka's mock cluster in a process of its own, for development.
struct BrokerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "broker",
    abstract: "Run the embedded broker, for development. Not durable.",
    discussion: """
      A Kafka broker of one process that speaks the real protocol on loopback, at a port that the system picks. It keeps
      the log in memory, about 5 MiB per partition, and forgets it when it stops: not durable, never for production.

      Prints its address as the first line of standard output. Makes the topic PENSTOCK_TOPIC (default orders) with
      PENSTOCK_PARTITIONS (default 12) partitions, and those of its waiting rooms
      and events (PENSTOCK_EVENTS_TOPIC) beside it. SIGTERM or Ctrl-C ends it.

      Example:
        penstock broker &
        export PENSTOCK_KAFKA_BROKERS=127.0.0.1:41207   # the line that it printed
      """.flowing)

  @Flag(help: "End when standard input ends, and leave Ctrl-C to the process at its other end.")
  var untilInputEnds = false

  func run() async throws {
    try await reporting {
      let configuration = try Configuration(environment, for: [])
      let logger = makeLogger("broker", level: configuration.logLevel)
      let topics = [
        (name: configuration.log.topic, partitions: configuration.log.partitions),
        (name: configuration.eventsTopic, partitions: configuration.log.partitions),
        (name: RoomLog.topic(beside: configuration.log.topic), partitions: 1),
      ]
      let broker = try EmbeddedBroker(topics: topics, logger: logger)
      do {
        try StandardOutput.write(line: broker.bootstrapServers)
      } catch {
        await broker.shutdown()
        throw error
      }
      if untilInputEnds {
        signal(SIGINT, SIG_IGN)
        // The parent's drain needs the broker until the end; then the parent's end closes our input, and that is the
        // signal.
        signal(SIGTERM, SIG_IGN)
        for await _ in FileHandle.standardInput.chunks {}
      } else {
        logger.warning("not durable: the log is in memory and is forgotten when this ends")
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        for await _ in signals { break }
      }
      await broker.shutdown()
    }
  }
}
