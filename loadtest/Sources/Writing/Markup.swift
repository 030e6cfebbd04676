/// As text that is no HTML, for an element's content and for an attribute in double quotes.
public func escaped(_ text: String) -> String {
  var safe = ""
  for character in text {
    switch character {
    case "&": safe += "&amp;"
    case "<": safe += "&lt;"
    case ">": safe += "&gt;"
    case "\"": safe += "&quot;"
    default: safe.append(character)
    }
  }
  return safe
}

/// A table in Markdown, line by line, for rows that are shown as they come.
public enum Markdown {
  /// The two lines above the rows: `numbers` are the columns that stand to the right.
  public static func head(_ heading: [String], numbers: Range<Int>) -> String {
    row(heading) + "\n|" + heading.indices.map { numbers.contains($0) ? "---:|" : "---|" }.joined()
  }

  /// A row, without the end of its line.
  public static func row(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
}
