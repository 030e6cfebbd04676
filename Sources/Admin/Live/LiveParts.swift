internal import FlashSale
internal import SaleStore
internal import Time

/// A view as parts of a page, each with the id of the element whose content it is. Rendered once, however many watch;
/// who watches is sent the parts that have changed.
struct LiveParts: Equatable {
  /// In the order of the page.
  enum Name: String, CaseIterable {
    case status, clock, alerts, tiles, answers, stock, room, partitions
  }

  /// Markup by part.
  let html: [Name: HTML]

  init(_ view: LiveView, _ say: Phrasebook) {
    html = [
      .status: Self.status(say, view), .clock: Self.clock(say, view), .alerts: Self.alerts(say, view),
      .tiles: Self.tiles(say, view), .answers: Self.answers(say, view), .stock: Self.stock(say, view),
      .room: Self.room(say, view), .partitions: Self.partitions(say, view),
    ]
  }

  /// Those that differ from another's.
  func changed(since other: LiveParts?) -> [Name: HTML] {
    guard let other else { return html }
    return html.filter { other.html[$0.key] != $0.value }
  }

  private static func status(_ say: Phrasebook, _ view: LiveView) -> HTML {
    let age: HTML =
      view.isStale
      ? "<b class=\"bad\">\(say(LiveWords.old, duration(view.ageMilliseconds)))</b>"
      : "<span class=\"soft small\">\(say(LiveWords.asOf, say.time(view.asOf)))</span>"
    return "\(PageLayout.pill(view.status.rawValue, say(ReportWords(view.status)))) \(age)"
  }

  /// What the page's script counts on by itself, from the server's time.
  private static func clock(_ say: Phrasebook, _ view: LiveView) -> HTML {
    switch view.next {
    case .opens(let at): counting(say, .opensIn, to: at, view)
    case .ends(let at): counting(say, .endsIn, to: at, view)
    case .over:
      """
      <span class="soft small">\(say(LiveWords.clock))</span><b>\(say(LiveWords.over))</b>\
      <span class="soft small">\(say(LiveWords.nothingSold))</span>
      """
    }
  }

  private static func counting(_ say: Phrasebook, _ words: LiveWords, to end: Timestamp, _ view: LiveView) -> HTML {
    let left = max(0, end.microseconds(since: view.at) / 1_000)
    return """
      <span class="soft small">\(say(words))</span>\
      <b role="timer" data-until="\(plain: end.microseconds / 1_000)">\(clockText(left, say))</b>\
      <span class="soft small">\(say(LiveWords.at, say.time(end)))</span>
      """
  }

