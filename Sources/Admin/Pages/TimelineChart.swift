internal import FlashSale
internal import SaleStore

/// Decisions over time as an inline SVG of stacked bars.
///
/// Horizontal positions are in percent, so the chart fills any width while its letters keep their size; vertical ones
/// are in pixels. The numbers of the vertical axis are in a narrow drawing of their own beside it.
struct TimelineChart {
  private let timeline: Timeline
  private let peak: Int64
  private let step: Int64

  /// Pixels from the top: the bars' ground line, the highest grid line, and the end.
  private static let ground = 196.0
  private static let top = 10.0
  private static let height = 224

  /// Nothing was decided: there is no chart.
  init?(_ report: SaleReport) {
    timeline = Timeline(report, atMost: Limits.timelineBars)
    guard let peak = timeline.buckets.map(\.total).max(), peak > 0 else { return nil }
    self.peak = peak
    step = Self.step(for: peak)
  }

  /// A figure with its legend.
  func html(_ say: Phrasebook) -> HTML {
    """
    <figure><div class="chart">\(levelLabels)
    <svg width="100%" height="\(plain: Self.height)" role="img" aria-labelledby="timeline-title timeline-desc">
    <title id="timeline-title">\(say(ReportWords.decisionsPer, timeline.widthName))</title>
    <desc id="timeline-desc">\(description(say))</desc>
    \(grid)\(bars(say))\(times)</svg></div>
    <figcaption class="small soft"><span><i class="key confirmed"></i>\(say(ReportWords.confirmed))</span>\
    <span><i class="key rejected"></i>\(say(ReportWords.rejected))</span>\
    <span><i class="key quarantined"></i>\(say(ReportWords.quarantined))</span>\
    <span>\(say(ReportWords.perDecision, timeline.widthName))</span></figcaption></figure>
    """
  }

  private func description(_ say: Phrasebook) -> String {
    let buckets = timeline.buckets
    let first = buckets[0].minute.dateAndTime
    let last = buckets[buckets.count - 1].minute.dateAndTime
    return say(ReportWords.timelineDescription, "\(buckets.count)", first, last, peak.grouped)
  }

  /// Values of the grid lines: the ground, and steps up to the first above the peak.
  private var levels: [Int64] {
    let steps = (peak + step - 1) / step
    return (0...steps).map { $0 * step }
  }

  private func y(_ value: Int64) -> Double {
    let highest = Double(levels[levels.count - 1])
    return Self.ground - Double(value) / highest * (Self.ground - Self.top)
  }

  private var grid: [HTML] {
    levels.map { level in
      "<line class=\"grid\" x1=\"0\" x2=\"100%\" y1=\"\(length: y(level))\" y2=\"\(length: y(level))\"/>\n"
    }
  }

  /// The numbers beside the grid lines; a reader who cannot see them has the description instead.
  private var levelLabels: HTML {
    let width = 8 * levels[levels.count - 1].grouped.count + 4
    let labels = levels.map { level -> HTML in
      """
      <text class="axis" x="\(plain: width - 4)" y="\(length: y(level) + 4)" text-anchor="end">\(level.grouped)</text>
      """
    }
    return """
      <svg width="\(plain: width)" height="\(plain: Self.height)" aria-hidden="true">\(labels)</svg>
      """
  }

  private func bars(_ say: Phrasebook) -> [HTML] {
    let slot = 100 / Double(timeline.buckets.count)
    let width = min(slot * 0.84, 8)
    return timeline.buckets.enumerated().filter { $0.element.total > 0 }.map { index, bucket in
      let x = slot * (Double(index) + 0.5) - width / 2
      var below: Int64 = 0
      func part(_ name: HTML, _ count: Int64) -> HTML {
        guard count > 0 else { return .empty }
        defer { below += count }
        let (bottom, top) = (y(below), y(below + count))
        return """
          <rect class="\(name)" x="\(length: x)%" y="\(length: top)" width="\(length: width)%" \
          height="\(length: bottom - top)"/>
          """
      }
      let parts = [
        part("confirmed", bucket.confirmed), part("rejected", bucket.rejected), part("quarantined", bucket.quarantined),
      ]
      return "<g><title>\(tip(say, bucket))</title>\(parts)</g>\n"
    }
  }

  private func tip(_ say: Phrasebook, _ bucket: SaleReport.Moment) -> String {
    say(
      ReportWords.bucketTip, bucket.minute.dateAndTime, "UTC", bucket.confirmed.grouped, bucket.rejected.grouped,
      bucket.quarantined.grouped)
  }

  /// Labels of some bars: with the date only where there is more than one day, and then fewer, because they are longer.
  private var times: [HTML] {
    let buckets = timeline.buckets
    let isOneDay = buckets[0].minute.day == buckets[buckets.count - 1].minute.day
    let count = min(isOneDay ? 5 : 3, buckets.count)
    let indices = (0..<count).map { count == 1 ? 0 : $0 * (buckets.count - 1) / (count - 1) }
    return indices.map { index in
      let minute = buckets[index].minute
      let label = isOneDay ? minute.hourAndMinute : "\(minute.day.dropFirst(5)) \(minute.hourAndMinute)"
      let x = 100 * (Double(index) + 0.5) / Double(buckets.count)
      // At the edges a centred label would be cut off.
      let anchor: HTML = x < 8 ? "start" : x > 92 ? "end" : "middle"
      let place: HTML = x < 8 ? "0" : x > 92 ? "100%" : "\(length: x)%"
      return "<text class=\"axis\" x=\"\(place)\" y=\"214\" text-anchor=\"\(anchor)\">\(label)</text>\n"
    }
  }

  /// The distance of grid lines, 1, 2 or 5 times a power of ten, such that there are two to five of them.
  private static func step(for peak: Int64) -> Int64 {
    var power: Int64 = 1
    while true {
      for factor in [1, 2, 5] as [Int64] where peak / (factor * power) < 5 { return factor * power }
      power *= 10
    }
  }
}
