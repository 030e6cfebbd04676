import Simulation
import Testing

@Suite struct PlantedBugTests {
  /// A mistake that more seeds are needed for is one that a change of a day would not meet.
  private static let seeds: Range<UInt64> = 1..<1_001

  @Test(arguments: PlantedBug.allCases)
  func `a planted bug is found within a thousand seeds`(bug: PlantedBug) throws {
    var found: SimulatedRun?
    for seed in Self.seeds where found == nil {
      let run = try SimulatedRun(seed: seed, bug: bug)
      if run.violation != nil { found = run }
    }
    let run = try #require(found, "\(bug.rawValue) stays unnoticed")
    let violation = try #require(run.violation)
    // The same seed without it is sound: it is the bug that was found.
    #expect(try SimulatedRun(seed: run.seed).violation == nil)
    // The history ends with what is violated, for whoever reads it.
    #expect(run.history.lines.last?.event.contains(violation.what) == true)
    print("\(bug.rawValue): \(violation.invariant), found at seed \(run.seed)")
  }
}
