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
  /// On an outside cluster.
  var standstills: [Standstill]?
  var remarks: [String] = []
  var violations: [String] = []

  /// The head of the table, in Markdown.
  static func head(outside: Bool) -> String {
    let pauses = outside ? ["no 202 for (p99, longest)", "no decision for"] : []
    let columns =
      ["fault", "injected", "requests", "202s", "decided"] + pauses
      + ["lost", "doubled", "oversold", "unsold", "recovered in", "verdict"]
    return Markdown.head(columns, numbers: 1..<(columns.count - 1))
  }

  /// Its line, in Markdown.
  var line: String {
    let counts = reckoning.map { [$0.requests, $0.accepted, $0.decided, $0.lost, $0.doubled, $0.oversold, $0.unsold] }
    var columns = counts.map { $0.map { "\($0)" } } ?? Array(repeating: "–", count: 7)
    if let standstills {
      columns.insert(contentsOf: [pauses(standstills, \.accepting), pauses(standstills, \.deciding)], at: 3)
    }
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

  private func pauses(_ standstills: [Standstill], _ which: KeyPath<Standstill, [Duration]>) -> String {
    guard standstills.count > 1 else { return standstills.first?[keyPath: which].words ?? "–" }
    return standstills.sorted { $0.name < $1.name }.map { "\($0.name): \($0[keyPath: which].words)" }.joined(
      separator: "<br>")
  }
}
