import ArgumentParser
import Foundation
import UnixSignals

/// `chaos run`: the matrix, a line for each row.
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run the rows and print the table.",
    discussion: """
      A row is a Penstock of its own: real processes, a database and a broker. Its faults and its crowd are drawn from \
      the seed; how processes interleave is not.

      Exit codes: 0 every row held, 1 a row did not hold or ended before it was done. A row that this machine cannot \
      run is shown as not run, and is not counted as held.
      """)

  @Flag(help: "Only the rows that run with every change.")
  var quick = false

  @Option(help: ArgumentHelp("Only the row of this name; can be given more than once.", valueName: "name"))
  var only: [String] = []

  @Option(help: ArgumentHelp("Determines faults and crowd. Random unless given.", valueName: "n"))
  var seed: UInt64?

  @Option(help: ArgumentHelp("The folder of the private PostgreSQL, which rows restart.", valueName: "folder"))
  var postgres: String

  @Option(help: ArgumentHelp("Where ledgers and logs of rows that did not hold are kept.", valueName: "folder"))
  var folder: String

  @Option(
    help: ArgumentHelp(
      "Run on this cluster instead of embedded brokers: rows that make sense there.", valueName: "host:port,…"))
  var kafka: String?

  @Option(help: ArgumentHelp("COMMAND kill|stop|start|freeze|thaw|elect N acts on its broker N.", valueName: "command"))
  var brokers: String?

  @Flag(help: "Print the rows' names and end.")
  var list = false

  func validate() throws {
    if (kafka == nil) != (brokers == nil) {
      throw ValidationError("--kafka and --brokers belong together: whose cluster, and how its brokers are broken.")
    }
    for name in only where !Row.all.contains(where: { $0.name == name }) {
      throw ValidationError("There is no row “\(name)”: \(Row.all.map(\.name).joined(separator: ", ")).")
    }
  }

  func run() async throws {
    let cluster = kafka.flatMap { kafka in brokers.map { OutsideCluster(servers: kafka, command: $0) } }
    let here = Row.all.filter { $0.runs(outside: cluster != nil) }
    guard !list else { return print(here.map { "\($0.name): \($0.fault)" }.joined(separator: "\n")) }
    let seed = seed ?? UInt64.random(in: 1...999_999)
    let rows = here.filter { only.isEmpty ? !quick || $0.isQuick : only.contains($0.name) }
    guard !rows.isEmpty else { throw ValidationError("No such row runs on this kind of cluster.") }
    let matrix = Matrix(seed: seed, postgres: postgres, folder: folder, isQuick: quick, cluster: cluster)
    let work = Task { try await matrix.run(rows) }
    // Ctrl-C and SIGTERM do not end this process, so that it can end those that it started.
    let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
    let interrupt = Task { for await _ in signals { work.cancel() } }
    defer { interrupt.cancel() }
    let results = try await work.value
    guard results.allSatisfy({ $0.ending != .failed }) else { throw ExitCode(1) }
  }
}
