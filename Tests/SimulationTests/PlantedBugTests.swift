import Simulation
import Testing

@Suite struct PlantedBugTests {
  /// A mistake that more seeds are needed for is one that a change of a day would not meet.
  private static let seeds: Range<UInt64> = 1..<1_001

  /// What a replay finds is no proof of the rules: a mistake in the decision function is in the replay, too.
  private static func finds(_ bug: PlantedBug, at seed: UInt64) throws -> Bool {
    let violation = try SimulatedRun(seed: seed, bug: bug, keepsHistory: false).violation
    return violation != nil && !(bug.decidesOtherwise && violation?.invariant == "I10")
  }

  @Test(arguments: PlantedBug.allCases)
  func `a planted bug is found within a thousand seeds`(bug: PlantedBug) throws {
    let found = try Self.seeds.first { try Self.finds(bug, at: $0) }
    let run = try SimulatedRun(seed: try #require(found, "\(bug.rawValue) stays unnoticed"), bug: bug)
    let violation = try #require(run.violation)
    // The same seed without it is sound: it is the bug that was found.
    #expect(try SimulatedRun(seed: run.seed).violation == nil)
    // The history ends with what is violated, for whoever reads it.
    #expect(run.history.lines.last?.event.contains(violation.what) == true)
    print("\(bug.rawValue): \(violation.invariant), found at seed \(run.seed)")
  }
}
