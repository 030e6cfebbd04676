/// Reads CSV (RFC 4180) record by record. Each value comes with its line.
///
/// The separator is the comma, semicolon or tab that the first line has most of. A first line such as `sep=;` names it
/// itself, as in Excel. Lines end with CRLF, LF or CR. Inside quotes, a line break is part of the value.
///
/// It is our own because a person wants the place of every mistake: SwiftCSV 0.10 knows no lines, and ends the process
/// at a wrong quote.
struct CSVReader {
  /// A value, with the line that it begins in, from 1.
  struct Cell: Equatable {
    let text: String
    let line: Int
  }

  /// What is wrong with a record. The next one can be read.
  struct Fault: Error, Equatable {
    enum Kind: Equatable { case openQuote, textAfterQuote, tooManyCells }
    let kind: Kind
    let line: Int

    /// The number of the field, from 1.
    let column: Int
  }

  private let bytes: [UInt8]
  private var position = 0
  private var line = 1
  private(set) var separator = UInt8(ascii: ",")

  init(_ text: String) {
    bytes = Array(text.utf8)
    let first = bytes.prefix { !Self.isLineEnd($0) }
    if first.count == 5, first[4] != UInt8(ascii: "\""), first.prefix(4).elementsEqual("sep=".utf8) {
      separator = first[4]
      position = first.count
      skipLineEnd()
      return
    }
    var best = 0
    for candidate in [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")] {
      let count = Self.countUnquoted(candidate, in: first)
      if count > best { (separator, best) = (candidate, count) }
    }
  }

  /// The next record; `nil`: there is none. Lines without any character but separators are passed over.
  mutating func next() throws(Fault) -> [Cell]? {
    while position < bytes.count {
      let cells = try record()
      if cells.contains(where: { !$0.text.isEmpty }) { return cells }
    }
    return nil
  }

  private mutating func record() throws(Fault) -> [Cell] {
    var cells: [Cell] = []
    while true {
      guard cells.count < Limits.importCells else {
        throw fault(.tooManyCells, cells.count, line)
      }
      let began = line
      if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
        cells.append(Cell(text: try quoted(cells.count), line: began))
      } else {
        let first = position
        while position < bytes.count, bytes[position] != separator, !Self.isLineEnd(bytes[position]) { position += 1 }
        cells.append(Cell(text: String(decoding: bytes[first..<position], as: UTF8.self), line: began))
      }
      guard position < bytes.count, bytes[position] == separator else { break }
      position += 1
    }
    skipLineEnd()
    return cells
  }

  /// A value in quotes, with each quote in it doubled.
  private mutating func quoted(_ cell: Int) throws(Fault) -> String {
    let began = line
    var value: [UInt8] = []
    position += 1
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") {
        position += 1
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
          guard position == bytes.count || bytes[position] == separator || Self.isLineEnd(bytes[position]) else {
            throw fault(.textAfterQuote, cell, line)
          }
          return String(decoding: value, as: UTF8.self)
        }
      } else if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") && !isFollowedByLineFeed {
        line += 1
      }
      value.append(byte)
      position += 1
    }
    throw Fault(kind: .openQuote, line: began, column: cell + 1)
  }

  private var isFollowedByLineFeed: Bool { position + 1 < bytes.count && bytes[position + 1] == UInt8(ascii: "\n") }

  /// Goes on behind the line, so that the next record can be read.
  private mutating func fault(_ kind: Fault.Kind, _ cell: Int, _ line: Int) -> Fault {
    while position < bytes.count, !Self.isLineEnd(bytes[position]) { position += 1 }
    skipLineEnd()
    return Fault(kind: kind, line: line, column: cell + 1)
  }

  private mutating func skipLineEnd() {
    guard position < bytes.count, Self.isLineEnd(bytes[position]) else { return }
    if bytes[position] == UInt8(ascii: "\r"), isFollowedByLineFeed { position += 1 }
    position += 1
    line += 1
  }

  private static func isLineEnd(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }

  private static func countUnquoted(_ byte: UInt8, in line: ArraySlice<UInt8>) -> Int {
    var (count, isQuoted) = (0, false)
    for found in line {
      if found == UInt8(ascii: "\"") { isQuoted.toggle() } else if found == byte, !isQuoted { count += 1 }
    }
    return count
  }
}
