/// Time has one module, and what is pure does not ask it for the time.
enum TimeRules {
  /// The parts that decide from values alone: they have to say the same on every machine, at any time.
  private static let timeless: Set<String> = ["Accounts", "Secrets", "FlashSale", "Lane", "Simulation"]

  /// A pure part reads no clock and waits for none. `view.now` is a value that somebody gave it.
  static func clocks(in file: SwiftFile) -> [Violation] {
    guard let part = file.part, timeless.contains(part) else { return [] }
    let clock = /(^|[^\w)\]?!.])\.now\b|\b(Timestamp|Date)\.now\b|\b[A-Z]\w*Clock\b|\bDate\(\)|\bTask\.sleep\b/
    return places(of: clock, in: file, advice: "\(part) is pure: take the time as a value from whoever calls")
  }

  /// A duration becomes a number in `Time` only. The load test has a clock of its own, NIO's.
  static func unitsByHand(in file: SwiftFile) -> [Violation] {
    guard !file.path.hasPrefix("Sources/Time/"), !file.path.hasPrefix("loadtest/") else { return [] }
    let unit = /\battoseconds\b|\/ \.(seconds|milliseconds|microseconds|nanoseconds)\(1\)/
    return places(of: unit, in: file, advice: "use the units of Sources/Time/Units.swift")
  }

  /// What the machine's wall clock says is read in one place.
  static func wallClocks(in file: SwiftFile) -> [Violation] {
    guard file.path != "Sources/Time/Now.swift", !file.path.hasPrefix("loadtest/") else { return [] }
    let clock = /\bCLOCK_REALTIME\b|\bgettimeofday\b|Timestamp\(microseconds: .*timeIntervalSince1970/
    return places(of: clock, in: file, advice: "use Timestamp.now of Sources/Time")
  }

  private static func places(
    of pattern: some RegexComponent, in file: SwiftFile, advice: String
  ) -> [Violation] {
    // By default, a dot between letters is no boundary of a word.
    let words = pattern.regex.wordBoundaryKind(.simple)
    return file.text.code.enumerated().compactMap { index, line in
      guard line.firstMatch(of: words) != nil else { return nil }
      return Violation(path: file.path, line: index + 1, advice: advice)
    }
  }
}
