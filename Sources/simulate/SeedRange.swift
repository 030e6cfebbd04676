import Foundation
import Simulation

/// Many worlds, on all cores. Each is a world of its own, so that nothing has to be shared.
struct SeedRange {
  /// Seeds that one task runs before it reports progress: at most a second's worth.
  private static let chunk: UInt64 = 500

  private let seeds: Range<UInt64>
  private let bug: PlantedBug?

  init(_ seeds: Range<UInt64>, bug: PlantedBug?) {
    self.seeds = seeds
    self.bug = bug
  }

  /// Runs them.
  ///
  /// - Parameter done: called with a number of seeds that are done.
  /// - Returns: the lowest seed that violates an invariant, among those that were run until one was found.
  func run(done: (UInt64) -> Void) async throws -> UInt64? {
    try await withThrowingTaskGroup(of: (done: UInt64, failing: UInt64?).self) { group in
      var chunks = stride(from: seeds.lowerBound, to: seeds.upperBound, by: Int(Self.chunk)).makeIterator()
      var failing: UInt64?
      for _ in 0..<max(1, ProcessInfo.processInfo.activeProcessorCount) {
        if let first = chunks.next() { group.addTask { try live(from: first) } }
      }
      while let answer = try await group.next() {
        done(answer.done)
        if let found = answer.failing { failing = min(found, failing ?? found) }
        if failing == nil, let first = chunks.next() { group.addTask { try live(from: first) } }
      }
      return failing
    }
  }

  private func live(from first: UInt64) throws -> (done: UInt64, failing: UInt64?) {
    let chunk = first..<min(seeds.upperBound, first + Self.chunk)
    for seed in chunk where try SimulatedRun(seed: seed, bug: bug, keepsHistory: false).violation != nil {
      return (seed - first + 1, seed)
    }
    return (UInt64(chunk.count), nil)
  }
}
