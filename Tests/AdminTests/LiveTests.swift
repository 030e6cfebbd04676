@testable import Admin
import FlashSale
import SaleStore
import Testing
import Time

/// What a person sees of a sale, from looks alone.
@Suite struct LiveTests {
  private let english = Phrasebook(language: .english)

  private func view(_ moments: [LiveMoment]) throws -> LiveView {
    var track = LiveTrack(at: moments[0].at)
    var view: LiveView?
    for moment in moments { view = track.observe(moment) }
    return try #require(view)
  }

  @Test func `rates are what looks differ by, with what was refused at the door`() throws {
    let view = try view(
      try (0...5).map { second in
        try LiveSample.moment(Double(second)) { reading in
          reading.accepted = Int64(second) * 300
          reading.repeats = Int64(second) * 10
          reading.door = ["sold_out": Int64(second) * 900, "repeated": 3]
        }
      })
    #expect([view.accepted, view.decided, view.repeats].map { Int64($0.perSecond.rounded()) } == [300, 90, 10])
    #expect([view.accepted, view.decided, view.repeats].map(\.inAll) == [1_500, 450, 50])
    #expect(view.refused.map(\.code) == ["sold_out", "repeated"])
    #expect(view.refused.map { Int64($0.flow.perSecond.rounded()) } == [900, 0])
    #expect(view.refused.map(\.flow.inAll) == [4_500, 3])
    #expect(view.seconds.map(\.accepted) == Array(repeating: 300, count: 5))
    #expect(view.seconds.map(\.refused) == Array(repeating: 900, count: 5))
    let parts = LiveParts(view, english).html
    #expect(parts[.tiles]?.text.contains("Requests per second</span><b>1,200</b>") == true)
    #expect(parts[.tiles]?.text.contains("Accepted per second</span><b>300</b>") == true)
    #expect(parts[.tiles]?.text.contains(">100 decided</span>") == true)
  }

  @Test func `while a partition stands still, what is accepted is told beside that nothing is decided`() throws {
    let view = try view(
      try (0...5).map { second in
        try LiveSample.moment(Double(second), ends: Int64(second) * 300) { reading in
          (reading.accepted, reading.requests) = (Int64(second) * 300, [LiveSample.partition: 40])
          reading.progress = [LiveSample.progress(head: 40, halted: "a gap")]
        }
      })
    #expect(view.accepted == LiveView.Flow(perSecond: 300, inAll: 1_500))
    #expect(view.decided == LiveView.Flow(perSecond: 0, inAll: 40))
    #expect(view.backlog == 1_460)
    let answers = try #require(LiveParts(view, english).html[.answers]).text
    #expect(answers.contains("<td>accepted by intakes</td><td>300</td><td>1,500</td>"))
    #expect(answers.contains("<td>decided by lanes</td><td>0</td><td>40</td>"))
  }

  @Test func `a counter that was set back has no rate below 0`() throws {
    let view = try view([LiveSample.moment(10), LiveSample.moment(11) { ($0.requests, $0.accepted) = ([:], 0) }])
    #expect([view.accepted, view.decided, view.repeats].allSatisfy { $0.perSecond == 0 })
    #expect(view.seconds.allSatisfy { $0.decided == 0 && $0.refused == 0 })
  }

  @Test func `times of day are those of the sale's zone, and say so`() throws {
    let zone = try #require(LocalTime.zone("Asia/Shanghai"))
    let view = try view(
      try (0...3).map { second in
        try LiveSample.moment(Double(second)) { reading in
          reading.recent = LiveReading.Recent(
            p50: 1, p99: 2, acceptedUpTo: LiveSample.at(2.443), decidedAt: LiveSample.at(2.5))
        }
      })
    let local = LiveParts(view, Phrasebook(language: .english, zone: zone)).html
    #expect(local[.tiles]?.text.contains("decided up to 00:00:02.443 +08:00") == true)
    #expect(local[.answers]?.text.contains("00:00:02 +08:00") == true)
    #expect(local[.answers]?.text.contains("16:00:02") == false)
    let utc = LiveParts(view, english).html
    #expect(utc[.tiles]?.text.contains("decided up to 16:00:02.443 UTC") == true)
    #expect(utc[.answers]?.text.contains("16:00:02 UTC") == true)
  }

