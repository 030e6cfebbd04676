import Simulation
import Testing

@Suite struct RoomSimulationTests {
  @Test func `a waiting room lets no place in twice, loses none and counts right, whatever happens to its owners`()
    throws
  {
    var (admissions, takeovers, zombieRecords, draws, lateJoins, cutOff) = (0, 0, 0, 0, 0, 0)
    var forgotten = 0
    for seed in UInt64(1)..<400 {
      let run = try RoomRun(seed: seed)
      #expect(run.violation == nil, "seed \(seed): \(run.violation?.description ?? "")")
      admissions += run.admissions
      takeovers += run.takeovers
      zombieRecords += run.zombieRecords
      draws += run.draws
      lateJoins += run.lateJoins
      if run.isCutOff { cutOff += 1 }
      forgotten += run.forgotten
    }
    // A world in which nothing happens proves nothing.
    #expect(admissions > 4_000 && takeovers > 1_000 && zombieRecords > 20)
    #expect(draws > 100 && lateJoins > 100 && cutOff > 80 && forgotten > 40)
  }

  @Test(arguments: RoomBug.allCases)
  func `a planted bug of waiting rooms is found within a thousand seeds`(bug: RoomBug) throws {
    let found = try (UInt64(1)..<1_001).first { try RoomRun(seed: $0, bug: bug).violation != nil }
    let seed = try #require(found, "\(bug.rawValue) stays unnoticed")
    #expect(try RoomRun(seed: seed).violation == nil)
    print("\(bug.rawValue): found at seed \(seed)")
  }
}
