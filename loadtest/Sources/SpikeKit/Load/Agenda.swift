internal import NIOCore

/// One try of one request.
struct Attempt: Equatable, Sendable {
  /// The request's place in the schedule.
  let number: Int
  /// 0 is the first try.
  let attempt: Int
  /// When it should leave.
  let time: NIODeadline
}

/// Tries that wait for their time: a binary heap, the earliest on top.
///
/// (1) `heap[i]` is never later than its children `heap[2i + 1]` and `heap[2i + 2]`.
struct Agenda: Sendable {
  private var heap: [Attempt] = []

  var count: Int { heap.count }
  var first: Attempt? { heap.first }

  mutating func add(_ attempt: Attempt) {
    heap.append(attempt)
    var child = heap.count - 1
    while child > 0, heap[child].time < heap[(child - 1) / 2].time {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func removeFirst() {
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].time < heap[least].time {
        least = child
      }
      if least == parent { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }

  mutating func removeAll() { heap = [] }
}
