import FlashSale
import TestSupport
import Testing

struct WatchersTests {
  private static let tuning: WatchTuning = {
    var tuning = WatchTuning()
    tuning.placeInterval = .seconds(2)
    tuning.heartbeat = .seconds(15)
    tuning.askAgain = .milliseconds(500)
    return tuning
  }()

  private func at(_ offset: Int64, _ partition: Int32 = 0) -> LogPosition {
    LogPosition(partition: Partition(partition), offset: Offset(offset))
  }

  private func add(
    _ watchers: inout Watchers, _ offset: Int64, _ partition: Int32 = 0, poll: Duration? = nil, watermark: Int64 = 0,
    now: Duration = .zero
  ) throws -> WatcherID {
    let manner = poll.map { Watchers.Manner.poll(until: $0) } ?? .stream
    let id = watchers.add(
      manner, at: at(offset, partition), told: Offset(watermark), watermark: Offset(watermark), now: now)
    return try #require(id)
  }

  /// What a tick brings while nothing moves.
  private func tick(
    _ watchers: inout Watchers, _ now: Duration, watermark: Int64 = 0, isHalted: Bool = false
  ) -> [Watchers.Event] { watchers.tick(now) { _ in (Offset(watermark), isHalted) } }

  @Test func `those are due whom their own partition's watermark has passed, in the order of the log`() throws {
    var watchers = Watchers(limit: 10, tuning: Self.tuning)
    let late = try add(&watchers, 7)
    let first = try add(&watchers, 3)
    let elsewhere = try add(&watchers, 3, 1)
    let second = try add(&watchers, 5)
    let twice = try add(&watchers, 5)
    let watermarks: [Partition: Offset] = [0: 6, 1: 3]
    #expect(watchers.passed { watermarks[$0] ?? 0 } == [first, second, twice])
    #expect(watchers.passed { watermarks[$0] ?? 0 } == [])
    #expect(watchers.passed { $0 == 1 ? 4 : 6 } == [elsewhere])
    #expect(watchers.passed { _ in 8 } == [late])
    #expect(watchers.count == 5)
  }

  @Test func `one more than the limit is refused, and nobody is put out for one`() throws {
    var watchers = Watchers(limit: 2, tuning: Self.tuning)
    let first = try add(&watchers, 1)
    let second = try add(&watchers, 2)
    let third = watchers.add(.stream, at: at(0), told: 0, watermark: 0, now: .zero)
    #expect(third == nil)
    #expect(watchers.has(first) && watchers.has(second))
    watchers.remove(first)
    watchers.remove(first)
    let next = try add(&watchers, 3)
    // The place in the array is used again, the id is not.
    #expect(next.index == first.index)
    #expect(next != first)
    #expect(!watchers.has(first))
    #expect(watchers.passed { _ in 9 } == [second, next])
  }

  @Test func `a stream hears its place when it changed, at most every interval, and a sign of life in silence`() throws
  {
    var watchers = Watchers(limit: 2, tuning: Self.tuning)
    let id = try add(&watchers, 100)
    #expect(tick(&watchers, .seconds(1), watermark: 5) == [])
    #expect(tick(&watchers, .seconds(2), watermark: 9) == [.place(id, from: 9)])
    #expect(tick(&watchers, .seconds(3), watermark: 11) == [])
    #expect(tick(&watchers, .seconds(4), watermark: 11) == [.place(id, from: 11)])
    for second in stride(from: 6, through: 18, by: 2) {
      #expect(tick(&watchers, .seconds(second), watermark: 11) == [], "\(second)")
    }
    #expect(tick(&watchers, .seconds(20), watermark: 11) == [.heartbeat(id)])
    #expect(tick(&watchers, .seconds(22), watermark: 11) == [])
    // An older watermark, and one that has passed the order, are no place.
    #expect(tick(&watchers, .seconds(24), watermark: 10) == [])
    #expect(tick(&watchers, .seconds(26), watermark: 101) == [])
  }

  @Test func `a poll hears something when its wait is over, and is gone`() throws {
    var watchers = Watchers(limit: 3, tuning: Self.tuning)
    let long = try add(&watchers, 5, poll: .seconds(20))
    let short = try add(&watchers, 6, poll: .seconds(1))
    let stream = try add(&watchers, 7)
    #expect(tick(&watchers, .milliseconds(999)) == [])
    #expect(tick(&watchers, .seconds(1)) == [.over(short)])
    #expect(!watchers.has(short))
    #expect(watchers.passed { _ in 6 } == [long])
    // It is being asked for: what follows is the answer.
    #expect(tick(&watchers, .seconds(20)).contains(.over(long)) == false)
    #expect(watchers.unanswered([long], now: .seconds(21)) == [long])
    #expect(!watchers.has(long))
    #expect(watchers.has(stream))
    #expect(watchers.count == 1)
  }

