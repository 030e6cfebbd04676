import Admin
import ArgumentParser
import FlashSale
import Foundation
import SaleStore

/// `penstock report`: accounts for every request of a sale.
struct ReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Account for every request of a sale.",
    discussion: """
      Units put up, sold and left; requests by outcome and reason; whether accepted = confirmed + rejected + quarantined
      + in flight; the time from acceptance to decision; sales per minute. Asks the admin API (PENSTOCK_ADMIN_URL,
      PENSTOCK_ADMIN_TOKEN).

      Exit codes: 0 it adds up and nothing is oversold; 1 it does not; 2 it cannot be said (the log cannot be read);
      69 no answer within 5 minutes (it counts what is in flight in the log); 78 configuration.

      Examples:
        penstock report double11
        penstock report double11 --format json | jq .requests
        penstock report double11 --format csv > double11.csv
        penstock report double11 --as-of AQCwCeF8Od4
      """.flowing)

  enum Format: String, ExpressibleByArgument, CaseIterable { case table, json, csv }

  @Argument(help: "The sale's id.", transform: { try SaleID(validating: $0) })
  var sale: SaleID

  @Option(help: "table, json or csv.")
  var format = Format.table

  @Option(
    help: "The vector of an export or an earlier report: the report as of it.",
    transform: { text in
      guard let vector = OffsetVector(text) else {
        throw ArgumentParser.ValidationError("--as-of must be as a report or an export has told it.")
      }
      return vector
    })
  var asOf: OffsetVector?

  func run() async throws {
    try await reporting {
      let path = "/admin/api/sales/\(sale)/report\(asOf.map { "?as_of=\($0)" } ?? "")"
      let data = try await AdminClient(environment).call("GET", path, within: Limits.adminReport)
      let report = try JSONDecoder().decode(SaleReport.self, from: data)
      switch format {
      case .table: try StandardOutput.write(ReportTable.text(report))
      case .json: try StandardOutput.write(line: String(decoding: data, as: UTF8.self))
      case .csv: try StandardOutput.write(ReportCSV.text(report))
      }
      guard let isSound = report.isSound else { throw ExitCode(2) }
      if !isSound { throw ExitCode(1) }
    }
  }
}
