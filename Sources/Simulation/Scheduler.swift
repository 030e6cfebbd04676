internal import HeapModule

/// What happens when, in virtual time.
///
/// (1) Time does not go back.
/// (2) Tasks that are due at the same instant come in the order in which they were scheduled.
struct Scheduler<Task> {
  private struct Entry: Comparable {
    let due: Int64
    let number: Int
    let task: Task

    static func == (a: Entry, b: Entry) -> Bool { a.number == b.number }

    static func < (a: Entry, b: Entry) -> Bool { (a.due, a.number) < (b.due, b.number) }
  }

  /// Microseconds since the world began.
  private(set) var now: Int64 = 0

  private var entries = Heap<Entry>()
  private var scheduled = 0

  /// Schedules a task, `delay` microseconds from now.
  mutating func after(_ delay: Int64, _ task: Task) {
    entries.insert(Entry(due: now + max(0, delay), number: scheduled, task: task))
    scheduled += 1
  }

  /// Goes on to the next task and takes it; `nil` when nothing is left to happen.
  mutating func next() -> Task? {
    guard let first = entries.popMin() else { return nil }
    now = first.due
    return first.task
  }
}
