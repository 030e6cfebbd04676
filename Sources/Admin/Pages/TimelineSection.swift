internal import FlashSale
internal import SaleStore

/// The timeline of a report's page, and the ways into a part of it: by links, and with a pointer (`report.js`).
enum TimelineSection {
  static func html(
    _ say: Phrasebook, _ timeline: ReportTimeline, of report: SaleReport, canZoom: Bool, isEarlier: Bool
  ) -> HTML {
    guard let chart = ReportCharts.timeline(say, timeline) else {
      return """
        <section class="card"><h2>\(say(ReportWords.timeline))</h2>\
        <p class="soft">\(say(ReportWords.nothingDecided))</p></section>
        """
    }
    return """
      <section class="card" id="timeline"><h2>\(say(ReportWords.timeline))</h2>\(chart)
      \(canZoom ? zoom(say, timeline, of: report, isEarlier: isEarlier) : .empty)</section>
      """
  }

  private static func zoom(
    _ say: Phrasebook, _ timeline: ReportTimeline, of report: SaleReport, isEarlier: Bool
  ) -> HTML {
    guard let slots = timeline.slots else { return .empty }
    let path = "/admin/sales/\(report.sale)"
    let vector = isEarlier ? "&as_of=\(report.asOf)" : ""
    let parts = ReportWindow.parts(of: slots).map { part -> HTML in
      let first = slots.index(of: part.from).map { slots.label($0, in: say.zone) } ?? "\(part.from)"
      return "<a href=\"\(path)\(part.query)\(vector)#timeline\">\(say(ChartWords.partFrom, first))</a>\n"
    }
    let whole = isEarlier ? "?as_of=\(report.asOf)" : ""
    let all: HTML =
      timeline.isPart ? "<a href=\"\(path)\(whole)#timeline\">\(say(ChartWords.allOfIt))</a>\n" : .empty
    if parts.isEmpty, !timeline.isPart { return .empty }
    return """
      <nav class="zoom small" aria-label="\(say(ChartWords.zoom))"><span class="soft">\
      \(say(parts.isEmpty ? ChartWords.shownIsAPart : .zoomIn))</span>
      \(parts)\(all)</nav>
      """
  }
}
