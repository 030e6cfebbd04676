import Foundation
import Time
import Writing

/// One line of the table.
struct RowResult: Sendable {
  enum Ending: Sendable { case held, failed, notRun }

  let row: Row
  let seed: UInt64
  var ending = Ending.held
  var injected = 0
  var reckoning: Reckoning?
  var recovery: Duration?
  var took = Duration.zero
  var remarks: [String] = []
  var violations: [String] = []

  /// The head of the table, in Markdown.
  static let head = Markdown.head(
    [
      "fault", "injected", "requests", "202s", "decided", "lost", "doubled", "oversold", "unsold", "recovered in",
      "verdict",
    ], numbers: 1..<10)

  /// Its line, in Markdown.
  var line: String {
    let counts = reckoning.map { [$0.requests, $0.accepted, $0.decided, $0.lost, $0.doubled, $0.oversold, $0.unsold] }
    let columns = counts.map { $0.map { "\($0)" } } ?? Array(repeating: "–", count: 7)
    let seconds = recovery.map { String(format: "%.2f s", $0.inSeconds) } ?? "–"
    let verdict =
      switch ending {
      case .held: "held"
      case .failed: "FAILED"
      case .notRun: "not run: \(remarks.joined(separator: "; "))"
      }
    let last = ending == .notRun || remarks.isEmpty ? verdict : "\(verdict); \(remarks.joined(separator: "; "))"
    return Markdown.row([row.name, "\(injected)"] + columns + [seconds, last])
  }
}
