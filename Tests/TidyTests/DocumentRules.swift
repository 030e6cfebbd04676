/// Documents that stay true: numbered decisions, two READMEs of one shape, every variable in both.
enum DocumentRules {
  static let decisions = "docs/decisions"
  static let readmes = ["README.md", "README.zh-CN.md"]

  /// `files` are all in the folder of decisions: `0001-the-database-says-where-to-start.md`, numbered without a gap.
  static func decisions(in files: [TextFile]) -> [Violation] {
    guard !files.isEmpty else {
      let advice = "no decision is written down: begin with 0001-short-name.md"
      return [Violation(path: decisions, line: 1, advice: advice)]
    }
    var violations: [Violation] = []
    for (index, file) in files.sorted(by: { $0.path < $1.path }).enumerated() {
      let name = file.path.split(separator: "/").last ?? ""
      let number = name.wholeMatch(of: /(\d{4})-[a-z0-9-]+\.md/).flatMap { Int($0.output.1) }
      if number != index + 1 {
        let due = String(repeating: "0", count: max(0, 4 - String(index + 1).count)) + String(index + 1)
        let advice = "the next decision is “\(due)-short-name.md”: number it so, without a gap or a number twice"
        violations.append(Violation(path: file.path, line: 1, advice: advice))
      }
      if file.lines.first?.wholeMatch(of: /# \S.*/) == nil {
        let advice = "the first line is not a title: begin with “# What was decided”"
        violations.append(Violation(path: file.path, line: 1, advice: advice))
      }
    }
    return violations
  }

  /// A decision that was superseded says so in its third line, with a link to a later one, which links back.
  static func supersessions(in files: [TextFile]) -> [Violation] {
    let byName = Dictionary(uniqueKeysWithValues: files.map { (String($0.path.split(separator: "/").last ?? ""), $0) })
    return files.flatMap { file -> [Violation] in
      let own = String(file.path.split(separator: "/").last ?? "")
      return file.lines.enumerated().compactMap { index, line in
        guard line.firstMatch(of: /(?i)superseded/) != nil else { return nil }
        let form = /\*Superseded (?:in part )?by \[(\d{4})\]\((\d{4}-[a-z0-9-]+\.md)\)[:.].*/
        var advice: String?
        if let (_, number, name) = line.prefixMatch(of: form)?.output, index == 2 {
          let successor = byName[String(name)]
          if successor == nil || !name.hasPrefix(number) || name <= own[...] {
            advice = "there is no later decision “\(name)”"
          } else if successor?.lines.contains(where: { $0.contains("](\(own))") }) != true {
            advice = "“\(name)” does not link back: say there what it supersedes"
          }
        } else {
          advice = "say it in the third line: “*Superseded by [0012](0012-short-name.md).*”, or “in part by”"
        }
        return advice.map { Violation(path: file.path, line: index + 1, advice: $0) }
      }
    }
  }

  /// Links to files of the same folder lead somewhere.
  static func links(of files: [TextFile]) -> [Violation] {
    let names = Set(files.map { String($0.path.split(separator: "/").last ?? "") })
    return files.flatMap { file in
      file.lines.enumerated().flatMap { index, line in
        line.matches(of: /\]\((\d{4}-[a-z0-9-]+\.md)/).filter { !names.contains(String($0.output.1)) }.map {
          Violation(path: file.path, line: index + 1, advice: "there is no decision “\($0.output.1)”: mend the link")
        }
      }
    }
  }

  /// Every Swift file that a document names is there.
  static func sources(named document: TextFile, among paths: Set<String>) -> [Violation] {
    document.lines.enumerated().flatMap { index, line in
      line.matches(of: /[\w+\/]+\.swift\b/).map { String($0.output) }
        .filter { name in !paths.contains { $0 == name || $0.hasSuffix("/" + name) } }
        .map { Violation(path: document.path, line: index + 1, advice: "there is no file “\($0)”: mend the name") }
    }
  }

  /// The translation has the original's headings, by level and in order; their words differ.
  static func headings(of translation: TextFile, as original: TextFile) -> [Violation] {
    let ours = headings(of: translation)
    let theirs = headings(of: original)
    guard !theirs.isEmpty else {
      return [Violation(path: original.path, line: 1, advice: "no heading: a reader can't see what is in it")]
    }
    for (our, their) in zip(ours, theirs) where our.level != their.level {
      let advice = "heading of level \(our.level), where \(original.path):\(their.line) has level \(their.level)"
      return [Violation(path: translation.path, line: our.line, advice: "\(advice): keep both in step")]
    }
    if ours.count < theirs.count {
      let missing = theirs[ours.count]
      let advice = "ends before the heading at \(original.path):\(missing.line): translate that part"
      return [Violation(path: translation.path, line: translation.lines.count, advice: advice)]
    }
    if ours.count > theirs.count {
      let advice = "a heading that \(original.path) does not have: write that part there too"
      return [Violation(path: translation.path, line: ours[theirs.count].line, advice: advice)]
    }
    return []
  }

  private static func headings(of file: TextFile) -> [(level: Int, line: Int)] {
    var isFenced = false
    return file.lines.enumerated().compactMap { index, line in
      if line.hasPrefix("```") || line.hasPrefix("~~~") { isFenced.toggle() }
      guard !isFenced, let heading = line.prefixMatch(of: /(#{1,6}) \S/) else { return nil }
      return (heading.output.1.count, index + 1)
    }
  }

  /// Every variable in a literal of `sources` stands in a row of the README's table, and the other way round.
  static func variables(of sources: [SwiftFile], in readme: TextFile) -> [Violation] {
    var documented: [String: Int] = [:]
    for (index, line) in readme.lines.enumerated() where line.hasPrefix("|") {
      for name in names(in: line) { documented[name] = documented[name] ?? index + 1 }
    }
    var used: Set<String> = []
    var violations: [Violation] = []
    for file in sources {
      for literal in file.text.strings {
        for name in names(in: literal.text) where used.insert(name).inserted && documented[name] == nil {
          let advice =
            name.hasSuffix("_")
            ? "“\(name)…” is put together: write the whole name, so that a search finds it"
            : "\(name) is in no table of \(readme.path): add a row"
          violations.append(Violation(path: file.path, line: literal.line, advice: advice))
        }
      }
    }
    for (name, line) in documented.sorted(by: { $0.value < $1.value }) where !used.contains(name) {
      let advice = "nothing in the sources reads \(name): remove the row, or mend the name"
      violations.append(Violation(path: readme.path, line: line, advice: advice))
    }
    return violations
  }

  private static func names(in text: String) -> [String] {
    text.matches(of: /\bPENSTOCK_\w*/).map { String($0.output) }
  }
}
