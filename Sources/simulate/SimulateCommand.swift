import ArgumentParser
import Simulation

/// Runs worlds, one seed after another on each core, until an invariant is violated or all seeds are done.
@main
struct SimulateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Deterministic simulation of intake, log, lanes, fence and store, with faults.",
    discussion: """
      Exits with 1 when an invariant is violated, after printing the history of the first seed that violates one. The \
      same seed gives the same history.
      """)

  @Option(help: "Run this one world, and print its history.")
  var seed: UInt64?

  @Option(help: "How many seeds to run.")
  var seeds: UInt64 = 10_000

  @Option(help: "The first of them.")
  var firstSeed: UInt64 = 1

  @Option(
    help: "Plant a mistake: \(PlantedBug.allCases.map(\.rawValue).joined(separator: ", ")).",
    transform: { name in
      guard let bug = PlantedBug(rawValue: name) else { throw ValidationError("There is no planted bug “\(name)”.") }
      return bug
    })
  var bug: PlantedBug?

  @Flag(help: "Run waiting rooms instead.")
  var rooms = false

  @Flag(help: "Run relays and webhooks instead.")
  var relays = false

  @Option(
    help: "Plant a mistake of --relays: \(RelayBug.allCases.map(\.rawValue).joined(separator: ", ")).",
    transform: { name in
      guard let bug = RelayBug(rawValue: name) else { throw ValidationError("There is no planted bug “\(name)”.") }
      return bug
    })
  var relayBug: RelayBug?

  func validate() throws {
    guard !(rooms && relays) else { throw ValidationError("Give --rooms or --relays, not both.") }
    guard relays || relayBug == nil else { throw ValidationError("--relay-bug is for --relays.") }
    guard seeds > 0 else { throw ValidationError("--seeds must be above 0.") }
    guard !firstSeed.addingReportingOverflow(seeds).overflow else { throw ValidationError("Seeds have 64 bits.") }
  }

  func run() async throws {
    if rooms { return try runRooms() }
    if relays { return try runRelays() }
    if let seed { return try show(SimulatedRun(seed: seed, bug: bug)) }
    var progress = Progress(firstSeed: firstSeed, seeds: seeds)
    let failing = try await SeedRange(firstSeed..<(firstSeed + seeds), bug: bug).run { progress.add($0) }
    progress.finish()
    guard let failing else { return print("No invariant was violated in \(seeds) seeds from \(firstSeed) on.") }
    try show(SimulatedRun(seed: failing, bug: bug))
  }

  private func runRooms() throws {
    let range = seed.map { $0..<($0 + 1) } ?? firstSeed..<(firstSeed + seeds)
    for seed in range {
      guard let violation = try RoomRun(seed: seed).violation else { continue }
      print("seed \(seed): VIOLATED \(violation)")
      throw ExitCode.failure
    }
    print("No invariant was violated in \(range.count) seeds of waiting rooms from \(range.lowerBound) on.")
  }

  private func runRelays() throws {
    let range = seed.map { $0..<($0 + 1) } ?? firstSeed..<(firstSeed + seeds)
    var missed = Set(RelayCourse.allCases)
    for seed in range {
      let bare = try RelayRun(seed: seed, bug: relayBug, keepsHistory: false)
      let violation = bare.violation
      missed.subtract(bare.courses.keys)
      guard violation != nil || self.seed != nil else { continue }
      let run = try RelayRun(seed: seed, bug: relayBug)
      for line in run.history.lines { print(line) }
      print("\nseed \(seed): \(run.steps) steps, history \(run.history.hexadecimalHash)")
      guard let violation else { return print("All holds.") }
      print("VIOLATED \(violation)")
      throw ExitCode.failure
    }
    let courses = RelayCourse.allCases.filter(missed.contains).map { "\($0)" }.joined(separator: ", ")
    if !courses.isEmpty { print("No world met: \(courses).") }
    print("Nothing was violated in \(range.count) seeds of relays from \(range.lowerBound) on.")
  }

  private func show(_ run: SimulatedRun) throws {
    for line in run.history.lines { print(line) }
    print("")
    print("seed \(run.seed): \(run.steps) steps, \(run.records) records, history \(run.history.hexadecimalHash)")
    guard let violation = run.violation else { return print("All invariants hold.") }
    print("VIOLATED \(violation)")
    let planted = bug.map { " BUG=\($0.rawValue)" } ?? ""
    print("Again: make simulate SEED=\(run.seed)\(planted)")
    throw ExitCode.failure
  }
}
