import Foundation
import TestSupport

/// Processor time as proc(5) tells it, /proc/pid/stat: in steps of a hundredth of a second, so for runs of seconds.
enum ProcessorTime {
  /// Seconds that a process has used so far, all its threads together.
  static func seconds(of process: Int32) throws -> Double { try times(of: process).own }

  /// Seconds that a process and all that it started have used so far, those that have ended included.
  static func secondsOfFamily(of parent: Int32) throws -> Double {
    let parent = try times(of: parent)
    let children = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }
      // A process that has just ended is counted with its parent.
      .compactMap { try? times(of: $0) }.filter { $0.parent == parent.process }
    return parent.own + parent.ended + children.map(\.own).reduce(0, +)
  }

  /// The parent of a process; `nil` if there is no such process on this machine.
  static func parent(of process: Int32) -> Int32? { try? times(of: process).parent }

  private struct Times {
    let process: Int32
    let parent: Int32
    let own: Double
    let ended: Double
  }

  private static func times(of process: Int32) throws -> Times {
    let text = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
    // The second field is a name in brackets, which can hold anything. Fields are numbered from 1 in proc(5).
    guard let name = text.lastIndex(of: ")") else { throw TestSetUpError("/proc/\(process)/stat cannot be read") }
    let fields = text[text.index(after: name)...].split(separator: " ")
    func field(_ number: Int) -> Double { fields.count > number - 3 ? Double(fields[number - 3]) ?? 0 : 0 }
    let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
    return Times(
      process: process, parent: Int32(field(4)), own: (field(14) + field(15)) / ticks,
      ended: (field(16) + field(17)) / ticks)
  }
}
