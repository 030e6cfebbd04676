internal import HTTPServing
internal import HummingbirdCore

/// `wait=20s`: how long the answer to a question for an order's status may wait for the outcome.
enum WaitTime {
  private static let rule = "must be one value of 1s to \(Limits.waitSeconds.upperBound)s, in whole seconds"

  /// What a query asks for; `nil` without a `wait`. Throws for anything but one value in its one spelling.
  static func asked(in query: FlatDictionary<Substring, Substring>) throws(Problem) -> Duration? {
    let values = query[values: "wait"]
    guard let value = values.first else { return nil }
    guard values.count == 1, let wait = duration(value) else { throw .invalidParameter("wait", rule) }
    return wait
  }

  private static func duration(_ text: Substring) -> Duration? {
    guard text.last == "s", let seconds = Int(text.dropLast()), "\(seconds)" == text.dropLast(),
      Limits.waitSeconds.contains(seconds)
    else { return nil }
    return .seconds(seconds)
  }
}
