/// Nothing stands in the sources that nothing uses.
///
/// A name counts as used if any other file of the product or its tools has it as a word. So a name that means two
/// things hides one that is unused; but what is found is surely unused. Tests do not count: what only they use is
/// theirs.
struct UseRules {
  private struct Source {
    let file: SwiftFile
    let declared: Declared
    let words: [Substring: Int]
  }

  /// What a file declares for others.
  private struct Declared {
    /// Of the file itself, with their lines.
    var names: [(name: Substring, line: Int)] = []
    /// Of the types in it, and of those that it extends.
    var members: Set<Substring> = []
    var hasExtension = false
    /// `@main` and `main.swift` are used by the system.
    var isEntry: Bool
  }

  private let sources: [Source]
  private let total: [Substring: Int]

  init(_ files: [SwiftFile]) {
    sources = files.filter { !$0.path.hasPrefix("Tests/") }.map {
      Source(file: $0, declared: Self.declared(in: $0), words: Self.words(of: $0))
    }
    total = sources.reduce(into: [:]) { $0.merge($1.words, uniquingKeysWith: +) }
  }

  /// A file none of whose names, or of whose members, if it extends a type, is in another file.
  var filesWithoutUse: [Violation] {
    sources.filter { isHeld($0) && !isUsed($0) }.map {
      Violation(path: $0.file.path, line: 1, advice: "nothing uses what is in it: delete it, or use it")
    }
  }

  /// A type, function or value of a file itself whose name is nowhere else, not even in the file.
  var namesWithoutUse: [Violation] {
    sources.filter(isHeld).flatMap { source in
      source.declared.names.filter { total[$0.name, default: 0] < 2 }.map {
        Violation(path: source.file.path, line: $0.line, advice: "nothing uses “\($0.name)”: delete it, or use it")
      }
    }
  }

  private func isHeld(_ source: Source) -> Bool {
    source.file.path.hasPrefix("Sources/") && !source.declared.isEntry
  }

  private func isUsed(_ source: Source) -> Bool {
    let declared = source.declared
    let names = declared.names.map(\.name) + (declared.hasExtension ? Array(declared.members) : [])
    // One that declares nothing hands other modules on.
    guard !names.isEmpty else { return true }
    return names.contains { total[$0, default: 0] > source.words[$0, default: 0] }
  }

  private static func declared(in file: SwiftFile) -> Declared {
    var declared = Declared(isEntry: file.path.hasSuffix("/main.swift"))
    let declaration = /\b(struct|class|enum|actor|protocol|typealias|func|let|var|case|extension)\s+(\w+)/
    for (index, line) in file.text.code.enumerated() {
      if line.hasPrefix("@main") { declared.isEntry = true }
      guard let match = line.firstMatch(of: declaration) else { continue }
      let isOfTheFile = line.first?.isWhitespace == false && !line.hasPrefix("}")
      switch match.output.1 {
      case "extension": declared.hasExtension = true
      case _ where isOfTheFile: declared.names.append((match.output.2, index + 1))
      default: declared.members.insert(match.output.2)
      }
    }
    return declared
  }

  /// Words of the code, and of the literals, in which there can be code.
  private static func words(of file: SwiftFile) -> [Substring: Int] {
    (file.text.code + file.text.strings.map(\.text)).reduce(into: [:]) { words, text in
      let ofWord: (Character) -> Bool = { $0.isLetter || $0.isNumber || $0 == "_" }
      for word in text.split(whereSeparator: { !ofWord($0) }) { words[word, default: 0] += 1 }
    }
  }
}
