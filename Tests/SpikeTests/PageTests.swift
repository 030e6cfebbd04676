import NIOCore
import NIOHTTP1
import Testing

@testable import SpikeKit

/// What a run leaves behind: its time line, its decisions and its page.
struct PageTests {
  private func timestamp(_ text: String) -> Int64? {
    let bytes = Array(text.utf8)
    return bytes.span.timestamp(at: 0..<bytes.count)
  }

  @Test(arguments: [
    ("1970-01-01T00:00:00Z", 0), ("2000-02-29T00:00:00Z", 951_782_400_000_000),
    ("2026-11-10T16:00:00.012Z", 1_794_326_400_012_000), ("2024-12-31T23:59:59.999999Z", 1_735_689_599_999_999),
    ("2100-03-01T00:00:00Z", 4_107_542_400_000_000),
  ])
  func `an instant is read to the microsecond`(_ text: String, _ expected: Int64) {
    #expect(timestamp(text) == expected)
  }

  @Test(arguments: [
    "", "2026-11-10", "2026-11-10T16:00:00", "2026-13-10T16:00:00Z", "2026-11-10T24:00:00Z", "1969-12-31T23:59:59Z",
    "2026-11-10T16:00:00.Z", "2026-11-10T16:00:00.1234567Z", "2026-11-10T16:00:00+00:00", "not an instant at all",
  ])
  func `what is no instant is not read as one`(_ text: String) {
    #expect(timestamp(text) == nil)
  }

  @Test func `units left are summed over the SKUs and never read out of a text`() {
    let json = #"{"id":"\"left\":5","items":[{"left":7,"sku":"a"},{"sku":"left","left" : 30},{"left":null}]}"#
    let bytes = Array(json.utf8)
    #expect(FlatJSON.sum(ofMembers: "left", in: bytes.span) == 37)
    #expect(FlatJSON.sum(ofMembers: "gone", in: bytes.span) == nil)
  }

  @Test func `the time line has everything that was sent and answered, and the page no script`() async throws {
    try await ScriptedServer.with({ _, earlier in
      earlier.count % 4 == 0 ? .problem(.conflict, "<script>") : ScriptedServer.Reply()
    }) { server, url in
      let report = try await spike(
        "--url", url, "--sale", "s<i>", "--sku", "a", "--no-follow", "--rate", "400", "--requests", "200")
      let moments = Moment.all(report)
      #expect(moments.reduce(0) { $0 + $1.offered } == 200)
      #expect(moments.reduce(0) { $0 + $1.sent } == 200)
      #expect(moments.reduce(0) { $0 + $1.answered } == 200)
      let answers = moments.reduce([0, 0]) { sum, moment in zip(sum, moment.answers).map { $0 + $1 } }
      #expect(answers.sorted() == [50, 150])
      let instants = Instants(report)
      let (first, last) = (try #require(instants.firstSendUs), try #require(instants.lastAnswerUs))
      #expect(instants.startUs <= first && first < last)
      #expect(instants.lineSeconds == nil)
      let html = Page(report).html()
      #expect(html.contains("&lt;script&gt;"))
      #expect(!html.contains("<script"))
      #expect(!html.contains("<i>s") && html.contains("s&lt;i&gt;"))
      #expect(html.split(separator: "<svg").count == 4)
    }
  }

  @Test func `a burst beyond a chart's ceiling does not flatten the rest`() {
    var chart = Chart(
      title: "t", note: "n", times: [0, 1, 2], slotSeconds: 1,
      series: [.init(name: "s", colour: 1, values: [220_000, 10, 20])], label: { "\(Int($0))" })
    #expect(chart.html().contains(">300000</text>"))
    chart.ceiling = 20
    let html = chart.html()
    #expect(html.contains(">20</text>") && !html.contains("0000</text>"))
    // The pointer is told the true value.
    #expect(html.contains("s: 220000"))
  }

  @Test func `an axis ends at or above its largest value and begins at nothing`() {
    for value in [0.3, 1, 7, 99, 100, 12_345] {
      let scale = Scale(.linear, [value])
      #expect(scale.marks.first == 0)
      #expect((3...6).contains(scale.marks.count))
      #expect((scale.marks.last ?? 0) >= value * 0.999_999)
      #expect(scale(0) == 0)
    }
    #expect(Scale(.logarithmic, [30, 2_000]).marks == [10, 100, 1_000, 10_000])
    #expect(Scale(.linear, []).marks.count > 1)
  }
}
