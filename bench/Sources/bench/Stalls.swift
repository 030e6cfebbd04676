import Foundation
import TestSupport
import Time

/// How long the machine stands still with nothing to do: a virtual one does while its host runs another. Every p99
/// contains it.
enum Stalls {
  static let figure = "machine: stalls when idle"

  /// Two looks at the clock are some 30 ns apart. A gap of this much is not theirs.
  private static let gap = Duration.microseconds(500)

  /// Only reads the clock, with a thread for each core.
  ///
  /// - Returns: milliseconds of each second in which a core did not run, the mean of all cores.
  static func millisecondsPerSecond(over duration: Duration) async throws -> Double {
    let cores = ProcessInfo.processInfo.activeProcessorCount
    let lost = try await withThrowingTaskGroup(of: Duration.self) { group in
      for _ in 0..<cores { group.addTask { try await OwnThread.run { missed(in: duration) } } }
      return try await group.reduce(.zero, +)
    }
    return lost.inMilliseconds / Double(cores) / duration.inSeconds
  }

  private static func missed(in duration: Duration) -> Duration {
    var (missed, last) = (Duration.zero, ContinuousClock.now)
    let end = last + duration
    while last < end {
      let now = ContinuousClock.now
      if now - last > gap { missed += now - last }
      last = now
    }
    return missed
  }
}
