internal import Writing

/// A chart over the time of the run, as SVG that stands in the page itself.
struct Chart {
  enum Look { case line, stacked }

  struct Series {
    let name: String
    /// 1 to `colours`: the page's style says what each is, for light and dark.
    let colour: Int
    /// One for each moment; `nil` is a gap.
    let values: [Double?]

    static let colours = 8
  }

  private static let size = (width: 640.0, height: 240.0)
  private static let margin = (left: 62.0, right: 10.0, top: 10.0, bottom: 28.0)

  let title: String
  var note: String
  var look = Look.line
  var scale = Scale.Kind.linear
  /// Whether a line goes on over a gap: where a value holds until the next one is known.
  var bridgesGaps = false
  /// What the scale goes up to at most. A value above it is drawn at the chart's edge.
  var ceiling = Double.infinity
  /// When the moments begin, in seconds.
  let times: [Double]
  let slotSeconds: Double
  let series: [Series]
  let label: (Double) -> String

  /// With its title, its legend and its note. Where there is nothing to show, it says so.
  func html() -> String {
    let legend = series.map { "<span class=\"c\($0.colour)\"><i></i>\(escaped($0.name))</span>" }.joined()
    return """
      <figure><figcaption><h2>\(escaped(title))</h2><p>\(escaped(note))</p>
      <div class="legend">\(legend)</div></figcaption>
      \(series.contains { $0.values.contains { $0 != nil } } ? svg() : "<p class=\"none\">Nothing was measured.</p>")
      </figure>

      """
  }

  private func svg() -> String {
    let drawn = look == .stacked ? stacked() : series.map { $0.values }
    let heights = Scale(scale, drawn.flatMap { $0.compactMap { $0.map { min($0, ceiling) } } })
    let end = (times.last ?? 0) + slotSeconds
    let seconds = Scale(.linear, [end])
    func x(_ time: Double) -> Double {
      Self.margin.left + min(time / end, 1) * (Self.size.width - Self.margin.left - Self.margin.right)
    }
    func y(_ value: Double) -> Double {
      let height = Self.size.height - Self.margin.top - Self.margin.bottom
      return Self.margin.top + (1 - heights(value)) * height
    }
    let floor = Self.size.height - Self.margin.bottom
    var parts = [
      "<svg viewBox=\"0 0 \(short(Self.size.width)) \(short(Self.size.height))\" role=\"img\" "
        + "aria-label=\"\(escaped(title))\">"
    ]
    for mark in heights.marks {
      parts.append(
        "<path class=\"grid\" d=\"M\(at(Self.margin.left, y(mark)))H\(Int(Self.size.width - Self.margin.right))\"/>"
          + "<text x=\"\(short(Self.margin.left - 6))\" y=\"\(short(y(mark) + 4))\" text-anchor=\"end\">"
          + "\(label(mark))</text>"
      )
    }
    for mark in seconds.marks where mark <= end {
      parts.append(
        "<text x=\"\(short(x(mark)))\" y=\"\(short(floor + 18))\" text-anchor=\"middle\">"
          + "\(fixed(mark, mark == mark.rounded() ? 0 : 1)) s</text>")
    }
    for (index, values) in drawn.enumerated().reversed() where look == .stacked {
      let below = index > 0 ? drawn[index - 1] : values.map { _ in 0 }
      parts.append(area(values, over: below, colour: series[index].colour, x, y))
    }
    for (index, values) in drawn.enumerated() where look == .line {
      parts.append(lines(values, colour: series[index].colour, x, y))
    }
    parts += hints(x, top: Self.margin.top, bottom: floor)
    return parts.joined(separator: "\n") + "\n</svg>"
  }

  /// Each series on top of those before it.
  private func stacked() -> [[Double?]] {
    var sums = times.map { _ in 0.0 }
    return series.map { series in
      for (index, value) in series.values.enumerated() { sums[index] += value ?? 0 }
      return sums
    }
  }

  /// A point stands in the middle of its slot.
  private func middle(_ index: Int) -> Double { times[index] + slotSeconds / 2 }

  private func lines(
    _ values: [Double?], colour: Int, _ x: (Double) -> Double, _ y: (Double) -> Double
  ) -> String {
    var path = ""
    var isDown = false
    for (index, value) in values.enumerated() {
      guard let value else {
        isDown = isDown && bridgesGaps
        continue
      }
      // A point alone is drawn as well, as a line of no length with round ends.
      path += "\(isDown ? "L" : "M")\(at(x(middle(index)), y(value)))" + (isDown ? "" : "h0")
      isDown = true
    }
    return "<path class=\"line c\(colour)\" d=\"\(path)\"/>"
  }

  /// In steps, as counts of a slot are.
  private func area(
    _ values: [Double?], over below: [Double?], colour: Int, _ x: (Double) -> Double, _ y: (Double) -> Double
  ) -> String {
    func steps(_ values: [Double?], _ order: [Int], isReversed: Bool) -> [String] {
      order.flatMap { index in
        let (left, right) = (x(times[index]), x(times[index] + slotSeconds))
        let height = y((values[index] ?? 0))
        return [at(isReversed ? right : left, height), at(isReversed ? left : right, height)]
      }
    }
    let order = Array(values.indices)
    let outline =
      steps(values, order, isReversed: false) + steps(below, order.reversed(), isReversed: true)
    return "<path class=\"area c\(colour)\" d=\"M\(outline.joined(separator: "L"))Z\"/>"
  }

  /// What the pointer is told over each slot.
  private func hints(_ x: (Double) -> Double, top: Double, bottom: Double) -> [String] {
    times.indices.compactMap { index in
      let values = series.compactMap { series in
        series.values[index].map { "\(series.name): \(label($0))" }
      }
      guard !values.isEmpty else { return nil }
      let (left, right) = (x(times[index]), x(times[index] + slotSeconds))
      let text = (["\(fixed(times[index], 1)) s"] + values).joined(separator: "\n")
      return "<rect class=\"hint\" x=\"\(short(left))\" y=\"\(short(top))\" width=\"\(short(right - left))\" "
        + "height=\"\(short(bottom - top))\"><title>\(escaped(text))</title></rect>"
    }
  }

  private func at(_ x: Double, _ y: Double) -> String { "\(short(x)) \(short(y))" }

  /// To a tenth of a pixel.
  private func short(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(abs(tenths % 10))"
  }
}
