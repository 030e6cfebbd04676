internal import HTTPServing

// What the API says in English, said on a page in the page's language: the English text finds its own translation, as
// in a catalogue of messages. What no table has stays English.

extension Phrasebook {
  /// What a problem says of one occurrence, or what its code means.
  func detail(of problem: Problem) -> String { problem.detail.map(detail) ?? self(problem.code) }

  /// The same of a text that a problem had.
  func detail(_ text: String) -> String {
    if language == .english { return text }
    if let said = translated(text, DetailWords.allCases) { return said }
    // "FIELD RULE."
    guard text.hasSuffix("."), let space = text.firstIndex(of: " ") else { return rule(text) }
    let words = text[text.index(after: space)...].dropLast()
    return translated(String(words), RuleWords.allCases).map { "\(text[..<space])：\($0)。" } ?? text
  }

  /// What was found at a record, a partition, an audit or a job.
  func fault(_ text: String) -> String {
    language == .english ? text : translatedFault(text) ?? text
  }

  /// A sentence of an audit's report.
  func finding(_ text: String) -> String {
    if language == .english { return text }
    return translatedFault(text)
      ?? translated(text, AuditWords.sentences) { $0.contains(" ") ? finding($0) : $0 } ?? text
  }

  /// What it quotes is said too, if it has several words: one word is a name.
  private func translatedFault(_ text: String) -> String? {
    translated(text, FaultWords.allCases) {
      translated($0, RuleWords.allCases) ?? ($0.contains(" ") ? fault($0) : $0)
    }
  }

  /// What an audit has counted.
  func counted(_ name: String) -> String {
    language == .english ? name : translated(name, AuditWords.counts) ?? door(name)
  }

  /// What a field must be.
  func rule(_ text: String) -> String {
    language == .english ? text : translated(text, RuleWords.allCases) ?? text
  }

  private func translated(_ text: String, _ messages: [some Message]) -> String? {
    // A value can be a rule itself, or what may have come of a call.
    translated(text, messages) { translated($0, RuleWords.allCases) ?? $0 }
  }

  private func translated(_ text: String, _ messages: [some Message], value: (String) -> String) -> String? {
    for message in messages {
      guard let values = Self.values(of: text[...], in: message.texts.english[...]) else { continue }
      return said(message, values.map(value))
    }
    return nil
  }

  /// What stands in the places of a pattern, in their order; `nil`: the text is not of it.
  private static func values(of text: Substring, in pattern: Substring) -> [String]? {
    guard let open = pattern.firstIndex(of: "{"), let close = pattern[open...].firstIndex(of: "}") else {
      return text == pattern ? [] : nil
    }
    guard text.hasPrefix(pattern[..<open]) else { return nil }
    let rest = text.dropFirst(pattern[..<open].count)
    let after = pattern[pattern.index(after: close)...]
    let literal = after.prefix { $0 != "{" }
    if literal.count == after.count {
      guard rest.hasSuffix(literal), rest.count > literal.count else { return nil }
      return [String(rest.dropLast(literal.count))]
    }
    guard let end = rest.firstRange(of: literal)?.lowerBound, end > rest.startIndex else { return nil }
    return values(of: rest[end...], in: after).map { [String(rest[..<end])] + $0 }
  }
}
