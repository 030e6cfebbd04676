extension String {
  /// The text with each paragraph in one line, for the parser to wrap at the terminal's width. Indented lines, such as
  /// examples, stay as they are.
  var flowing: String {
    var lines: [String] = []
    var isInParagraph = false
    for line in split(separator: "\n", omittingEmptySubsequences: false) {
      let isText = !line.isEmpty && !line.hasPrefix(" ")
      if isText, isInParagraph {
        lines[lines.count - 1] += " \(line)"
      } else {
        lines.append(String(line))
      }
      isInParagraph = isText
    }
    return lines.joined(separator: "\n")
  }
}