  /// `1 d 02:03:04`, or `02:03`.
  static func clockText(_ milliseconds: Int64, _ say: Phrasebook) -> String {
    let seconds = (milliseconds + 999) / 1_000
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let (hours, minutes, rest) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60)
    if seconds >= 86_400 {
      return say(LiveWords.days, "\(seconds / 86_400)", "\(two(hours)):\(two(minutes)):\(two(rest))")
    }
    return hours > 0 ? "\(hours):\(two(minutes)):\(two(rest))" : "\(two(minutes)):\(two(rest))"
  }

  private static func alerts(_ say: Phrasebook, _ view: LiveView) -> HTML {
    guard !view.alerts.isEmpty else { return "<p class=\"good\"><b>\(say(LiveWords.nothingNeeded))</b></p>" }
    let items = view.alerts.map { alert -> HTML in
      let words = LiveAlertWords(alert, say)
      let edge: HTML = alert.isUrgent ? "bad" : "doubt"
      return """
        <li><b class="\(edge)">\(words.title)</b> \(words.cause) <span class="soft">\(words.remedy)</span></li>

        """
    }
    return "<ul class=\"alerts\">\(items)</ul>"
  }

  private static func tiles(_ say: Phrasebook, _ view: LiveView) -> HTML {
    func tile(_ name: String, _ value: String, _ note: String) -> HTML {
      // As many figures as a tile has room for.
      let style: HTML = value.count > 9 ? " class=\"long\"" : ""
      return """
        <div class="tile"><span class="soft small">\(name)</span><b\(style)>\(value)</b>\
        <span class="soft small">\(note)</span></div>

        """
    }
    let door = view.refused.reduce(0.0) { $0 + $1.flow.perSecond }
    let (accepted, taken) = (view.accepted.perSecond, view.decided.perSecond + view.repeats.perSecond)
    let left = view.stock.reduce(0) { $0 + $1.left }
    let putUp = view.stock.reduce(0) { $0 + $1.putUp }
    let drain =
      view.backlog == 0
      ? say(LiveWords.nothingWaits)
      : view.drainMilliseconds.map { say(LiveWords.decidedIn, duration($0)) } ?? say(LiveWords.noRate)
    let head = view.recent.map { recent in
      say(LiveWords.decidedUpTo, LocalTime.clock(recent.acceptedUpTo, in: say.zone, .millisecond))
    }
    return """
      \(tile(say(LiveWords.requestRate), whole(door + accepted), say(LiveWords.refusedPerSecond, whole(door))))\
      \(tile(say(LiveWords.acceptedRate), whole(accepted), say(LiveWords.decidedPerSecond, whole(taken))))\
      \(tile(say(LiveWords.backlog), view.backlog?.grouped ?? say(LiveWords.unknown), drain))\
      \(tile(say(LiveWords.left), left.grouped, say(LiveWords.ofPutUp, putUp.grouped)))\
      \(tile(say(LiveWords.delay), view.recent.map { "\($0.p50.grouped(digits: 1)) ms" } ?? "–", p99(say, view)))\
      \(tile(say(LiveWords.head), headOfLine(view), head ?? say(LiveWords.nothingLately)))
      """
  }

  private static func whole(_ rate: Double) -> String { Int64(rate.rounded()).grouped }

  private static func p99(_ say: Phrasebook, _ view: LiveView) -> String {
    view.recent.map { say(LiveWords.p50, $0.p99.grouped(digits: 1)) } ?? say(LiveWords.nothingLately)
  }

  /// Where the partition of the sale stands that has the most to do.
  private static func headOfLine(_ view: LiveView) -> String {
    let own = view.partitions.filter(\.isOfSale)
    guard let row = own.max(by: { ($0.lag ?? 0) < ($1.lag ?? 0) }) else { return "–" }
    return "\(row.partition):\(row.head.rawValue.grouped)"
  }

  private static func answers(_ say: Phrasebook, _ view: LiveView) -> HTML {
    func row(_ name: HTML, _ flow: LiveView.Flow) -> HTML {
      "<tr>\(name)<td>\(whole(flow.perSecond))</td><td>\(flow.inAll.grouped)</td></tr>\n"
    }
    let refused = view.refused.map { row("<td class=\"sub\"><code>\(say.door($0.code))</code></td>", $0.flow) }
    let repeats: HTML =
      view.repeats.inAll > 0 ? row("<td>\(say(LiveWords.repeats))</td>", view.repeats) : .empty
    return """
      \(chart(say, view, decisions: false))
      <table><thead><tr><th scope="col">\(say(LiveWords.answer))</th>\
      <th scope="col">\(say(LiveWords.perSecond))</th><th scope="col">\(say(LiveWords.inAll))</th></tr>\
      </thead><tbody>
      \(row("<td>\(say(LiveWords.accepted))</td>", view.accepted))\
      \(row("<td>\(say(LiveWords.decided))</td>", view.decided))\(repeats)\(refused)</tbody></table>
      <p class="soft small">\(say(LiveWords.toldEachSecond))</p>
      \(chart(say, view, decisions: true))
      """
  }

  /// The last minute: how requests were answered, or what lanes decided.
  private static func chart(_ say: Phrasebook, _ view: LiveView, decisions: Bool) -> HTML {
    let count = Int(Limits.liveMinute.components.seconds)
    let shown = view.seconds.suffix(count)
    let blank = Array(
      repeating: BarChart.Bar(label: say(LiveWords.before), values: [0, 0]), count: count - shown.count)
    let bars = shown.map { second in
      BarChart.Bar(
        label: LocalTime.clock(second.at, in: say.zone),
        values: decisions ? [second.decided, second.repeated] : [second.accepted, second.refused])
    }
    return BarChart(
      id: decisions ? "decisions" : "requests", title: say(decisions ? LiveWords.decidedMinute : .minute),
      unit: say(LiveWords.requestsPerSecond), barName: say(ChartWords.time),
      series: decisions
        ? [
          .init(name: say(LiveWords.decided), colour: .confirmed),
          .init(name: say(LiveWords.repeats), colour: .waitlisted),
        ]
        : [
          .init(name: say(LiveWords.accepted), colour: .confirmed),
          .init(name: say(LiveWords.refused), colour: .rejected),
        ],
      bars: blank + bars,
      marks: [
        .init(place: 0, label: say(LiveWords.secondsAgo, "60")),
        .init(place: 0.5, label: say(LiveWords.secondsAgo, "30")), .init(place: 1, label: say(LiveWords.now)),
      ]
    ).html(say)
  }

  private static func stock(_ say: Phrasebook, _ view: LiveView) -> HTML {
    let sold = view.sellsByHolds ? say(LiveWords.paid) : say(ChartWords.sold)
    let parts = [
      LevelChart.Part(name: say(ChartWords.left), colour: .left), .init(name: say(ChartWords.held), colour: .held),
      .init(name: sold, colour: .confirmed),
    ]
    let rows = view.stock.map { stock in
      LevelChart.Row(
        name: stock.sku.rawValue,
        values: view.sellsByHolds ? [stock.left, stock.held, stock.sold] : [stock.left, stock.sold])
    }
    return LevelChart(
      rowName: "SKU", title: say(ChartWords.unitsBySKU),
      parts: view.sellsByHolds ? parts : [parts[0], parts[2]], rows: rows
    ).html(say)
  }

  private static func room(_ say: Phrasebook, _ view: LiveView) -> HTML {
    guard let room = view.room else { return "<p class=\"soft\">\(say(LiveWords.noRoom))</p>" }
    let rows = [
      (LiveWords.waiting, room.waiting.grouped), (.inside, room.inside.grouped), (.admitted, room.admitted.grouped),
      (.admittedPerSecond, view.admittedPerSecond.grouped(digits: 1)), (.abandoned, room.abandoned.grouped),
      (.rate, room.ratePerMinute.map { say(LiveWords.perMinute, $0.grouped) } ?? say(LiveWords.none)),
    ].map { name, value -> HTML in "<tr><td>\(say(name))</td><td>\(value)</td></tr>\n" }
    let paused: HTML = room.isPaused ? "<p class=\"doubt\"><b>\(say(LiveWords.paused))</b></p>" : .empty
    return "\(paused)<table><tbody>\(rows)</tbody></table>"
  }

  private static func partitions(_ say: Phrasebook, _ view: LiveView) -> HTML {
    let ordered = view.partitions.filter(\.isOfSale) + view.partitions.filter { !$0.isOfSale }
    let rows = ordered.map { row -> HTML in
      let mark: HTML = row.isOfSale ? "<b title=\"\(say(LiveWords.ofSale))\">●</b> " : .empty
      let edge: HTML =
        switch row.state {
        case .halted: " class=\"halted\""
        case .unowned, .silent, .working, .idle: ""
        }
      return """
        <tr\(edge)><td>\(mark)\(row.partition.rawValue.grouped)</td><td>\(say(row.state.words))</td>\
        <td>\(row.head.rawValue.grouped)</td><td>\(row.lag?.grouped ?? say(LiveWords.unknown))</td>\
        <td>\(Int64(row.perSecond.rounded()).grouped)</td>\
        <td>\(row.leaseMilliseconds.map { "\($0.grouped) ms" } ?? "–")</td>\
        <td class="words">\(row.owner ?? "–")</td></tr>

        """
    }
    return """
      <table><thead><tr><th scope="col">\(say(LiveWords.partition))</th>\
      <th scope="col">\(say(LiveWords.state))</th><th scope="col">\(say(LiveWords.headOffset))</th>\
      <th scope="col">\(say(LiveWords.lag))</th><th scope="col">\(say(LiveWords.perSecond))</th>\
      <th scope="col">\(say(LiveWords.lease))</th>\
      <th scope="col" class="words">\(say(LiveWords.owner))</th></tr></thead><tbody>
      \(rows)</tbody></table>
      """
  }

  /// `840 ms`, `3.2 s`, `12 min`, `3 h`.
  static func duration(_ milliseconds: Int64) -> String {
    switch milliseconds {
    case ..<1_000: "\(milliseconds) ms"
    case ..<60_000: "\((Double(milliseconds) / 1_000).grouped(digits: 1)) s"
    case ..<3_600_000: "\(milliseconds / 60_000) min"
    default: "\((milliseconds / 3_600_000).grouped) h"
    }
  }
}

extension LiveView.PartitionState {
  fileprivate var words: LiveWords {
    switch self {
    case .halted: .halted
    case .unowned: .unowned
    case .silent: .ownerSilent
    case .working: .working
    case .idle: .idle
    }
  }
}
