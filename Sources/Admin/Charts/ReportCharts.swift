internal import FlashSale
internal import SaleStore
internal import Time

/// A report's decisions as its page draws them: a part of the sale, or all of it.
struct ReportTimeline {
  /// What the whole timeline spans; `nil` while nothing is decided.
  let whole: ClosedRange<Timestamp>?
  let slots: TimeSlots?
  let decisions: SaleDecisions

  /// Nothing was decided.
  static let empty = ReportTimeline(whole: nil, slots: nil, decisions: SaleDecisions(slots: [], delays: [:]))

  /// Whether it is a part only.
  var isPart: Bool {
    guard let whole, let slots else { return false }
    return slots.start > whole.lowerBound || slots.end <= whole.upperBound
  }
}

/// The charts of a report's page.
enum ReportCharts {
  /// Decisions over time; `nil` while there is none.
  static func timeline(_ say: Phrasebook, _ timeline: ReportTimeline) -> HTML? {
    guard let slots = timeline.slots else { return nil }
    var bars = (0..<slots.count).map { BarChart.Bar(label: slots.label($0, in: say.zone), values: [0, 0, 0, 0]) }
    for slot in timeline.decisions.slots {
      guard let index = slots.index(of: slot.start) else { continue }
      let values = [slot.confirmed, slot.waitlisted, slot.rejected, slot.quarantined]
      bars[index] = BarChart.Bar(
        label: bars[index].label, values: zip(bars[index].values, values).map { $0 + $1 })
    }
    let series = [
      BarChart.Series(name: say(ReportWords.confirmed), colour: .confirmed),
      .init(name: say(ReportWords.waitlisted), colour: .waitlisted),
      .init(name: say(ReportWords.rejected), colour: .rejected),
      .init(name: say(ReportWords.quarantined), colour: .quarantined),
    ]
    // A sale without a waitlist, and nothing quarantined, has two.
    let used = series.indices.filter { index in index != 1 && index != 3 || bars.contains { $0.values[index] > 0 } }
    return BarChart(
      id: "timeline", title: say(ChartWords.timeline, say.clocks),
      unit: say(ChartWords.decisionsPer, slots.widthName(say)), barName: say(ChartWords.from),
      series: used.map { series[$0] },
      bars: bars.map { bar in BarChart.Bar(label: bar.label, values: used.map { bar.values[$0] }) },
      marks: marks(say, of: slots), window: slots.start..<slots.end
    ).html(say)
  }

  /// How long orders waited for their decision.
  static func delays(_ say: Phrasebook, _ decisions: SaleDecisions) -> HTML? {
    let classes = DelayClasses(decisions.delays, say)
    guard !classes.labels.isEmpty else { return nil }
    let bars = zip(classes.labels, classes.counts).map { BarChart.Bar(label: $0, values: [$1]) }
    // As many names as fit beside each other on a phone.
    let step = (bars.count + 2) / 3
    let marks = stride(from: 0, to: bars.count, by: step).map { index in
      BarChart.Mark(place: (Double(index) + 0.5) / Double(bars.count), label: bars[index].label)
    }
    return BarChart(
      id: "delays", title: say(ChartWords.delays), unit: say(ChartWords.orders), barName: say(ChartWords.time),
      series: [.init(name: say(ChartWords.orders), colour: .plain)], bars: bars, marks: marks
    ).html(say)
  }

  /// What came in around the opening: who got into the log, and who was turned away.
  static func arrivals(_ say: Phrasebook, _ report: SaleReport) -> HTML? {
    let arrivals = Arrivals(report, atMost: Limits.timelineBars)
    guard let first = arrivals.buckets.first?.at, let last = arrivals.buckets.last?.at else { return nil }
    let slots = TimeSlots(covering: first...last, atMost: Limits.timelineBars)
    let bars = arrivals.buckets.map { bucket in
      BarChart.Bar(label: bucket.at.wall(in: say.zone).timeToTheTenth, values: [bucket.accepted, bucket.refused])
    }
    return BarChart(
      id: "arrivals", title: say(ChartWords.arrivals, say.clocks),
      unit: say(ChartWords.requestsPer, say(ChartWords.milliseconds, arrivals.width.grouped)),
      barName: say(ChartWords.from),
      series: [
        .init(name: say(ReportWords.acceptedWord), colour: .confirmed),
        .init(name: say(ReportWords.refusedAtDoor), colour: .rejected),
      ],
      bars: bars, marks: marks(say, of: slots)
    ).html(say)
  }

  /// How each SKU's units are divided.
  static func stock(_ say: Phrasebook, _ report: SaleReport) -> HTML {
    let holds = report.items.contains { $0.reserved > 0 }
    let parts = [
      LevelChart.Part(name: say(ChartWords.left), colour: .left), .init(name: say(ChartWords.held), colour: .held),
      .init(name: say(ChartWords.sold), colour: .confirmed),
    ]
    let rows = report.items.map { item in
      LevelChart.Row(
        name: item.sku.rawValue,
        values: holds
          ? [Int64(item.left.rawValue), item.reserved, item.sold] : [Int64(item.left.rawValue), item.sold])
    }
    return LevelChart(
      rowName: "SKU", title: say(ChartWords.unitsBySKU), parts: holds ? parts : [parts[0], parts[2]], rows: rows
    ).html(say)
  }

  private static func marks(_ say: Phrasebook, of slots: TimeSlots) -> [BarChart.Mark] {
    let span = Double(slots.end.microseconds(since: slots.start))
    return TimeTicks(in: slots.start..<slots.end, say.zone, atMost: 4).ticks.map { tick in
      BarChart.Mark(place: Double(tick.at.microseconds(since: slots.start)) / span, label: tick.label)
    }
  }
}

extension TimeSlots {
  /// The width's name: `100 ms`, `5 seconds`, `minute`, `2 hours`, `day`.
  func widthName(_ say: Phrasebook) -> String {
    let (count, one, many): (Int64, ChartWords, ChartWords) =
      switch width {
      case 86_400_000...: (width / 86_400_000, .day, .days)
      case 3_600_000...: (width / 3_600_000, .hour, .hours)
      case 60_000...: (width / 60_000, .minute, .minutes)
      case 1_000...: (width / 1_000, .second, .seconds)
      default: (width, .milliseconds, .milliseconds)
      }
    return count == 1 ? say(one) : say(many, "\(count)")
  }
}