  @Test func `what the store could not say is asked again, all together, until it can`() throws {
    var watchers = Watchers(limit: 3, tuning: Self.tuning)
    let stream = try add(&watchers, 1)
    let poll = try add(&watchers, 2, poll: .seconds(30))
    let gone = try add(&watchers, 3)
    let due = watchers.passed { _ in 9 }
    #expect(watchers.unanswered(due, now: .seconds(1)) == [])
    watchers.remove(gone)
    #expect(watchers.passed { _ in 9 } == [])
    #expect(tick(&watchers, .milliseconds(1_499), watermark: 9) == [])
    #expect(tick(&watchers, .milliseconds(1_500), watermark: 9) == [.lookUp(stream), .lookUp(poll)])
    #expect(tick(&watchers, .milliseconds(1_600), watermark: 9) == [])
    #expect(watchers.unanswered([stream, poll], now: .seconds(2)) == [])
    #expect(Set(tick(&watchers, .seconds(3), watermark: 9)) == [.lookUp(stream), .lookUp(poll)])
  }

  @Test func `a halt is told once each time, and the wait goes on`() throws {
    var watchers = Watchers(limit: 1, tuning: Self.tuning)
    let id = try add(&watchers, 50)
    #expect(tick(&watchers, .seconds(2), watermark: 1, isHalted: true) == [.halted(id)])
    #expect(tick(&watchers, .seconds(4), watermark: 1, isHalted: true) == [.place(id, from: 1)])
    #expect(tick(&watchers, .seconds(6), watermark: 1, isHalted: true) == [])
    #expect(tick(&watchers, .seconds(8), watermark: 2, isHalted: false) == [.place(id, from: 2)])
    #expect(tick(&watchers, .seconds(10), watermark: 2, isHalted: true) == [.halted(id)])
    #expect(watchers.passed { _ in 51 } == [id])
  }

  @Test func `whom the watermark has passed already is due from the start`() throws {
    var watchers = Watchers(limit: 1, tuning: Self.tuning)
    let id = try add(&watchers, 4, watermark: 5)
    #expect(watchers.passed { _ in 9 } == [])
    #expect(watchers.unanswered([id], now: .zero) == [])
    #expect(tick(&watchers, .milliseconds(500)) == [.lookUp(id)])
  }

  @Test func `one tick looks at a bounded number, and the next at the rest`() throws {
    var watchers = Watchers(limit: 2_000, tuning: Self.tuning)
    for offset in 0..<2_000 { _ = try add(&watchers, Int64(offset + 10)) }
    var heard: Set<Watchers.Event> = []
    var ticks = 0
    while heard.count < 2_000, ticks < 10 {
      heard.formUnion(tick(&watchers, .seconds(2) + .milliseconds(50) * ticks, watermark: 1))
      ticks += 1
    }
    #expect(ticks == 4)
  }

  /// Against a plain list of those who watch: nobody is missed, nobody is asked for too early or twice.
  @Test(arguments: 0..<20) func `everybody is asked for once, whoever comes and goes`(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var watchers = Watchers(limit: 200, tuning: Self.tuning)
    var waiting: [WatcherID: LogPosition] = [:]
    var watermarks: [Partition: Offset] = [0: 0, 1: 0, 2: 0]
    for step in 0..<2_000 {
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<6:
        let partition = Partition(Int32.random(in: 0..<3, using: &random))
        let watermark = watermarks[partition] ?? 0
        let position = LogPosition(
          partition: partition, offset: Offset(watermark.rawValue + Int64.random(in: 0..<50, using: &random)))
        let isFull = watchers.count == 200
        let id = watchers.add(.stream, at: position, told: watermark, watermark: watermark, now: .seconds(step))
        #expect((id == nil) == isFull)
        if let id { waiting[id] = position }
      case 6..<8:
        guard let id = waiting.keys.sorted(by: { $0.index < $1.index }).randomElement(using: &random) else { continue }
        watchers.remove(id)
        waiting[id] = nil
      default: break
      }
      if step % 7 == 0 {
        for (partition, end) in [(Partition(0), 3), (1, 2), (2, 1)] {
          watermarks[partition] = Offset(Int64(step * end / 7))
        }
        let due = watchers.passed { watermarks[$0] ?? 0 }
        let expected = waiting.filter { $0.value.offset < watermarks[$0.value.partition] ?? 0 }
        #expect(Set(due) == Set(expected.keys))
        #expect(due.count == expected.count)
        for id in due {
          watchers.remove(id)
          waiting[id] = nil
        }
      }
    }
    #expect(watchers.count == waiting.count)
  }
}
