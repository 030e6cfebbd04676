import Foundation
import Simulation
import TestSupport
import Testing

@Suite struct SimulationTests {
  /// About 3 ms each in a debug build, so that they are soon over on a loaded machine too.
  private static let seeds: Range<UInt64> = 1..<2_001

  @Test func `whatever fails, every invariant holds after every step (I1 to I10, I12)`() async throws {
    let worlds = try await Worlds(Self.seeds)
    #expect(worlds.violations == [])
    #expect(worlds.count == 2_000)
    // A course that no world takes is one that proves nothing.
    for course in Course.allCases { #expect((worlds.courses[course] ?? 0) > 0, "no world met: \(course)") }
  }

  /// The test above holds that each of them occurs.
  @Test(arguments: [("LaneCore", "core"), ("LeaseKeeper", "keeper"), ("BatchScript", "script")])
  func `all that the lane and the leases can be told is a course`(file: String, prefix: String) throws {
    let source = try String(contentsOfFile: "\(projectRoot)/Sources/Lane/\(file).swift", encoding: .utf8)
    let events = source.matches(of: /package mutating func (\w)(\w*)\(/)
    #expect(!events.isEmpty)
    let courses = Set(Course.allCases.map { "\($0)" })
    for (_, first, rest) in events.map(\.output) {
      let course = prefix + first.uppercased() + rest
      #expect(courses.contains(course), "no course \(course): note it where the simulation tells \(file) so")
    }
  }

  @Test func `the same seed is the same world`() throws {
    for seed in 1..<51 as Range<UInt64> {
      let (first, second) = (try SimulatedRun(seed: seed), try SimulatedRun(seed: seed))
      #expect(first.history.hash == second.history.hash)
      #expect(first.history.lines.map(\.description) == second.history.lines.map(\.description))
    }
  }

  @Test func `a world is the same whether its history is kept or not`() throws {
    for seed in 1..<201 as Range<UInt64> {
      let (kept, bare) = (try SimulatedRun(seed: seed), try SimulatedRun(seed: seed, keepsHistory: false))
      #expect((kept.steps, kept.records) == (bare.steps, bare.records))
      #expect(kept.courses == bare.courses)
      #expect(!kept.history.lines.isEmpty)
      #expect(bare.history.lines.isEmpty)
    }
  }

  @Test func `other seeds are other worlds`() throws {
    let hashes = try (1..<201 as Range<UInt64>).map { try SimulatedRun(seed: $0).history.hash }
    #expect(Set(hashes).count == hashes.count)
  }

  /// Dictionaries have another order in each process: what depends on it would differ here. In the later worlds a lane
  /// has more lives to remember than it may.
  @Test(arguments: [1, 2, 3, 247, 827, 1160, 1407, 1410] as [UInt64])
  func `another process lives the same world`(seed: UInt64) async throws {
    let hash = try SimulatedRun(seed: seed).history.hexadecimalHash
    let other = try await PenstockProcess.run("simulate", ["--seed", "\(seed)"])
    #expect(other.exit == .success)
    #expect(other.output.contains("history \(hash)\n"), "here \(hash), there \(other.output.suffix(200))")
  }

  @Test func `a violated invariant ends the command with 1, its history and how to see it again`() async throws {
    let other = try await PenstockProcess.run(
      "simulate", ["--first-seed", "1", "--seeds", "500", "--bug", PlantedBug.offsetFirst.rawValue])
    #expect(other.exit == PenstockProcess.Exit(code: 1, bySignal: false))
    #expect(other.output.contains("Again: make simulate SEED="))
    #expect(other.output.contains("VIOLATED I6"))
    #expect(other.output.contains("claims p0: epoch 1"))
  }
}
