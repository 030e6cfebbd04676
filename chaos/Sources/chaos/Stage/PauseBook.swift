import Foundation
import Synchronization

/// How long partitions stood still by a row's faults, in sum and one by one.
final class PauseBook: Sendable {
  private let sums = Mutex<[Standstill]>([])
  private let folder: String
  private var path: String { "\(folder)/pauses.tsv" }

  /// Begins `pauses.tsv` in the folder: the fault's number, the partition and its part, from when to when after the
  /// fault it gave no 202, from when to when it decided nothing, and when Kafka had done with the fault.
  init(folder: String) throws {
    self.folder = folder
    try Data().write(to: URL(fileURLWithPath: path))
  }

  /// By the names of the parts that the row tells apart.
  var standstills: [Standstill] { sums.withLock { $0 } }

  /// Adds what a fault has done to some partitions.
  func note(_ standstill: Standstill) {
    sums.withLock { sums in
      if let index = sums.firstIndex(where: { $0.name == standstill.name }) {
        sums[index].add(standstill)
      } else {
        sums.append(standstill)
      }
    }
  }

  /// Writes what customers saw of a fault into a file of its own: when after the fault each try was sent, how long it
  /// took, its partition, and the answer.
  func write(_ sights: [Crowd.Sight], of fault: Int, since begin: ContinuousClock.Instant) throws {
    let lines = sights.map { sight in
      let partition = sight.partition.map { "\($0)" } ?? ""
      return "\((sight.sent - begin).asMilliseconds)\t\(sight.took.asMilliseconds)\t\(partition)\t\(sight.word)\n"
    }
    try lines.joined().write(toFile: "\(folder)/tries-\(fault).tsv", atomically: true, encoding: .utf8)
  }

  /// Adds a line to the file.
  func write(_ columns: [String]) {
    guard let file = try? FileHandle(forWritingTo: URL(fileURLWithPath: path)) else { return }
    defer { try? file.close() }
    _ = try? file.seekToEnd()
    try? file.write(contentsOf: Data((columns.joined(separator: "\t") + "\n").utf8))
  }
}
