/// Tells a Swift file's code from its string literals and comments, so that a rule about one is not set off by another.
///
/// This is a scanner and no parser: it knows how literals and comments begin and end (nested comments, raw and
/// multi-line strings, interpolation, regex literals, names in backticks), and nothing about what stands between.
struct SwiftText {
  /// A literal or comment with its delimiters, and the line that it begins on (from 1).
  struct Piece: Equatable {
    var line: Int
    var text: String
  }

  /// The file line by line, with blanks in place of every literal, comment and name in backticks.
  let code: [String]
  let strings: [Piece]
  let comments: [Piece]

  init(_ source: String) {
    let scanner = LiteralScanner(source)
    var code: [UInt8] = []
    var strings: [Piece] = []
    var comments: [Piece] = []
    var index = 0
    var line = 1
    while index < scanner.bytes.count {
      let (kind, end) = scanner.piece(at: index)
      let bytes = scanner.bytes[index..<end]
      switch kind {
      case .code: code += bytes
      case .string: strings.append(Piece(line: line, text: String(decoding: bytes, as: UTF8.self)))
      case .comment: comments.append(Piece(line: line, text: String(decoding: bytes, as: UTF8.self)))
      case .other: break
      }
      if kind != .code { code += bytes.map { $0 == .newline ? .newline : .space } }
      line += bytes.count { $0 == .newline }
      index = end
    }
    self.code = String(decoding: code, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    self.strings = strings
    self.comments = comments
  }
}

/// Finds where literals and comments end.
struct LiteralScanner {
  enum Kind { case code, string, comment, other }

  let bytes: [UInt8]

  init(_ source: String) { bytes = Array(source.utf8) }

  /// What begins at `index`, and where it ends: always past `index`, so that whoever loops makes progress.
  func piece(at index: Int) -> (Kind, end: Int) {
    if starts("//", at: index) { return (.comment, endOfLine(from: index)) }
    if starts("/*", at: index) { return (.comment, endOfBlockComment(at: index)) }
    if let end = endOfString(at: index) { return (.string, end) }
    if let end = endOfRegex(at: index) { return (.other, end) }
    if bytes[index] == UInt8(ascii: "`"), let end = find("`", from: index + 1, inLine: true) { return (.other, end) }
    return (.code, index + 1)
  }

  private func starts(_ text: StaticString, at index: Int) -> Bool {
    text.withUTF8Buffer { bytes[index...].starts(with: $0) }
  }

  private func endOfLine(from index: Int) -> Int {
    bytes[index...].firstIndex(of: .newline) ?? bytes.count
  }

  /// The index past the next `text`.
  private func find(_ text: StaticString, from start: Int, inLine: Bool) -> Int? {
    var index = start
    while index < bytes.count, !(inLine && bytes[index] == .newline) {
      if starts(text, at: index) { return index + text.utf8CodeUnitCount }
      index += 1
    }
    return nil
  }

  private func endOfBlockComment(at start: Int) -> Int {
    var index = start
    var depth = 0
    repeat {
      if starts("/*", at: index) {
        depth += 1
        index += 2
      } else if starts("*/", at: index) {
        depth -= 1
        index += 2
      } else {
        index += 1
      }
    } while depth > 0 && index < bytes.count
    return min(index, bytes.count)
  }

  private func hashes(at index: Int) -> Int { bytes[index...].prefix { $0 == UInt8(ascii: "#") }.count }

  private func endOfString(at start: Int) -> Int? {
    let hashes = hashes(at: start)
    var index = start + hashes
    guard index < bytes.count, bytes[index] == .quote else { return nil }
    let multiline = starts("\"\"\"", at: index)
    let quotes = multiline ? 3 : 1
    index += quotes
    while index < bytes.count, multiline || bytes[index] != .newline {
      if bytes[index] == .backslash, self.hashes(at: index + 1) >= hashes {
        index += 1 + hashes
        index = starts("(", at: index) ? endOfParentheses(at: index) : index + 1
      } else if bytes[index...].prefix(quotes).allSatisfy({ $0 == .quote }), bytes.count - index >= quotes,
        self.hashes(at: index + quotes) >= hashes
      {
        return index + quotes + hashes
      } else {
        index += 1
      }
    }
    return min(index, bytes.count)
  }

  /// Past the parenthesis that closes the interpolation that opens at `start`; there can be strings inside it.
  private func endOfParentheses(at start: Int) -> Int {
    var index = start
    var depth = 0
    repeat {
      if let end = endOfString(at: index) {
        index = end
        continue
      }
      if bytes[index] == UInt8(ascii: "(") { depth += 1 }
      if bytes[index] == UInt8(ascii: ")") { depth -= 1 }
      index += 1
    } while depth > 0 && index < bytes.count
    return index
  }

  /// A slash is a regex where an operand is due and something follows that is no blank; elsewhere it divides.
  private func endOfRegex(at start: Int) -> Int? {
    if starts("#/", at: start) { return find("/#", from: start + 2, inLine: false) }
    guard bytes[start] == UInt8(ascii: "/"), start + 1 < bytes.count, bytes[start + 1] != .space else { return nil }
    let before = bytes[..<start].last { $0 != .space }
    guard before == nil || before == .newline || "(,:=[{&|!?".utf8.contains(before ?? 0) else { return nil }
    var index = start + 1
    while index < bytes.count, bytes[index] != .newline {
      if bytes[index] == UInt8(ascii: "/") { return index + 1 }
      index += bytes[index] == .backslash ? 2 : 1
    }
    return nil
  }
}

extension UInt8 {
  fileprivate static let newline = UInt8(ascii: "\n")
  fileprivate static let space = UInt8(ascii: " ")
  fileprivate static let quote = UInt8(ascii: "\"")
  fileprivate static let backslash = UInt8(ascii: "\\")
}
