internal import Histogram
internal import NIOCore

/// When orders were decided, from the server's `accepted_at` and `decided_at`, to a millisecond.
///
/// (1) The delay is between two readings of the server's side. Only where a decision lies on the time line depends
///     on both clocks being one, or in step.
/// (2) An order that several answers named counts once for each.
struct Decisions: Sendable {
  struct Slot: Sendable {
    var decided = 0
    var delays = Timeline.empty
  }

  /// From acceptance to decision, in microseconds.
  private(set) var delays = Tally.empty
  /// By the slot of the time line that the decision fell into.
  private(set) var slots: [Slot] = []
  /// Microseconds since 1970-01-01T00:00:00Z.
  private(set) var firstAccepted: Int64?
  private(set) var lastDecided: Int64?

  var count: Int { Int(delays.totalCount) }

  /// - Parameters:
  ///   - accepted, decided: Microseconds since 1970-01-01T00:00:00Z.
  ///   - slot: Where the decision lies on the time line.
  mutating func add(accepted: Int64, decided: Int64, slot: Int) {
    let delay = min(UInt64(max(decided - accepted, 0)), Limits.latencyMicroseconds)
    delays.record(delay)
    while slots.count <= slot { slots.append(Slot()) }
    slots[slot].decided += 1
    slots[slot].delays.record(delay)
    firstAccepted = min(firstAccepted ?? accepted, accepted)
    lastDecided = max(lastDecided ?? decided, decided)
  }

  /// When an order was decided, if that is told.
  mutating func add(_ sight: OrderSight, _ clock: SlotClock) {
    guard let accepted = sight.accepted, let decided = sight.decided else { return }
    add(accepted: accepted, decided: decided, slot: clock.slot(at: decided))
  }

  mutating func merge(_ other: Decisions) {
    delays.add(other.delays)
    for (index, slot) in other.slots.enumerated() {
      while slots.count <= index { slots.append(Slot()) }
      slots[index].decided += slot.decided
      slots[index].delays.add(slot.delays)
    }
    firstAccepted = [firstAccepted, other.firstAccepted].compactMap { $0 }.min()
    lastDecided = [lastDecided, other.lastDecided].compactMap { $0 }.max()
  }
}

/// Where an instant lies in the slots of a run.
struct SlotClock: Sendable {
  /// The schedule's start, in microseconds since 1970-01-01T00:00:00Z.
  let start: Int64
  /// Only for its slots' length.
  let timeline: Timeline

  func slot(at microseconds: Int64) -> Int { timeline.index(at: .microseconds(microseconds - start)) }
}
