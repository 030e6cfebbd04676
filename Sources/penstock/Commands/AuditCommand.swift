import ArgumentParser
import Audit
import FlashSale
import Foundation
import OrderLog
import SaleStore

/// `penstock audit`: decides the log again and compares with the database.
struct AuditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract: "Decide the log again and compare every outcome.",
    discussion: """
      Reads the log from its beginning, decides each record as a lane does, and compares with the rows of the database:
      stock, orders, what became of them, payments, progress, tallies, quarantine. It only reads, and can run during a
      sale: what is not decided yet is in flight. Needs PENSTOCK_KAFKA_BROKERS and PENSTOCK_DATABASE_URL, and
      PENSTOCK_TOPIC.

      With --ledger it also checks every promise that the load test wrote down (spike --ledger).

      Exit codes: 0 everything is right; 1 something is violated; 2 it cannot say, because the log has lost its
      beginning, a partition is halted, or a service does not answer; 66 the ledger cannot be opened; 78 configuration.

      Examples:
        penstock audit
        penstock audit --ledger ledger.tsv --format json | jq .counts
      """.flowing)

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

  @Option(help: "A ledger of the load test: each promise in it must have its outcome.")
  var ledger: String?

  @Option(help: "text or json.")
  var format = Format.text

  func run() async throws {
    // Before there are threads to have heaps of their own.
    Heaps.share()
    try await reporting {
      let configuration = try Configuration(environment, for: [.kafka, .database])
      let meter = AuditMeter()
      let report: AuditReport
      do {
        report = try await audit(configuration, meter)
      } catch let error as FileFailure {
        throw error
      } catch {
        meter.clear()
        // Not a violation: whoever scripts this must be able to tell the two apart.
        complain("could not check: \(words(of: error))")
        throw ExitCode(2)
      }
      meter.clear()
      switch format {
      case .text: try StandardOutput.write(AuditText.text(report))
      case .json: try StandardOutput.write(line: String(decoding: try report.json(), as: UTF8.self))
      }
      if report.exitCode != 0 { throw ExitCode(report.exitCode) }
    }
  }

  private func audit(_ configuration: Configuration, _ meter: AuditMeter) async throws -> AuditReport {
    let logger = makeLogger("audit", level: configuration.logLevel)
    // Before the long part, not after it.
    let file = try ledger.map { try LedgerFile(InputFile.open($0)) }
    let log = try OrderReader(cluster: configuration.cluster, topic: configuration.log.topic, logger: logger)
    let store = try await AuditStore.connect(configuration.database.named("penstock audit"), logger: logger)
    defer { meter.clear() }
    do {
      let report = try await Auditor(store: store, log: log, topic: configuration.log.topic)
        .run(ledger: file) { meter.show($0) }
      await store.close()
      return report
    } catch {
      await store.close()
      throw error
    }
  }
}
