/// What happens when, in virtual time.
///
/// (1) Time does not go back.
/// (2) Tasks that are due at the same instant come in the order in which they were scheduled.
struct Scheduler<Task> {
  private struct Entry {
    let due: Int64
    let number: Int
    let task: Task
  }

  /// Microseconds since the world began.
  private(set) var now: Int64 = 0

  /// A binary heap: no entry is due before its parent.
  private var heap: [Entry] = []
  private var scheduled = 0

  /// Schedules a task, `delay` microseconds from now.
  mutating func after(_ delay: Int64, _ task: Task) {
    heap.append(Entry(due: now + max(0, delay), number: scheduled, task: task))
    scheduled += 1
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard precedes(child, parent) else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  /// Goes on to the next task and takes it; `nil` when nothing is left to happen.
  mutating func next() -> Task? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      sink()
    }
    now = first.due
    return first.task
  }

  private mutating func sink() {
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && precedes(child, least) {
        least = child
      }
      guard least != parent else { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }

  private func precedes(_ a: Int, _ b: Int) -> Bool { (heap[a].due, heap[a].number) < (heap[b].due, heap[b].number) }
}
