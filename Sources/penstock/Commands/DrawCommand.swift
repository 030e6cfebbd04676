import ArgumentParser
import FlashSale
import Foundation

/// `penstock draw …`: checks a lottery, with nothing running.
struct DrawCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "draw", abstract: "Check the draw of a waiting room's lottery.", subcommands: [Verify.self])

  struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "verify", abstract: "Check a published draw offline.",
      discussion: """
        The file is what GET /v1/sales/SALE/draw answered after the draw. Nothing is contacted: the order is made again
        from the secret, the entries and the beacon's value.

        A file alone shows that it agrees with itself. Give the commitment that was published when the sale was
        created, which is to the secret and the beacons, and the root that was published when the entries ended, which
        is of these and of that time: whoever noted them knows that nothing was changed since. Look the beacon's value
        up yourself: this prints which one.

        Exit codes: 0 the draw is right; 1 it is not; 65 the file is no draw; 66 it cannot be read.

        Example:
          penstock draw verify draw.json --root 5f0c…
        """.flowing)

    @Argument(help: "The file; - reads standard input.")
    var file: String

    @Option(help: "The commitment as it was published when the sale was created.")
    var commitment: String?

    @Option(help: "The root as it was published when the entries ended.")
    var root: String?

    func run() async throws {
      try await reporting {
        let data = try InputFile.read(file == "-" ? "/dev/stdin" : file, upTo: Limits.drawFileBytes)
        let report: DrawReport
        do {
          report = try JSONDecoder().decode(DrawReport.self, from: data)
        } catch {
          complain("\(file) is no draw: \(Self.words(of: error))")
          throw ExitCode(65)
        }
        let faults = report.faults(against: DrawReport.Noted(commitment: commitment, root: root))
        for fault in faults { complain(fault) }
        guard faults.isEmpty else { throw ExitCode(1) }
        for line in Self.lines(report, isAnchored: root != nil && commitment != nil) {
          try StandardOutput.write(line: line)
        }
      }
    }

    private static func lines(_ report: DrawReport, isAnchored: Bool) -> [String] {
      return [
        "The draw of \(report.sale) is right: \(report.entries.count) entries, closed at \(report.closedAt).",
        report.silence.map { first, until in
          """
          It used the fallback beacon that the sale had named. Look up that \(source(of: first)) was silent until \
          \(until): if it had spoken, the shop could choose between two orders.
          """
        },
        "Look up that \(source(of: report.beacon)) said \(report.beacon.value ?? "").",
        isAnchored ? nil : "Compare commitment \(report.commitment) and root \(report.root) with what was published.",
      ].compactMap { $0 }
    }

    private static func source(of beacon: DrawReport.Beacon) -> String {
      if case .drand(let url, _, _) = beacon.rule.source { "\(url)/\(beacon.round)" } else { beacon.rule.name }
    }

    private static func words(of error: any Error) -> String {
      switch error {
      case DecodingError.keyNotFound(let key, _): "it has no \(key.stringValue)"
      case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
        "\(context.codingPath.map(\.stringValue).joined(separator: ".")) is of another kind"
      default: "it is not JSON of that shape"
      }
    }
  }
}
