/// Rows of text in aligned columns: the first `leftAligned` to the left, the others, which hold numbers, to the right.
struct Table {
  private let leftAligned: Int
  private var rows: [[String]] = []

  init(leftAligned: Int, _ heading: [String]) {
    self.leftAligned = leftAligned
    rows.append(heading)
  }

  mutating func add(_ row: [String]) { rows.append(row) }

  var text: String {
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
func padded(_ text: String, _ width: Int) -> String {
  let fill = String(repeating: " ", count: max(abs(width) - text.count, 0))
  return width < 0 ? text + fill : fill + text
}

/// `1234567` as `1,234,567`.
func grouped(_ value: Int) -> String {
  var digits = String(value.magnitude)
  var groups: [String] = []
  while digits.count > 3 {
    groups.append(String(digits.suffix(3)))
    digits.removeLast(3)
  }
  groups.append(digits)
  return (value < 0 ? "-" : "") + groups.reversed().joined(separator: ",")
}

/// With so many digits after the point.
func fixed(_ value: Double, _ digits: Int) -> String {
  var scale = 1
  for _ in 0..<digits { scale *= 10 }
  let scaled = Int((abs(value) * Double(scale)).rounded())
  let fraction = String(scaled % scale)
  let whole = (value < 0 && scaled > 0 ? "-" : "") + grouped(scaled / scale)
  return digits == 0 ? whole : whole + "." + String(repeating: "0", count: digits - fraction.count) + fraction
}

/// Microseconds as milliseconds, with as many digits as they are worth.
func milliseconds(_ microseconds: UInt64) -> String {
  let value = Double(microseconds) / 1_000
  return fixed(value, value < 10 ? 2 : value < 100 ? 1 : 0) + " ms"
}

/// A share as a percentage.
func percent(_ part: Int, of whole: Int) -> String {
  whole > 0 ? fixed(100 * Double(part) / Double(whole), 1) + " %" : "–"
}
