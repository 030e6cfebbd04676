import ArgumentParser
import Foundation

/// The benchmark's command line. `scripts/bench.sh` installs what it needs, builds, and calls it.
@main
struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures Penstock beside its references, in one run, and prints each row as a ratio.",
    subcommands: [RunCommand.self, EchoCommand.self, ApartCommand.self])
}

/// `bench run`: the table.
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run the rows, print the table, write JSON and a page.",
    discussion: "Exit codes: 0 every row reached its bound, 1 a row fell short, 70 a measurement was not possible.")

  @Flag(help: "Smaller sizes and shorter rounds: under 3 minutes.")
  var quick = false

  @Option(help: ArgumentHelp("Rounds of each contestant; a full run has twice as many short ones.", valueName: "n"))
  var rounds = 3

  @Option(help: ArgumentHelp("Only groups whose name contains this; “audit” runs only so.", valueName: "text"))
  var only: String?

  @Option(help: ArgumentHelp("Where results are kept.", valueName: "folder"))
  var results = "bench/results"

  @Option(help: ArgumentHelp("This build's name in the results.", valueName: "text"))
  var commit = "unknown"

  @Option(help: ArgumentHelp("A Kafka cluster instead of the embedded broker.", valueName: "host:port,…"))
  var kafka: String?

  @Option(help: ArgumentHelp("The prefix of the topics on that cluster. Must be new each time.", valueName: "text"))
  var topics = "penstock-bench-\(UInt32.random(in: 0...UInt32.max))"

  @Option(help: ArgumentHelp("Replicas of these topics.", valueName: "n"))
  var replication = 3

  private var cluster: Cluster? { kafka.map { Cluster(brokers: $0, prefix: topics, replication: replication) } }

  func validate() throws {
    guard (1...10).contains(replication) else { throw ValidationError("--replication is 1 to 10") }
    guard (1...100).contains(rounds) else { throw ValidationError("--rounds is 1 to 100") }
  }

  func run() async throws {
    let scores = Scores(plan: quick ? .quick : .full, rounds: rounds, cluster: cluster)
    scores.say("warming PostgreSQL up")
    // A short run writes less.
    try await WarmServer.prepare(megabytes: quick ? 200 : 1_000)
    for group in Group.all where only.map(group.name.contains) ?? !group.isOnRequest {
      scores.say("== \(group.name)")
      do {
        let stalls = try await Stalls.millisecondsPerSecond(over: .milliseconds(scores.plan.looking))
        scores.note(Stalls.figure, stalls, "ms/s")
        try await group.measure(scores)
      } catch {
        // The other groups are still useful; the rows of this one are shown as not measured.
        scores.fail(group.name, error)
      }
    }
    let result = BenchResult(
      scores, commit: commit, earlier: try await Results.lastCommitted(in: results, isQuick: quick))
    print(result.text)
    // Otherwise, in a file, the table would appear in the middle of standard error's lines.
    fflush(nil)
    // A part of the table does not replace a whole one.
    if only == nil { scores.say("written: \(try Results.write(result, in: results))") }
    if !result.failures.isEmpty { throw ExitCode(70) }
    if result.rows.contains(where: { $0.verdict == .fallsShort }) { throw ExitCode(1) }
  }
}