  @Test func `a backlog is told with the time that it takes at the rate of now`() throws {
    let waiting = try view([LiveSample.moment(0, ends: 100), LiveSample.moment(1, ends: 300)])
    #expect(waiting.backlog == 200)
    #expect(waiting.drainMilliseconds == 2_000)
    #expect(waiting.partitions.map(\.state) == [.working])
    let idle = try view([LiveSample.moment(0), LiveSample.moment(1)])
    #expect((idle.backlog, idle.drainMilliseconds) == (0, 0))
    #expect(idle.partitions.map(\.state) == [.idle])
    let unmoved = try view([LiveSample.moment(1, ends: 200), LiveSample.moment(1, ends: 300)])
    #expect(unmoved.drainMilliseconds == nil)
  }

  @Test func `the clock counts to the opening, then to the end, by the server's time`() throws {
    let before = try view([LiveSample.moment(-90)])
    #expect(before.status == .upcoming && before.next == .opens(LiveSample.at(0)))
    let clock = try #require(LiveParts(before, english).html[.clock]).text
    #expect(clock.contains("Opens in") && clock.contains(">01:30</b>"))
    #expect(clock.contains("data-until=\"\(LiveSample.opening / 1_000)\""))
    #expect(
      try view([LiveSample.moment(1)]).next
        == .ends(Timestamp(microseconds: LiveSample.opening + 1_800_000_000_000_000)))
    #expect(
      [0, 1, 999, 61_000, 3_600_000, 90_061_000].map { LiveParts.clockText($0, english) }
        == ["00:00", "00:01", "00:01", "01:01", "1:00:00", "1 d 01:01:01"])
  }

  @Test func `without an answer the numbers stay, and say how old they are`() throws {
    var track = LiveTrack(at: LiveSample.at(0))
    let nothing = track.observe(LiveMoment(at: LiveSample.at(0), reading: nil, ends: nil, room: nil))
    #expect(nothing == nil)
    _ = track.observe(try LiveSample.moment(1))
    let freshView = track.observe(LiveMoment(at: LiveSample.at(3), reading: nil, ends: [:], room: nil))
    let fresh = try #require(freshView)
    #expect(!fresh.isStale && fresh.alerts.isEmpty)
    let staleView = track.observe(LiveMoment(at: LiveSample.at(9), reading: nil, ends: nil, room: nil))
    let stale = try #require(staleView)
    #expect(stale.isStale && stale.ageMilliseconds == 8_000)
    #expect(stale.stock == fresh.stock)
    #expect(stale.alerts == [.storeAway(milliseconds: 8_000), .logAway(milliseconds: 6_000)])
    #expect(LiveParts(stale, english).html[.status]?.text.contains("8.0 s old") == true)
  }

  @Test func `stock is left, held and paid where a sale has holds, and nothing is below 0`() throws {
    let view = try view([
      LiveSample.moment(1) { reading in
        let sale = reading.sale
        reading.sale = StoredSale(
          number: sale.number, sale: sale.sale, closedAt: nil,
          stock: [SKU(rawValue: "phone")!: LiveSample.level(left: 400, held: 100)])
      }
    ])
    #expect(view.stock.map { [$0.left, $0.held, $0.sold] } == [[400, 100, 500]])
  }

  // MARK: Alerts

  private func alerts(_ moments: LiveMoment...) throws -> [LiveAlert] { try view(moments).alerts }

  @Test func `a sale that goes well has no alert`() throws {
    #expect(try alerts(LiveSample.moment(0), LiveSample.moment(1, ends: 150)) == [])
    #expect(
      try LiveParts(view([LiveSample.moment(0)]), english).html[.alerts]?.text.contains("Nothing needs a person")
        == true)
  }

  @Test func `a halted partition is told with its reason, and is not told stale besides`() throws {
    let moments = try [0.0, 9].map { second in
      try LiveSample.moment(second, ends: 500) { reading in
        reading.progress = [LiveSample.progress(head: 100, halted: "a <gap>")]
      }
    }
    #expect(try view(moments).alerts == [.halted(LiveSample.partition, reason: "a <gap>")])
    #expect(LiveParts(try view(moments), english).html[.alerts]?.text.contains("a &lt;gap&gt;") == true)
  }

  @Test func `a partition that nobody has is told only while records wait`() throws {
    func moment(_ ends: Int64) throws -> LiveMoment {
      try LiveSample.moment(1, ends: ends) { $0.progress = [LiveSample.progress(head: 100, owner: nil)] }
    }
    #expect(try alerts(moment(130)) == [.unowned(LiveSample.partition, waiting: 30)])
    #expect(try alerts(moment(100)) == [])
    let dead = try LiveSample.moment(1, ends: 130) { reading in
      reading.progress = [LiveSample.progress(head: 100)]
      reading.liveWorkers = []
    }
    #expect(try alerts(dead) == [.unowned(LiveSample.partition, waiting: 30)])
  }

  @Test func `an owner is silent after its own lease, however long that is`() throws {
    func state(_ age: Int64, _ lease: Int64) throws -> LiveView.PartitionState? {
      try view([
        LiveSample.moment(1) { $0.progress = [LiveSample.progress(head: 100, age: age, lease: lease)] }
      ]).partitions.first?.state
    }
    #expect(try state(2_999, 3_000) == .idle)
    #expect(try state(3_000, 3_000) == .silent)
    #expect(try state(1_000, 1_000) == .silent)
    #expect(try state(9_000, 10_000) == .idle)
  }

  @Test func `a line that stands while records wait is told stale after its bound, and not before`() throws {
    func moment(_ second: Double) throws -> LiveMoment {
      try LiveSample.moment(second, ends: 500) { $0.progress = [LiveSample.progress(head: 100)] }
    }
    #expect(try alerts(moment(0), moment(3)) == [])
    #expect(try alerts(moment(0), moment(2), moment(4)) == [.stale(LiveSample.partition, milliseconds: 4_000)])
    let moved = try LiveSample.moment(5, ends: 500) { $0.progress = [LiveSample.progress(head: 101)] }
    #expect(try alerts(moment(0), moment(4), moved) == [])
  }

  @Test func `a commit that waits is told past its bound`() throws {
    #expect(try alerts(LiveSample.moment(1) { $0.commitMilliseconds = 1_000 }) == [])
    #expect(try alerts(LiveSample.moment(1) { $0.commitMilliseconds = 1_001 }) == [.commitWaits(milliseconds: 1_001)])
  }

  @Test func `one of several partitions with most of what waits is hot`() {
    func facts(_ lags: [Int64]) -> LiveAlert.Facts {
      let rows = lags.enumerated().map { index, lag in
        LiveView.PartitionRow(
          partition: Partition(Int32(index)), isOfSale: true, owner: nil, leaseMilliseconds: nil, head: Offset(0),
          lag: lag, stuckMilliseconds: 0, perSecond: 1_000, state: .working)
      }
      return LiveAlert.Facts(
        storeSilentMilliseconds: 0, logSilentMilliseconds: 0, partitions: rows, commitMilliseconds: nil, stock: [],
        room: nil, quarantined: 0, deadLetters: 0, failingEndpoints: 0)
    }
    #expect(
      LiveAlert.all(of: facts([8_000, 100])) == [.hot(Partition(0), percent: 98, drainMilliseconds: 8_000)])
    #expect(LiveAlert.all(of: facts([4_000, 100])) == [], "too few wait")
    #expect(LiveAlert.all(of: facts([8_000, 7_000])) == [], "both have much")
    #expect(LiveAlert.all(of: facts([8_000])) == [], "there is no other")
  }

  @Test func `what a person has to look at besides is told with its number`() throws {
    let held = try LiveSample.moment(1) { reading in
      let sale = reading.sale
      reading.sale = StoredSale(
        number: sale.number, sale: sale.sale, closedAt: nil,
        stock: [SKU(rawValue: "phone")!: LiveSample.level(left: 0, held: 10)])
    }
    #expect(try alerts(held) == [.allHeld([SKU(rawValue: "phone")!])])
    let others = try LiveSample.moment(
      1, room: RoomCounts(waiting: 5, inside: 0, admitted: 0, abandoned: 0, isPaused: true, ratePerMinute: nil)
    ) { reading in
      (reading.quarantined, reading.deadLetters, reading.failingEndpoints) = (1, 2, 3)
    }
    let told = try alerts(others)
    #expect(told == [.roomPaused(waiting: 5), .quarantined(1), .deadLetters(2), .endpointsFail(3)])
    #expect(told.allSatisfy { !$0.isUrgent })
  }

  @Test func `each alert names its cause and a remedy`() {
    let all: [LiveAlert] = [
      .storeAway(milliseconds: 1), .logAway(milliseconds: 1),
      .halted(Partition(1), reason: "the topic was recreated: it ends at offset 1, the next one to decide is 2"),
      .unowned(Partition(1), waiting: 1), .stale(Partition(1), milliseconds: 1), .commitWaits(milliseconds: 1),
      .hot(Partition(1), percent: 90, drainMilliseconds: nil), .allHeld([]), .roomPaused(waiting: 1),
      .quarantined(1), .deadLetters(1), .endpointsFail(1),
    ]
    for language in Language.allCases {
      let words = all.map { LiveAlertWords($0, Phrasebook(language: language)) }
      #expect(words.allSatisfy { !$0.title.isEmpty && !$0.cause.isEmpty && !$0.remedy.isEmpty })
      #expect(Set(words.map(\.remedy)).count == all.count)
      #expect(words.allSatisfy { !"\($0.title)\($0.cause)\($0.remedy)".contains("{") }, "a value is missing")
      guard language == .chinese else { continue }
      let english = words.map { "\($0.title) \($0.cause)" }.filter { $0.contains(/[A-Za-z]+ [a-z]+ [a-z]+/) }
      #expect(english.isEmpty, "\(english)")
    }
  }

  @Test func `the waiting room is told in numbers, with the rate of now, and whether it is paused`() throws {
    func counts(_ admitted: Int, isPaused: Bool) -> RoomCounts {
      RoomCounts(
        waiting: 1_200, inside: 30, admitted: admitted, abandoned: 7, isPaused: isPaused, ratePerMinute: 600)
    }
    func room(_ isPaused: Bool, _ language: Language) throws -> String {
      let looks = try [
        LiveSample.moment(1, room: counts(40, isPaused: false)),
        LiveSample.moment(4, room: counts(70, isPaused: isPaused)),
      ]
      let seen = try view(looks)
      return try #require(LiveParts(seen, Phrasebook(language: language)).html[.room]).text
    }
    let open = try room(false, .english)
    for (name, value) in [
      ("waiting", "1,200"), ("inside", "30"), ("admitted so far", "70"), ("admitted per second", "10.0"),
      ("abandoned", "7"), ("rate set by an operator", "600 per minute"),
    ] { #expect(open.contains("<td>\(name)</td><td>\(value)</td>"), "\(name)") }
    #expect(!open.contains("Paused"))
    #expect(try room(true, .english).contains("Paused: nobody is let in."))
    #expect(try room(true, .chinese).contains("<td>等候中</td><td>1,200</td>"))
  }

  @Test func `only parts that have changed are sent`() throws {
    let first = LiveParts(try view([LiveSample.moment(1)]), english)
    #expect(first.changed(since: nil).count == LiveParts.Name.allCases.count)
    #expect(first.changed(since: first).isEmpty)
    let second = LiveParts(try view([LiveSample.moment(1) { $0.quarantined = 1 }]), english)
    #expect(Set(second.changed(since: first).keys) == [.alerts])
  }
}
