/// What a file of CSV has as text: UTF-8 with or without a byte order mark, or UTF-16 with one, as Excel writes.
enum CSVText {
  /// What keeps a file from being text.
  enum Fault: Error, Equatable {
    case notUTF8(line: Int)
    case notUTF16(line: Int)
    case nul(line: Int)
  }

  /// The text, without its byte order mark.
  static func text(of bytes: [UInt8]) throws(Fault) -> String {
    let text: String =
      switch (bytes.first, bytes.dropFirst().first) {
      case (0xFF, 0xFE): try text(ofUTF16: bytes.dropFirst(2), lowFirst: true)
      case (0xFE, 0xFF): try text(ofUTF16: bytes.dropFirst(2), lowFirst: false)
      default: try text(ofUTF8: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...])
      }
    if let nul = text.utf8.firstIndex(of: 0) { throw .nul(line: line(after: text.utf8[..<nul], UInt8(ascii: "\n"))) }
    return text
  }

  private static func text(ofUTF8 bytes: ArraySlice<UInt8>) throws(Fault) -> String {
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    // A line feed is no part of another character, in UTF-8, GBK and GB 18030 alike.
    var number = 1
    for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      if String(validating: line, as: UTF8.self) == nil { break }
      number += 1
    }
    throw .notUTF8(line: number)
  }

  private static func text(ofUTF16 bytes: ArraySlice<UInt8>, lowFirst: Bool) throws(Fault) -> String {
    let units = stride(from: bytes.startIndex, to: bytes.endIndex - 1, by: 2).map { index in
      let (first, second) = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
      return lowFirst ? second << 8 | first : first << 8 | second
    }
    if bytes.count.isMultiple(of: 2), let text = String(validating: units, as: UTF16.self) { return text }
    var number = 1
    for line in units.split(separator: 0x0A, omittingEmptySubsequences: false) {
      if String(validating: line, as: UTF16.self) == nil { throw .notUTF16(line: number) }
      number += 1
    }
    // Half a character is left at the end.
    throw .notUTF16(line: number - 1)
  }

  private static func line<Units: Collection>(after units: Units, _ lineFeed: Units.Element) -> Int
  where Units.Element: Equatable {
    units.count { $0 == lineFeed } + 1
  }
}
