@testable import Admin
import FlashSale
import Foundation
import HTTPServing
import SaleStore
import Testing
import Time

/// Charts, from values to markup.
@Suite struct ChartTests {
  private let english = Phrasebook(language: .english)

  /// Seconds behind the first instant of 11 November 2025, UTC.
  private func at(_ seconds: Double) -> Timestamp {
    Timestamp(microseconds: 1_762_819_200_000_000 + Int64(seconds * 1_000_000))
  }

  @Test(
    arguments: [
      (0, [0, 1]), (1, [0, 1]), (5, [0, 1, 2, 3, 4, 5]), (6, [0, 2, 4, 6]), (11, [0, 5, 10, 15]),
      (99, [0, 20, 40, 60, 80, 100]), (100_001, [0, 50_000, 100_000, 150_000]),
    ] as [(Int64, [Int64])])
  func `an axis of counts has round marks up to the first above the highest`(_ highest: Int64, _ marks: [Int64]) {
    #expect(CountTicks(upTo: highest).values == marks)
  }

  @Test func `an axis of counts holds at the ends of the numbers`() {
    for highest in [Int64.min, -1, Int64.max] {
      let values = CountTicks(upTo: highest).values
      #expect(values.count <= 6 && values[0] == 0 && values == values.sorted())
    }
  }

  @Test func `time is cut as finely as fits: 100 ms for six seconds, minutes for days`() {
    let six = TimeSlots(covering: at(0)...at(5.95), atMost: 120)
    #expect((six.width, six.count, six.widthName(english)) == (100, 60, "100 ms"))
    #expect(six.label(1, in: .gmt) == "00:00:00.1")
    let minute = TimeSlots(covering: at(0)...at(59), atMost: 120)
    #expect((minute.width, minute.count, minute.widthName(english)) == (500, 119, "500 ms"))
    let hour = TimeSlots(covering: at(0)...at(3_599), atMost: 120)
    #expect((hour.width, hour.widthName(english)) == (30_000, "30 seconds"))
    let hours = TimeSlots(covering: at(0)...at(7_000), atMost: 120)
    #expect((hours.width, hours.widthName(english)) == (60_000, "minute"))
    let days = TimeSlots(covering: at(0)...at(3 * 86_400), atMost: 120)
    #expect((days.width, days.widthName(english)) == (3_600_000, "hour"))
    #expect(days.label(0, in: .gmt) == "2025-11-11 00:00:00")
    let century = TimeSlots(covering: at(0)...at(100 * 365 * 86_400), atMost: 120)
    #expect(century.count <= 120 && century.widthName(english).hasSuffix("days"))
    #expect(century.label(0, in: .gmt).count == 10)
  }

  @Test func `an instant is in the slot that begins at it or before it, and none outside`() {
    let slots = TimeSlots(covering: at(1)...at(2), atMost: 120)
    #expect(slots.index(of: at(1)) == 0)
    #expect(slots.index(of: at(1.099)) == 0)
    #expect(slots.index(of: at(1.1)) == 1)
    #expect(slots.index(of: at(2)) == slots.count - 1)
    #expect(slots.index(of: at(0.99)) == nil)
    #expect(slots.index(of: slots.end) == nil)
    #expect(slots[0] == slots.start)
  }

  @Test func `marks of time are whole instants inside, and say the date only where there are two`() {
    let seconds = TimeTicks(in: at(0.3)..<at(6), .gmt, atMost: 4).ticks
    #expect(seconds.map(\.label) == ["00:00:02", "00:00:04", "00:00:06"])
    let tenths = TimeTicks(in: at(0)..<at(0.5), .gmt, atMost: 4).ticks
    #expect(tenths.map(\.label) == ["00:00:00.0", "00:00:00.2", "00:00:00.4"])
    let night = TimeTicks(in: at(82_800)..<at(90_000), .gmt, atMost: 4).ticks
    #expect(night.map(\.label) == ["11-11 23:00", "11-12 00:00", "11-12 01:00"])
    let years = TimeTicks(in: at(0)..<at(4_000 * 86_400), .gmt, atMost: 4).ticks
    #expect(!years.isEmpty && years.count <= 4 && years.allSatisfy { $0.label.count == 10 })
    for length in [0.1, 0.7, 3, 59, 61, 3_601, 86_399, 1e6, 1e8, 1e10] {
      let ticks = TimeTicks(in: at(0)..<at(length), .gmt, atMost: 4).ticks
      #expect(ticks.count <= 4 && !ticks.isEmpty, "\(length)")
      #expect(Set(ticks.map(\.label)).count == ticks.count, "\(length)")
    }
  }

  @Test func `times are those that clocks of the sale's zone show, also where they are half an hour beside`() throws {
    let kolkata = try #require(LocalTime.zone("Asia/Kolkata"))
    let hours = TimeTicks(in: at(82_800)..<at(90_000), kolkata, atMost: 4).ticks
    #expect(hours.map(\.label) == ["05:00", "06:00"])
    #expect(hours[0].at == at(84_600))
    let days = TimeTicks(in: at(0)..<at(3 * 86_400), kolkata, atMost: 4).ticks
    #expect(days.map(\.label) == ["2025-11-12", "2025-11-13", "2025-11-14"])
    let slots = TimeSlots(covering: at(0)...at(3 * 86_400), atMost: 120)
    #expect(slots.label(0, in: kolkata) == "2025-11-11 05:30:00")
    let azores = try #require(LocalTime.zone("Atlantic/Azores"))
    let winter = TimeSlots(covering: at(0)...at(400 * 86_400), atMost: 120)
    #expect(winter.label(0, in: azores).hasSuffix(" 23:00:00"), "whatever the clocks show today")
    let weeks = TimeSlots(covering: at(0)...at(400 * 86_400), atMost: 120)
    #expect(weeks.label(0, in: kolkata).hasSuffix(" 05:30:00"))
  }

