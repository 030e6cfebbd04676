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

  @Test func `the simulation tells the lane and the leases all that they can be told`() throws {
    let simulation = try sources(of: "Simulation").map(\.text).joined()
    for file in try sources(of: "Lane") where ["LaneCore", "LeaseKeeper", "BatchScript"].contains(file.name) {
      for event in file.text.matches(of: /package mutating func (\w+)\(/).map(\.output.1) {
        #expect(simulation.contains(".\(event)("), "\(file.name).\(event) is not simulated")
      }
    }
  }

  private func sources(of module: String) throws -> [(name: String, text: String)] {
    let folder = projectRoot + "/Sources/" + module
    return try FileManager.default.contentsOfDirectory(atPath: folder).map { file in
      (String(file.dropLast(".swift".count)), try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8))
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
