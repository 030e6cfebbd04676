internal import NIOCore

/// One wait in a `SlotTable`: valid until it is taken out, never again.
struct SlotID: Hashable {
  var index: Int32
  var generation: UInt32
}

/// The connections of one event loop that wait for an acknowledgement.
///
/// (1) A wait ends once: by `take`, or by `expire`. After that its id finds nothing.
/// (2) All waits are equally long, so they expire in the order in which they began: the list of the occupied slots.
/// (3) It never shrinks, and never has more than `limit` slots.
struct SlotTable<Owner> {
  private struct Slot {
    var owner: Owner?
    var deadline: NIODeadline
    var generation: UInt32
    var previous: Int32
    /// In a free slot: the next free one.
    var next: Int32
  }

  private static var none: Int32 { -1 }

  private let limit: Int
  private var slots: [Slot] = []
  private var free = none
  private var first = none
  private var last = none

  /// Waits that are going on.
  private(set) var count = 0

  /// A table of at most `limit` waits, up to 2^20.
  init(limit: Int) { self.limit = min(limit, 1 << Int(RecordTag.slotBits)) }

  /// Begins a wait; `nil` if `limit` are going on.
  ///
  /// - Parameter deadline: not before that of any wait begun earlier.
  mutating func insert(_ owner: Owner, until deadline: NIODeadline) -> SlotID? {
    let index: Int32
    if free != Self.none {
      index = free
      free = slots[Int(index)].next
    } else if slots.count < limit {
      index = Int32(slots.count)
      slots.append(Slot(owner: nil, deadline: deadline, generation: 0, previous: Self.none, next: Self.none))
    } else {
      return nil
    }
    slots[Int(index)].owner = owner
    slots[Int(index)].deadline = deadline
    slots[Int(index)].previous = last
    slots[Int(index)].next = Self.none
    if last != Self.none { slots[Int(last)].next = index } else { first = index }
    last = index
    count += 1
    return SlotID(index: index, generation: slots[Int(index)].generation)
  }

  /// Ends a wait; `nil` if it is over already, or the id names no wait.
  mutating func take(_ id: SlotID) -> Owner? {
    let index = Int(id.index)
    guard slots.indices.contains(index), slots[index].generation == id.generation, let owner = slots[index].owner else {
      return nil
    }
    remove(id.index)
    return owner
  }

  /// Ends the wait that is going on for longest, if its deadline has come.
  mutating func expire(at now: NIODeadline) -> Owner? {
    guard first != Self.none, slots[Int(first)].deadline <= now else { return nil }
    let owner = slots[Int(first)].owner
    remove(first)
    return owner
  }

  private mutating func remove(_ index: Int32) {
    let (previous, next) = (slots[Int(index)].previous, slots[Int(index)].next)
    if previous != Self.none { slots[Int(previous)].next = next } else { first = next }
    if next != Self.none { slots[Int(next)].previous = previous } else { last = previous }
    slots[Int(index)].owner = nil
    slots[Int(index)].generation = (slots[Int(index)].generation + 1) & (1 << UInt32(RecordTag.generationBits) - 1)
    slots[Int(index)].next = free
    free = index
    count -= 1
  }
}
