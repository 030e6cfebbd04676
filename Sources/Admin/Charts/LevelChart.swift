/// Lying bars that are full together: of each thing, how its units are divided.
struct LevelChart {
  struct Part {
    let name: String
    let colour: ChartColour
  }

  struct Row {
    let name: String
    /// A value for each part; none below 0.
    let values: [Int64]
  }

  /// For the table's first column.
  let rowName: String
  let title: String
  let parts: [Part]
  let rows: [Row]

  /// The figure, with `Limits.chartRows` bars at most; all rows are in its table.
  func html(_ say: Phrasebook) -> HTML {
    let keys = parts.map { ChartKey.html($0.name, $0.colour) }
    let bars = rows.prefix(Limits.chartRows).map(bar)
    let rest: HTML =
      rows.count > Limits.chartRows
      ? "<p class=\"small soft\">\(say(ChartWords.firstOf, Limits.chartRows.grouped, rows.count.grouped))</p>"
      : .empty
    return """
      <figure><h3>\(title)</h3><div class="levels">
      \(bars)</div>\(rest)<figcaption class="small soft">\(keys)</figcaption>\(table(say))</figure>
      """
  }

  /// A row's name, its bar, and the first part's count.
  private func bar(_ row: Row) -> HTML {
    let all = max(row.values.reduce(0, +), 1)
    var x = 0.0
    let drawn = zip(parts, row.values).map { part, value -> HTML in
      guard value > 0 else { return .empty }
      let width = Double(value) / Double(all) * 100
      defer { x += width }
      return "<rect class=\"\(part.colour.name)\" x=\"\(length: x)%\" width=\"\(length: width)%\" height=\"14\"/>"
    }
    let words = zip(parts, row.values).map { "\($0.1.grouped) \($0.0.name)" }.joined(separator: ", ")
    return """
      <code class="small">\(row.name)</code>\
      <svg width="100%" height="14" role="img" aria-label="\(row.name): \(words)"><title>\(words)</title>\
      <rect class="track" width="100%" height="14"/>\(drawn)</svg>\
      <span class="count small">\(row.values.first?.grouped ?? "") \(parts.first?.name ?? "")</span>

      """
  }

  private func table(_ say: Phrasebook) -> HTML {
    let head = parts.map { part -> HTML in "<th scope=\"col\">\(part.name)</th>" }
    let cells = rows.map { row -> HTML in
      let cells = row.values.map { value -> HTML in "<td>\(value.grouped)</td>" }
      return "<tr><th scope=\"row\"><code>\(row.name)</code></th>\(cells)</tr>\n"
    }
    return """
      <details class="numbers"><summary>\(say(ChartWords.numbers))</summary>\
      <div class="scroll" tabindex="0" role="region" aria-label="\(title)"><table><thead><tr>\
      <th scope="col">\(rowName)</th>\(head)</tr></thead><tbody>
      \(cells)</tbody></table></div></details>
      """
  }
}
