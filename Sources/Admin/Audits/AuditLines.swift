/// An audit's report, taken apart: it is stored as the text of the terminal, and a page says it in its own language.
struct AuditLines {
  enum Line: Equatable {
    /// How often something was. A part is one of the count above.
    case count(name: String, number: Int64, isPart: Bool)

    /// With the invariant that it breaks, how and where, as `I4 lost 3@12`; empty: it breaks none.
    case sentence(place: String, words: String)
  }

  /// Each is a part of the report.
  let blocks: [[Line]]

  /// Reads any text: a line that is no count is a sentence.
  init(_ report: String) {
    blocks = report.split(separator: "\n", omittingEmptySubsequences: false).split(separator: "").map { lines in
      lines.map { Self.count($0) ?? Self.sentence($0) }
    }
  }

  /// A name, blanks, and a number.
  private static func count(_ line: Substring) -> Line? {
    guard let blank = line.lastIndex(of: " "), let number = Int64(line[blank...].dropFirst()),
      line[..<blank].hasSuffix(" ")
    else { return nil }
    let words = line.split(separator: " ").dropLast()
    return .count(name: words.joined(separator: " "), number: number, isPart: line.hasPrefix(" "))
  }

  private static func sentence(_ line: Substring) -> Line {
    guard line.hasPrefix("I"), line.dropFirst().first?.isNumber == true, let end = line.firstRange(of: ": ") else {
      return .sentence(place: "", words: String(line))
    }
    return .sentence(place: String(line[..<end.lowerBound]), words: String(line[end.upperBound...]))
  }
}
