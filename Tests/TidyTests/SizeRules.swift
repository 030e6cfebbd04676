/// Lines, functions and files short enough to be read at once.
enum SizeRules {
  static func longLines(in file: SwiftFile) -> [Violation] {
    file.lines.enumerated().compactMap { index, line in
      guard line.count > Limits.lineCharacters else { return nil }
      return Violation(
        path: file.path, line: index + 1,
        advice: "\(line.count) characters, more than \(Limits.lineCharacters): break the line")
    }
  }

  static func longFile(_ file: SwiftFile) -> [Violation] {
    let count = file.lines.last == "" ? file.lines.count - 1 : file.lines.count
    guard count > Limits.fileLines else { return [] }
    return [
      Violation(
        path: file.path, line: 1,
        advice: "\(count) lines, more than \(Limits.fileLines): split it into the ideas that it holds")
    ]
  }

  static func longFunctions(in file: SwiftFile) -> [Violation] {
    let words = codeWords(of: file.text.code)
    return words.indices.compactMap { index in
      guard isDeclaration(words, index), let last = lastLine(of: words, from: index) else { return nil }
      let lines = last - words[index].line + 1
      guard lines > Limits.functionLines else { return nil }
      return Violation(
        path: file.path, line: words[index].line,
        advice: "a function of \(lines) lines, more than \(Limits.functionLines): name its parts")
    }
  }

  private struct Word {
    var text: Substring
    var line: Int
  }

  /// Identifiers and keywords whole, every other character by itself, no blanks.
  private static func codeWords(of lines: [String]) -> [Word] {
    lines.enumerated().flatMap { index, line in
      line.matches(of: /\w+|\S/).map { Word(text: $0.output, line: index + 1) }
    }
  }

  /// `func` or `init` that declares; `self.init(…)` and `.init(…)` call.
  private static func isDeclaration(_ words: [Word], _ index: Int) -> Bool {
    switch words[index].text {
    case "func", "deinit": true
    case "init": index == 0 || words[index - 1].text != "."
    default: false
    }
  }

  /// The line of the brace that closes the body, or nil for a requirement of a protocol, which has none.
  private static func lastLine(of words: [Word], from start: Int) -> Int? {
    let nextDeclaration: Set<Substring> = ["func", "init", "deinit", "var", "let", "static", "mutating", "@", "}"]
    var parentheses = 0
    var braces = 0
    for word in words[(start + 1)...] {
      switch word.text {
      case "(", "[": parentheses += 1
      case ")", "]": parentheses -= 1
      case "{" where parentheses == 0: braces += 1
      case "}" where parentheses == 0 && braces > 0:
        braces -= 1
        if braces == 0 { return word.line }
      default:
        if parentheses == 0, braces == 0, nextDeclaration.contains(word.text) { return nil }
      }
    }
    return nil
  }
}
