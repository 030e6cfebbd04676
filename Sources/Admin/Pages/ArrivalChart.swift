internal import FlashSale
internal import SaleStore

/// What came in around the opening as an inline SVG of stacked bars: who got into the log, and who was turned away.
struct ArrivalChart {
  private let arrivals: Arrivals
  private let peak: Int64

  private static let height = 140.0

  /// Nothing came: there is no chart.
  init?(_ report: SaleReport) {
    arrivals = Arrivals(report, atMost: Limits.timelineBars)
    guard let peak = arrivals.buckets.map({ $0.accepted + $0.refused }).max(), peak > 0 else { return nil }
    self.peak = peak
  }

  /// A figure with its legend.
  func html(_ say: Phrasebook) -> HTML {
    """
    <figure><svg width="100%" height="\(length: Self.height)" role="img" aria-label="\(description(say))">
    \(bars(say))</svg>
    <figcaption class="small soft"><span><i class="key confirmed"></i>\(say(ReportWords.acceptedWord))</span>\
    <span><i class="key rejected"></i>\(say(ReportWords.refusedAtDoor))</span>\
    <span>\
    \(say(ReportWords.arrivalsLegend, "\(arrivals.width)", arrivals.buckets[0].at.timeToTheTenth, peak.grouped))</span>\
    </figcaption></figure>
    """
  }

  private func description(_ say: Phrasebook) -> String {
    say(ReportWords.arrivalsDescription, "\(arrivals.width)", "\(arrivals.buckets.count)", peak.grouped)
  }

  private func bars(_ say: Phrasebook) -> [HTML] {
    let slot = 100 / Double(arrivals.buckets.count)
    return arrivals.buckets.enumerated().map { index, bucket in
      func part(_ name: HTML, _ count: Int64, above below: Int64) -> HTML {
        guard count > 0 else { return .empty }
        let (bottom, high) = (y(below), y(below + count))
        return """
          <rect class="\(name)" x="\(length: slot * Double(index))%" y="\(length: high)" \
          width="\(length: slot * 0.84)%" height="\(length: bottom - high)"/>
          """
      }
      let parts = [
        part("confirmed", bucket.accepted, above: 0), part("rejected", bucket.refused, above: bucket.accepted),
      ]
      let tip = say(
        ReportWords.arrivalTip, bucket.at.timeToTheTenth, bucket.accepted.grouped, bucket.refused.grouped)
      return "<g><title>\(tip)</title>\(parts)</g>\n"
    }
  }

  private func y(_ value: Int64) -> Double { Self.height - Double(value) / Double(peak) * Self.height }
}
