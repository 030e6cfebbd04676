import Simulation
import Testing

@Suite struct RelaySimulationTests {
  @Test func `each event is told, in order per order, and each webhook comes or is given up, whatever fails`() throws {
    var courses: [RelayCourse: Int] = [:]
    for seed in UInt64(1)..<501 {
      let run = try RelayRun(seed: seed, keepsHistory: false)
      #expect(run.violation == nil, "seed \(seed): \(run.violation?.description ?? "")")
      courses.merge(run.courses) { $0 + $1 }
    }
    // A course that no world takes is one that proves nothing.
    for course in RelayCourse.allCases { #expect((courses[course] ?? 0) > 0, "no world met: \(course)") }
  }

  @Test func `the same seed is the same world of relays, whether its history is kept or not`() throws {
    for seed in 1..<31 as Range<UInt64> {
      let (first, second) = (try RelayRun(seed: seed), try RelayRun(seed: seed))
      let bare = try RelayRun(seed: seed, keepsHistory: false)
      #expect(first.history.hash == second.history.hash && !first.history.lines.isEmpty)
      #expect(first.steps == bare.steps && first.courses == bare.courses && bare.history.lines.isEmpty)
    }
  }

  @Test(arguments: RelayBug.allCases)
  func `a planted bug of relays is found within a thousand seeds`(bug: RelayBug) throws {
    let found = try (UInt64(1)..<1_001).first { try RelayRun(seed: $0, bug: bug, keepsHistory: false).violation != nil }
    let run = try RelayRun(seed: try #require(found, "\(bug.rawValue) stays unnoticed"), bug: bug)
    let violation = try #require(run.violation)
    #expect(try RelayRun(seed: run.seed, keepsHistory: false).violation == nil)
    #expect(run.history.lines.last?.event.contains(violation.what) == true)
    print("\(bug.rawValue): \(violation.invariant), found at seed \(run.seed)")
  }
}
