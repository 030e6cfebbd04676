import Audit
import Foundation
import Synchronization

/// A line at the foot of a terminal that shows an audit's progress. Nothing if standard error is not a terminal.
final class AuditMeter: Sendable {
  private static let cells = 30
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let isShown = Mutex(false)

  /// Replaces the line.
  func show(_ progress: AuditProgress) {
    guard isTerminal else { return }
    write(Self.words(progress))
    isShown.withLock { $0 = true }
  }

  /// Removes the line, if there is one.
  func clear() {
    let wasShown = isShown.withLock { isShown in
      defer { isShown = false }
      return isShown
    }
    if wasShown { write("") }
  }

  /// Back to the line's beginning, and clear to its end (ECMA-48, CR and EL).
  private func write(_ words: String) {
    FileHandle.standardError.write(Data("\r\u{1B}[K\(words)".utf8))
  }

  private static func words(_ progress: AuditProgress) -> String {
    switch progress {
    case .sorting: return "sorting the orders"
    case .comparing(let done, let all):
      let filled = all > 0 ? Int(Int64(cells) * min(done, all) / all) : cells
      let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: cells - filled)
      return "[\(bar)] \(done) of \(all) records"
    case .ledger(let lines): return "\(lines) lines of the ledger"
    }
  }
}
