import Foundation
import Synchronization
import TestSupport
import Time

/// Sends errands at their times, whatever becomes of earlier ones: an open loop, in which those who wait for an answer
/// hold up nobody.
///
/// One thread keeps the time. Others wait for answers; there are as many as errands are under way at once.
final class OpenLoad<Errand: Sendable>: @unchecked Sendable {
  // `@unchecked Sendable`: `state` is touched only under the condition's lock.

  /// An errand and when it is due.
  struct Item {
    let due: ContinuousClock.Instant
    let errand: Errand
  }

  private struct State {
    var later: [Item] = []
    var ready: [Item] = []
    var idle = 0
    var threads = 0
    /// No new errand begins.
    var isOver = false
    /// Nobody waits for errands any more.
    var isClosed = false
    var latest = Duration.zero
  }

  private let condition = NSCondition()
  private var state = State()
  private let threadLimit: Int
  /// Performs an errand on its thread, which keeps `line` for the next; returns a later one if it is not done.
  private let perform: @Sendable (Errand, inout HTTPLine?) -> Item?

  init(threads: Int, perform: @escaping @Sendable (Errand, inout HTTPLine?) -> Item?) {
    threadLimit = threads
    self.perform = perform
  }

  /// Starts the clock: `next` gives each new errand, every `interval`, until `stop`.
  func start(every interval: Duration, _ next: @escaping @Sendable () -> Errand) {
    lock { ($0.isOver, $0.isClosed) = (false, false) }
    Loopback.onThread("load-clock") { [self] in
      var due = ContinuousClock.now
      while !lock({ $0.isOver }) {
        due += interval
        let wait = due - .now
        if wait > .zero { usleep(useconds_t(wait.wholeMicroseconds)) }
        submit(Item(due: due, errand: next()))
        releaseLater()
      }
    }
  }

  /// Begins no new errands, waits until all are done, and ends the threads.
  func stop(within patience: Duration) async throws {
    lock { $0.isOver = true }
    _ = try await eventually(within: patience) {
      releaseLater()
      return lock { $0.ready.isEmpty && $0.later.isEmpty && $0.idle == $0.threads }
    }
    lock { $0.isClosed = true }
    condition.broadcast()
    _ = try await eventually(within: patience) { lock { $0.threads == 0 } }
  }

  /// By how much an errand was begun late, at most: above some milliseconds this is no open loop.
  var latest: Duration { lock { $0.latest } }

  private func lock<Answer>(_ body: (inout State) -> Answer) -> Answer {
    condition.lock()
    defer { condition.unlock() }
    return body(&state)
  }

  private func submit(_ item: Item) {
    let isNew = lock { state in
      state.ready.append(item)
      guard state.idle < state.ready.count, state.threads < threadLimit else { return false }
      state.threads += 1
      return true
    }
    if isNew { Loopback.onThread("customer") { [self] in work() } } else { condition.signal() }
  }

  private func releaseLater() {
    let now = ContinuousClock.now
    let due = lock { state in
      let due = state.later.filter { $0.due <= now }
      if !due.isEmpty { state.later.removeAll { $0.due <= now } }
      return due
    }
    for item in due { submit(item) }
  }

  private func work() {
    var line: HTTPLine?
    while let item = take() {
      if let later = perform(item.errand, &line) { lock { $0.later.append(later) } }
    }
  }

  /// The next errand; `nil` once closed.
  private func take() -> Item? {
    condition.lock()
    defer { condition.unlock() }
    state.idle += 1
    // Others have the state while this waits.
    while state.ready.isEmpty, !state.isClosed { condition.wait() }
    state.idle -= 1
    guard !state.ready.isEmpty else {
      state.threads -= 1
      return nil
    }
    let item = state.ready.removeFirst()
    state.latest = max(state.latest, .now - item.due)
    return item
  }
}