  private func chart(_ values: [[Int64]], unit: String = "orders") -> String {
    BarChart(
      id: "test", title: "A & B", unit: unit, barName: "from",
      series: [.init(name: "won", colour: .confirmed), .init(name: "lost", colour: .rejected)],
      bars: values.enumerated().map { .init(label: "b\($0)", values: $1) },
      marks: [.init(place: 0, label: "left"), .init(place: 0.5, label: "middle"), .init(place: 1, label: "right")],
      window: at(0)..<at(1)
    ).html(english).text
  }

  @Test func `a chart has a title, a unit, a legend, and its numbers as a table`() throws {
    let text = chart([[1_000, 10], [0, 0], [0, 500]])
    #expect(text.contains("<h3>A &amp; B</h3>"))
    #expect(text.contains("3 bars from b0 to b2; the highest has 1,010 orders, at b0."))
    #expect(text.contains("</svg>won</span>") && text.contains("</svg>lost</span>"))
    #expect(text.contains("<tr><th scope=\"row\">b0</th><td>1,000</td><td>10</td></tr>"))
    #expect(!text.contains("<th scope=\"row\">b1</th>"), "an empty bar is no row")
    #expect(text.contains("<title>b2: 500 lost</title>"))
    #expect(text.contains("data-from=\"2025-11-11T00:00:00.000Z\" data-to=\"2025-11-11T00:00:01.000Z\""))
    #expect(!text.contains(" style=") && !text.contains("<script") && !text.contains("onclick"))
  }

  @Test func `bars stand inside the drawing, one on the other`() throws {
    let text = chart([[1_000, 10], [3, 0], [0, 500]])
    var bottom: [String: Double] = [:]
    for bar in text.matches(
      of: /<rect class="(confirmed|rejected)" x="([0-9.]+)%" y="([0-9.]+)" width="([0-9.]+)%" height="([0-9.]+)"/)
    {
      let (x, y) = (try #require(Double(bar.output.2)), try #require(Double(bar.output.3)))
      let (width, height) = (try #require(Double(bar.output.4)), try #require(Double(bar.output.5)))
      #expect(x >= 0 && x + width <= 100 && y >= 10)
      let ground = bottom[String(bar.output.2)] ?? 176
      #expect(abs(y + height - ground) < 0.02)
      bottom[String(bar.output.2)] = y
    }
    #expect(bottom.count == 3)
  }

  @Test func `a chart of nothing says so`() {
    #expect(chart([]).contains("nothing yet."))
    #expect(chart([[0, 0]]).contains("nothing yet."))
  }

  @Test func `bars of levels are full together, and the table has what is not drawn`() {
    let rows = (0..<50).map { LevelChart.Row(name: "sku-\($0)", values: [Int64($0), 50 - Int64($0)]) }
    let text = LevelChart(
      rowName: "SKU", title: "Units",
      parts: [.init(name: "left", colour: .left), .init(name: "sold", colour: .confirmed)],
      rows: rows
    ).html(english).text
    #expect(text.matches(of: /role="img"/).count == Limits.chartRows)
    #expect(text.matches(of: /<th scope="row">/).count == 50)
    #expect(text.contains("The first 40 of 50"))
    #expect(text.contains("<rect class=\"left\" x=\"0.00%\" width=\"50.00%\" height=\"14\"/>"))
    let hostile = LevelChart(
      rowName: "SKU", title: "Units", parts: [.init(name: "left", colour: .left)],
      rows: [.init(name: "<b>\"", values: [0])])
    #expect(!hostile.html(english).text.contains("<b>"))
  }

  @Test func `classes of delays are those from the quickest to the slowest`() {
    #expect(DelayClasses([:], english).labels.isEmpty)
    let classes = DelayClasses([0: 3, 2: 1, 3: 0], english)
    #expect(classes.labels == ["under 1 ms", "1 ms to 2 ms", "2 ms to 5 ms"])
    #expect(classes.counts == [3, 0, 1])
    #expect(DelayClasses([SaleDecisions.delayBounds.count: 1], english).labels == ["100 s and more"])
  }

  @Test func `a part of a timeline is named by two instants`() throws {
    #expect(try ReportWindow(from: nil, to: nil) == nil)
    let part = try #require(try ReportWindow(from: "2025-11-11T00:00:00Z", to: "2025-11-11T00:00:06Z"))
    #expect(part == ReportWindow(from: at(0), to: at(6)))
    for (from, to) in [("x", "2025-11-11T00:00:00Z"), ("2025-11-11T00:00:00Z", nil), (nil, "2025-11-11T00:00:00Z")] {
      #expect(throws: Problem.self) { try ReportWindow(from: from, to: to) }
    }
    #expect(throws: Problem.self) { try ReportWindow(from: "2025-11-11T00:00:06Z", to: "2025-11-11T00:00:06Z") }
    let slots = TimeSlots(covering: at(0)...at(5.95), atMost: 120)
    let parts = ReportWindow.parts(of: slots)
    #expect(parts.count == 4 && parts[0].from == at(0) && parts[3].to == slots.end)
    #expect(zip(parts, parts.dropFirst()).allSatisfy { $0.to == $1.from })
    #expect(ReportWindow.parts(of: TimeSlots(covering: at(0)...at(0.5), atMost: 120)).isEmpty)
  }
}
