import Foundation
import TestSupport

extension PenstockProcess {
  /// What Linux knows of a process's memory, by its name in proc(5), /proc/pid/status.
  enum Memory: String {
    /// What is in RAM now.
    case resident = "VmRSS"

    /// The most that ever was.
    case peak = "VmHWM"
  }

  /// - Throws: if the process has ended.
  func kibibytes(_ memory: Memory) throws -> Double {
    let status = try String(contentsOfFile: "/proc/\(identifier)/status", encoding: .utf8)
    guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("\(memory.rawValue):") }),
      let value = Double(line.filter(\.isNumber))
    else { throw TestSetUpError("/proc/\(identifier)/status has no \(memory.rawValue)") }
    return value
  }
}
