internal import Time

/// Stacked bars of counts over something that ascends, as a figure of inline SVG: axes, unit, legend, and the numbers
/// in a table for those who cannot see it.
///
/// Horizontal positions are in percent, so the chart fills any width while its letters keep their size; vertical ones
/// are in pixels. The numbers of the vertical axis are in a narrow drawing of their own beside it.
struct BarChart {
  /// One part of each bar.
  struct Series {
    let name: String
    let colour: ChartColour
  }

  struct Bar {
    /// Names it in the table and where a pointer rests.
    let label: String
    /// A value for each series, from the ground up; none below 0.
    let values: [Int64]
  }

  /// A mark of the horizontal axis.
  struct Mark {
    /// From 0, the chart's left edge, to 1.
    let place: Double
    let label: String
  }

  /// Its name in the page's markup: letters and hyphens, unique on the page.
  let id: StaticString
  let title: String

  /// What the vertical axis counts, with the time that it is counted over, as `requests per 100 ms`.
  let unit: String

  /// What a bar is, for the table's first column.
  let barName: String
  let series: [Series]
  let bars: [Bar]
  let marks: [Mark]

  /// The time that the chart shows, where a part of it can be chosen with a pointer.
  var window: Range<Timestamp>?

  /// Pixels from the top: the highest grid line, the bars' ground line, the marks' letters, and the end.
  private static let top = 10.0
  private static let ground = 176.0
  private static let letters = 194.0
  private static let height = 204

  /// The most that any bar has.
  private var highest: Int64 { bars.map { $0.values.reduce(0, +) }.max() ?? 0 }

  /// The figure.
  func html(_ say: Phrasebook) -> HTML {
    let ticks = CountTicks(upTo: highest)
    let range: HTML =
      window.map { window in
        """
         data-from="\(window.lowerBound.description)" data-to="\(window.upperBound.description)"
        """
      } ?? .empty
    return """
      <figure><h3>\(title)</h3><div class="chart">\(levels(ticks))
      <svg class="plot" width="100%" height="\(plain: Self.height)" role="img" \
      aria-labelledby="\(name)-words"\(range)>
      <desc id="\(name)-words">\(words(say))</desc>
      \(grid(ticks))\(drawnBars(ticks))\(drawnMarks)</svg></div>
      \(legend)\(table(say))</figure>
      """
  }

  private var name: HTML { HTML(stringLiteral: id) }

  /// What it shows, in a sentence.
  private func words(_ say: Phrasebook) -> String {
    guard let first = bars.first?.label, let last = bars.last?.label, highest > 0 else {
      return say(ChartWords.nothingYet, title)
    }
    let highest = highest.grouped
    let peak = bars.first { $0.values.reduce(0, +) == self.highest }?.label ?? first
    return say(ChartWords.description, title, bars.count.grouped, first, last, highest, unit, peak)
  }

  private func y(_ value: Int64, _ ticks: CountTicks) -> Double {
    Self.ground - Double(value) / Double(ticks.top) * (Self.ground - Self.top)
  }

  /// The numbers beside the grid lines; a reader who cannot see them has the description instead.
  private func levels(_ ticks: CountTicks) -> HTML {
    let width = 8 * ticks.top.grouped.count + 6
    let labels = ticks.values.map { value -> HTML in
      """
      <text class="axis" x="\(plain: width - 6)" y="\(length: y(value, ticks) + 4)" \
      text-anchor="end">\(value.grouped)</text>
      """
    }
    return """
      <svg width="\(plain: width)" height="\(plain: Self.height)" aria-hidden="true">\(labels)</svg>
      """
  }

  private func grid(_ ticks: CountTicks) -> [HTML] {
    ticks.values.map { value in
      let y = y(value, ticks)
      return "<line class=\"grid\" x1=\"0\" x2=\"100%\" y1=\"\(length: y)\" y2=\"\(length: y)\"/>\n"
    }
  }

  private func drawnBars(_ ticks: CountTicks) -> [HTML] {
    let slot = 100 / Double(max(bars.count, 1))
    let width = min(slot * 0.84, 12)
    return bars.enumerated().filter { $0.element.values.contains { $0 > 0 } }.map { index, bar in
      let x = slot * (Double(index) + 0.5) - width / 2
      var below: Int64 = 0
      let parts = zip(series, bar.values).map { series, value -> HTML in
        guard value > 0 else { return .empty }
        defer { below += value }
        let (bottom, top) = (y(below, ticks), y(below + value, ticks))
        return """
          <rect class="\(series.colour.name)" x="\(length: x)%" y="\(length: top)" width="\(length: width)%" \
          height="\(length: bottom - top)"/>
          """
      }
      let values = zip(series, bar.values).filter { $0.1 > 0 }.map { "\($0.1.grouped) \($0.0.name)" }
      return "<g><title>\(bar.label): \(values.joined(separator: ", "))</title>\(parts)</g>\n"
    }
  }

  private var drawnMarks: [HTML] {
    marks.map { mark in
      let x = mark.place * 100
      // At the edges a centred label would be cut off.
      let anchor: HTML = x < 8 ? "start" : x > 92 ? "end" : "middle"
      let place: HTML = x < 8 ? "0" : x > 92 ? "100%" : "\(length: x)%"
      return """
        <line class="grid" x1="\(length: x)%" x2="\(length: x)%" y1="\(length: Self.ground)" \
        y2="\(length: Self.ground + 5)"/><text class="axis" x="\(place)" y="\(length: Self.letters)" \
        text-anchor="\(anchor)">\(mark.label)</text>

        """
    }
  }

  private var legend: HTML {
    let keys = series.count > 1 ? series.map { ChartKey.html($0.name, $0.colour) } : []
    return "<figcaption class=\"small soft\">\(keys)<span>\(unit)</span></figcaption>"
  }

  /// The numbers of all bars that are not empty.
  private func table(_ say: Phrasebook) -> HTML {
    let head = series.map { series -> HTML in "<th scope=\"col\">\(series.name)</th>" }
    let rows = bars.filter { $0.values.contains { $0 > 0 } }.map { bar -> HTML in
      let cells = bar.values.map { value -> HTML in "<td>\(value.grouped)</td>" }
      return "<tr><th scope=\"row\">\(bar.label)</th>\(cells)</tr>\n"
    }
    guard !rows.isEmpty else { return .empty }
    return """
      <details class="numbers"><summary>\(say(ChartWords.numbers))</summary>\
      <div class="scroll" tabindex="0" role="region" aria-label="\(title)"><table><thead><tr>\
      <th scope="col">\(barName)</th>\(head)</tr></thead><tbody>
      \(rows)</tbody></table></div></details>
      """
  }
}

/// One entry of a legend.
enum ChartKey {
  static func html(_ name: String, _ colour: ChartColour) -> HTML {
    """
    <span><svg class="key" viewBox="0 0 10 10" aria-hidden="true"><rect class="\(colour.name)" width="10" \
    height="10" rx="2"/></svg>\(name)</span>
    """
  }
}
