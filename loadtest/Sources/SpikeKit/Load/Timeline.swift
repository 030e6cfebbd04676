internal import Histogram
internal import NIOCore

/// What happened when: the run cut into slots of equal length, counted from the start of the schedule.
///
/// (1) Sends count in the slot they left in, answers and their latencies in the slot they came in.
/// (2) There are `Limits.timelineSlots` at most; what comes later counts in the last one.
struct Timeline: Sendable {
  /// To two digits: fit for a chart, and small enough to keep one for each slot.
  typealias Latencies = Histogram<UInt32>

  struct Slot: Sendable {
    var sent = 0
    /// Answers by kind, numbered as `Tally.kinds` are. As long as the largest that came.
    var answers: [UInt32] = []
    var latencies = Timeline.empty

    var answered: Int { answers.reduce(0) { $0 + Int($1) } }
  }

  let slotLength: TimeAmount
  private(set) var slots: [Slot] = []

  static var empty: Latencies {
    Latencies(highestTrackableValue: Limits.latencyMicroseconds, numberOfSignificantValueDigits: .two)
  }

  /// - Parameter duration: How long the schedule lasts. A slot is the shortest round time that cuts it into at most
  ///   `Limits.scheduleSlots`.
  init(duration: TimeAmount) {
    let lengths = [100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 300_000].map(TimeAmount.milliseconds)
    slotLength = lengths.first { duration.nanoseconds / $0.nanoseconds < Limits.scheduleSlots } ?? .hours(1)
  }

  /// The slot of a time after the start.
  func index(at elapsed: TimeAmount) -> Int {
    min(max(Int(elapsed.nanoseconds / slotLength.nanoseconds), 0), Limits.timelineSlots - 1)
  }

  mutating func sent(at elapsed: TimeAmount) {
    slots[reach(index(at: elapsed))].sent += 1
  }

  mutating func answered(kind: Int, latencyMicroseconds: UInt64, at elapsed: TimeAmount) {
    let index = reach(index(at: elapsed))
    while slots[index].answers.count <= kind { slots[index].answers.append(0) }
    slots[index].answers[kind] += 1
    slots[index].latencies.record(latencyMicroseconds)
  }

  /// - Parameter kinds: For each kind of the other, its number here.
  mutating func merge(_ other: Timeline, kinds: [Int]) {
    for (index, slot) in other.slots.enumerated() {
      let index = reach(index)
      slots[index].sent += slot.sent
      slots[index].latencies.add(slot.latencies)
      for (kind, count) in slot.answers.enumerated() {
        while slots[index].answers.count <= kinds[kind] { slots[index].answers.append(0) }
        slots[index].answers[kinds[kind]] += count
      }
    }
  }

  private mutating func reach(_ index: Int) -> Int {
    while slots.count <= index { slots.append(Slot()) }
    return index
  }
}
