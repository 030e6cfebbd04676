/// Names that say what a thing is, and nothing left for later.
enum NameRules {
  /// Names for a place where anything may go, so that nobody can guess what did.
  private static let vague = ["Util", "Utils", "Utilities", "Helper", "Helpers", "Common", "Manager", "Misc"]

  static func vagueNames(in paths: [String]) -> [Violation] {
    paths.compactMap { path in
      guard let name = path.split(separator: "/").last?.split(separator: ".").first,
        let word = vague.first(where: { name.hasSuffix($0) || name.lowercased() == $0.lowercased() })
      else { return nil }
      return Violation(path: path, line: 1, advice: "“\(word)” does not say what is in it: name the idea")
    }
  }

  /// A metric is made of a catalogue's case, so that it has a meaning.
  static func metricsWithoutMeaning(in file: SwiftFile) -> [Violation] {
    guard file.path.hasPrefix("Sources/"), !file.path.hasPrefix("Sources/Vitals/") else { return [] }
    return file.text.code.enumerated().compactMap { index, line in
      guard line.contains(/\b(Counter|FloatingPointCounter|Gauge|Meter|Recorder|Timer)\(\s*label:/) else { return nil }
      let advice = "make it of a case of the module's MetricCatalogue, which has its help"
      return Violation(path: file.path, line: index + 1, advice: advice)
    }
  }

  static func unfinishedWork(in file: SwiftFile) -> [Violation] {
    file.text.comments.compactMap { comment in
      guard let mark = comment.text.firstMatch(of: /\b(TODO|FIXME|XXX)\b/) else { return nil }
      let above = comment.text[..<mark.range.lowerBound].count { $0 == "\n" }
      return Violation(
        path: file.path, line: comment.line + above,
        advice: "“\(mark.output.1)”: do it now, or open an issue and say here what holds today")
    }
  }
}
