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

  @Option(help: ArgumentHelp("Only the row of this name.", valueName: "name"))
  var only: String?

  @Option(help: ArgumentHelp("Determines faults and crowd. Random unless given.", valueName: "n"))
  var seed: UInt64?

  @Option(help: ArgumentHelp("The folder of the private PostgreSQL, which rows restart.", valueName: "folder"))
  var postgres: String

  @Option(help: ArgumentHelp("Where ledgers and logs of rows that did not hold are kept.", valueName: "folder"))
  var folder: String

  @Flag(help: "Print the rows' names and end.")
  var list = false

  func validate() throws {
    if let only, !Row.all.contains(where: { $0.name == only }) {
      throw ValidationError("There is no row “\(only)”: \(Row.all.map(\.name).joined(separator: ", ")).")
    }
  }

  func run() async throws {
    guard !list else { return print(Row.all.map { "\($0.name): \($0.fault)" }.joined(separator: "\n")) }
    let seed = seed ?? UInt64.random(in: 1...999_999)
    let rows = Row.all.filter { row in only.map { row.name == $0 } ?? (!quick || row.isQuick) }
    let work = Task { try await Matrix(seed: seed, postgres: postgres, folder: folder, isQuick: quick).run(rows) }
    // Ctrl-C and SIGTERM do not end this process, so that it can end those that it started.
    let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
    let interrupt = Task { for await _ in signals { work.cancel() } }
    defer { interrupt.cancel() }
    let results = try await work.value
    guard results.allSatisfy({ $0.ending != .failed }) else { throw ExitCode(1) }
  }
}
