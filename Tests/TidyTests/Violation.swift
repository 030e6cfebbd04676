import Testing

/// A place that breaks a rule, and what to do about it.
struct Violation: Equatable, CustomStringConvertible {
  /// From the repository's root.
  var path: String
  /// From 1. A violation of the whole file has line 1.
  var line: Int
  /// What is wrong, and how to mend it.
  var advice: String

  /// In the form that editors and terminals make a link of.
  var description: String { "\(path):\(line): \(advice)" }
}

/// Fails the test with every violation on a line of its own.
func expectNone(_ violations: [Violation], sourceLocation: SourceLocation = #_sourceLocation) {
  guard !violations.isEmpty else { return }
  let places = violations.map(\.description).joined(separator: "\n")
  Issue.record(Comment(rawValue: "\(violations.count) to mend:\n\(places)"), sourceLocation: sourceLocation)
}
