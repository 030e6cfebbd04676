import NIOCore
import Testing

@testable import SpikeKit

struct ScheduleTests {
  private func times(_ schedule: Schedule, first: Int = 0, stride: Int = 1) -> [Double] {
    var cursor = schedule.cursor(first: first, stride: stride)
    var times: [Double] = []
    while let time = cursor.time {
      times.append(time.seconds)
      cursor.advance()
    }
    return times
  }

  @Test func `a held rate sends at even distances from the start`() {
    let times = times(Schedule([.hold(rate: 1_000, seconds: 0.005)]))
    #expect(times == [0, 0.001, 0.002, 0.003, 0.004])
  }

  @Test func `a ramp sends the area under it and ever denser`() {
    let times = times(Schedule([Phase(shape: .ramp(from: 0, to: 1_000), seconds: 2)]))
    #expect(times.count == 1_000)
    // A quarter of the requests lies before half of the time.
    #expect(times.filter { $0 < 1 }.count == 250)
    #expect(times.last.map { $0 < 2 } == true)
  }

  @Test func `a ramp down to nothing reaches its end`() {
    let times = times(Schedule([Phase(shape: .ramp(from: 1_000, to: 0), seconds: 2)]))
    #expect(times.count == 1_000)
    #expect(times.filter { $0 < 1 }.count == 750)
  }

  @Test func `a decay loses the same share in the same time`() {
    let phase = Phase(shape: .decay(from: 8_000, to: 1_000), seconds: 3)
    let perSecond = (0..<3).map { phase.requests(after: Double($0 + 1)) - phase.requests(after: Double($0)) }
    #expect(abs(perSecond[0] / perSecond[1] - 2) < 1e-9)
    #expect(abs(perSecond[1] / perSecond[2] - 2) < 1e-9)
  }

  @Test func `a burst is due all at once, and the next phase follows it`() {
    let times = times(Schedule([Phase(shape: .burst(requests: 3), seconds: 0), .hold(rate: 10, seconds: 0.2)]))
    #expect(times == [0, 0, 0, 0, 0.1])
  }

  @Test(arguments: [
    Phase.hold(rate: 777, seconds: 1.3), Phase(shape: .ramp(from: 3, to: 900), seconds: 2.1),
    Phase(shape: .ramp(from: 900, to: 0), seconds: 2), Phase(shape: .decay(from: 900, to: 7), seconds: 3),
    Phase(shape: .decay(from: 10, to: 10), seconds: 3),
  ])
  func `time and count are each other's inverse`(_ phase: Phase) {
    for step in 0...100 {
      let count = phase.area * Double(step) / 100
      #expect(abs(phase.requests(after: phase.seconds(toReach: count)) - count) < 1e-6)
    }
  }

  @Test func `the number due agrees with the times`() {
    let schedule = Schedule([
      Phase(shape: .burst(requests: 10), seconds: 0), Phase(shape: .ramp(from: 100, to: 1_000), seconds: 1),
      Phase(shape: .decay(from: 1_000, to: 10), seconds: 1),
    ])
    let times = times(schedule)
    #expect(times == times.sorted())
    for step in 0...40 {
      let elapsed = Double(step) / 20 + 0.0003
      let expected = times.filter { $0 <= elapsed }.count
      #expect(abs(schedule.due(after: TimeAmount(seconds: elapsed)) - expected) <= 1)
    }
    #expect(schedule.due(after: .seconds(100)) == schedule.requests)
    #expect(schedule.due(after: .nanoseconds(-1)) == 0)
  }

  @Test func `event loops share the schedule without gap or overlap`() {
    let schedule = Schedule([Phase(shape: .ramp(from: 10, to: 500), seconds: 1), .hold(rate: 300, seconds: 1)])
    let shared = (0..<3).flatMap { times(schedule, first: $0, stride: 3) }
    #expect(shared.sorted() == times(schedule))
  }

  @Test func `a schedule ends early at the number asked for`() {
    let schedule = Schedule([.hold(rate: 100, seconds: 10)], most: 150)
    #expect(schedule.requests == 150)
    #expect(schedule.duration == .milliseconds(1_500))
  }

  @Test(arguments: [
    #"{"name":"x","phases":[]}"#, #"{"name":"x","phases":[{"shape":"hold","rate":5}]}"#,
    #"{"name":"x","phases":[{"shape":"hold","rate":-5,"seconds":1}]}"#,
    #"{"name":"x","phases":[{"shape":"decay","from":5,"to":0,"seconds":1}]}"#,
    #"{"name":"x","phases":[{"shape":"hold","rate":0,"seconds":1}]}"#,
    #"{"name":"x","phases":[{"shape":"wave"}]}"#, #"{"phases":[]}"#, #"{"name":"x","phases":5}"#, "[", "",
  ])
  func `an unusable profile is refused in words`(_ text: String) throws {
    let path = try temporaryFile(text)
    let error = #expect(throws: Unusable.self) { try Profile.read(path) }
    #expect(error?.reason.contains(path) == true)
  }

  @Test func `a profile is read phase by phase`() throws {
    let text = """
      {"name":"n","phases":[{"shape":"burst","requests":5},{"shape":"ramp","from":0,"to":10,"seconds":2},
      {"shape":"hold","rate":3,"seconds":1},{"shape":"decay","from":9,"to":3,"seconds":1}]}
      """
    #expect(
      try Profile.read(try temporaryFile(text)).phases == [
        Phase(shape: .burst(requests: 5), seconds: 0), Phase(shape: .ramp(from: 0, to: 10), seconds: 2),
        .hold(rate: 3, seconds: 1), Phase(shape: .decay(from: 9, to: 3), seconds: 1),
      ])
  }
}
