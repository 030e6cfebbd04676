import Logging
import Synchronization
import TestSupport
import Testing
import Time

@testable import FlashSale
@testable import Worker

@Suite struct BeaconDeskTests {
  private static let sale = SaleNumber(rawValue: 1)

  private static func time(_ seconds: Int64) -> Timestamp { Timestamp(microseconds: seconds * 1_000_000) }

  private static func question(_ source: BeaconRule.Source, closing: Int64, now: Int64) throws -> RoomKeeper.Question {
    var rule = RoomRule(ratePerMinute: 60)
    rule.order = .lottery
    rule.beacon = try BeaconRule(name: "dice", source: source)
    return try #require(rule.question(after: Draw.Closing(at: time(closing), []), now: time(now)))
  }

  @Test func `a value that was known when the entries ended is no answer, whoever tells it and however late`() throws {
    let desk = BeaconDesk(ask: nil, logger: quietLogger)
    let told = [Room.Told(beacon: "dice", value: "4711", at: Self.time(500))]
    let known = Self.time(100)
    for (closing, value) in [(99, "4711"), (100, nil), (101, nil)] as [(Int64, String?)] {
      let question = try Self.question(.told(knownAt: known), closing: closing, now: 1_000)
      let counting = desk.answer(to: [question], told: told, of: Self.sale, now: Self.time(1_000))
      #expect(counting?.answer.value == value, "\(closing)")
    }
  }

  @Test func `one call is on its way for a sale, however long it takes`() async throws {
    let asked = Mutex(0)
    let (silence, end) = AsyncStream<Void>.makeStream()
    let desk = BeaconDesk(
      ask: { _, _ in
        asked.withLock { $0 += 1 }
        for await _ in silence {}
        return BeaconAnswer(value: "late")
      }, logger: quietLogger)
    let question = try Self.question(.drand(url: "https://d", genesis: Self.time(0), period: 3), closing: 0, now: 60)
    func answer() -> BeaconAnswer? {
      desk.answer(to: [question], told: [], of: Self.sale, now: Self.time(60))?.answer
    }
    #expect(answer() == nil)
    #expect(try await eventually { asked.withLock { $0 } == 1 })
    // Longer than the pause between two calls.
    try await Task.sleep(for: Worker.Limits.beaconAskInterval + .milliseconds(200))
    #expect(answer() == nil)
    end.finish()
    #expect(try await eventually { answer()?.value == "late" })
    #expect(asked.withLock { $0 } == 1)
  }

  @Test(arguments: [false, true])
  func `past the fallback's time the first beacon is asked once more, and counts if it answers`(
    answers: Bool
  ) async throws {
    var rule = RoomRule(ratePerMinute: 60)
    rule.order = .lottery
    func drand(_ name: String) throws -> BeaconRule {
      try BeaconRule(name: name, source: .drand(url: "https://\(name)", genesis: Self.time(0), period: 3))
    }
    rule.beacon = try drand("first")
    rule.fallback = (.seconds(60), try drand("second"))
    let questions = rule.questions(after: Draw.Closing(at: Self.time(0), []), now: Self.time(700))
    let asked = Mutex<[String]>([])
    struct Silent: Error {}
    let desk = BeaconDesk(
      ask: { url, _ in
        asked.withLock { $0.append(url) }
        guard answers || url == "https://second" else { throw Silent() }
        return BeaconAnswer(value: url, signature: "07")
      }, logger: quietLogger)
    let counting = Mutex<(question: RoomKeeper.Question, answer: BeaconAnswer)?>(nil)
    let isAnswered = try await eventually {
      counting.withLock { counting in
        counting = desk.answer(to: questions, told: [], of: Self.sale, now: Self.time(700))
        return counting != nil
      }
    }
    #expect(isAnswered)
    let (question, answer) = try #require(counting.withLock { $0 })
    #expect(question == questions[answers ? 0 : 1])
    #expect(answer == BeaconAnswer(value: answers ? "https://first" : "https://second", signature: "07"))
    #expect(asked.withLock { $0.prefix(2) } == (answers ? ["https://first"] : ["https://first", "https://second"]))
  }
}
