import Simulation

/// Many worlds at once, each in a task of its own chunk.
struct Worlds {
  /// The seeds that violated something, with what they violated: a message that says how to see it again.
  private(set) var violations: [String] = []

  /// How often each course was taken in all of them.
  private(set) var courses: [Course: Int] = [:]
  private(set) var count = 0

  /// Lives the worlds of these seeds.
  init(_ seeds: Range<UInt64>, bug: PlantedBug? = nil) async throws {
    let chunk: UInt64 = 100
    try await withThrowingTaskGroup(of: Worlds.self) { group in
      for first in stride(from: seeds.lowerBound, to: seeds.upperBound, by: Int(chunk)) {
        group.addTask { try Worlds(inOrder: first..<min(first + chunk, seeds.upperBound), bug: bug) }
      }
      for try await part in group { add(part) }
    }
  }

  private init(inOrder seeds: Range<UInt64>, bug: PlantedBug?) throws {
    for seed in seeds {
      let run = try SimulatedRun(seed: seed, bug: bug, keepsHistory: false)
      count += 1
      courses.merge(run.courses) { $0 + $1 }
      if let violation = run.violation { violations.append("\(violation) (make simulate SEED=\(seed))") }
    }
  }

  private mutating func add(_ other: Worlds) {
    violations += other.violations
    courses.merge(other.courses) { $0 + $1 }
    count += other.count
  }
}
