import ArgumentParser
import Audit
import FlashSale
import Foundation
import OrderLog
import SaleStore

/// `penstock fairness`: whether a sale was first come, first served.
struct FairnessCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fairness",
    abstract: "Show from the log that a sale was first come, first served, and how finely that holds.",
    discussion: """
      Reads the sale's records from the log and what they did from the database. Says whether a later request won while
      an earlier eligible one lost, though no units came back in between; how many won by when they came and by how
      often they asked; and how far the order of the log is from the order of arrival. It only reads. Needs
      PENSTOCK_KAFKA_BROKERS and PENSTOCK_DATABASE_URL, and PENSTOCK_TOPIC.

      Exit codes: 0 fair; 1 unfair, or there is no such sale; 2 it cannot say, because the log has lost the sale's
      beginning, a partition is halted, or a service does not answer; 78 configuration.

      Examples:
        penstock fairness --sale double11
        penstock fairness --sale double11 --format json | jq .resolution
      """.flowing)

  @Option(help: "The sale's id.", transform: { try SaleID(validating: $0) })
  var sale: SaleID

  @Option(help: "text or json.")
  var format = AuditCommand.Format.text

  func run() async throws {
    // Before there are threads to have heaps of their own.
    Heaps.share()
    try await reporting {
      let configuration = try Configuration(environment, for: [.kafka, .database])
      let meter = AuditMeter()
      let report: FairnessReport?
      do {
        report = try await read(configuration, meter)
      } catch {
        meter.clear()
        complain("could not check: \(words(of: error))")
        throw ExitCode(2)
      }
      meter.clear()
      guard let report else {
        complain("there is no sale \(sale)")
        throw ExitCode(1)
      }
      switch format {
      case .text: try StandardOutput.write(FairnessText.text(report))
      case .json: try StandardOutput.write(line: String(decoding: try report.json(), as: UTF8.self))
      }
      if report.exitCode != 0 { throw ExitCode(report.exitCode) }
    }
  }

  private func read(_ configuration: Configuration, _ meter: AuditMeter) async throws -> FairnessReport? {
    let logger = makeLogger("fairness", level: configuration.logLevel)
    let log = try OrderReader(cluster: configuration.cluster, topic: configuration.log.topic, logger: logger)
    let store = try await AuditStore.connect(configuration.database.named("penstock fairness"), logger: logger)
    defer { meter.clear() }
    do {
      let report = try await FairnessReading(store: store, log: log, topic: configuration.log.topic)
        .run(sale: sale) { meter.show($0) }
      await store.close()
      return report
    } catch {
      await store.close()
      throw error
    }
  }
}
