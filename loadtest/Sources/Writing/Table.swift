/// Rows of text in aligned columns: the first `leftAligned` to the left, the others, which hold numbers, to the right.
public struct Table {
  private let leftAligned: Int
  private var rows: [[String]] = []

  /// With its heading only.
  public init(leftAligned: Int, _ heading: [String]) {
    self.leftAligned = leftAligned
    rows.append(heading)
  }

  /// Adds a row below the others.
  public mutating func add(_ row: [String]) { rows.append(row) }

  /// For a terminal: two columns in, each line with its end.
  public var text: String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        column < leftAligned ? padded(cell, -widths[column]) : padded(cell, widths[column])
      }
      var line = "  " + cells.joined(separator: "  ")
      while line.hasSuffix(" ") { line.removeLast() }
      return line + "\n"
    }.joined()
  }
}

/// To the right of `width` columns; to the left, where it is negative.
public func padded(_ text: String, _ width: Int) -> String {
  let fill = String(repeating: " ", count: max(abs(width) - text.count, 0))
  return width < 0 ? text + fill : fill + text
}
