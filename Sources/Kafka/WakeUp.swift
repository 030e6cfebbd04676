internal import Synchronization

/// Lets tasks wait until something has happened; wakes them at least once, possibly more often.
///
/// (1) A signal after `clear()` ends the next `wait()`, whether it comes before or during it.
/// (2) `signal()` takes only this object's lock and calls nothing that waits, so that it can be called from inside
///     librdkafka's locks.
final class WakeUp: Sendable {
  private struct State {
    var isSignalled = false
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  func signal() {
    let waiters = state.withLock { state in
      let waiters = state.waiters
      state.waiters = []
      state.isSignalled = waiters.isEmpty
      return waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  func clear() {
    state.withLock { $0.isSignalled = false }
  }

  /// Returns after a signal, or when the task is cancelled.
  func wait() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isSignalled = state.withLock { state in
          if state.isSignalled {
            state.isSignalled = false
            return true
          }
          state.waiters.append(continuation)
          return false
        }
        if isSignalled { continuation.resume() }
      }
    } onCancel: {
      signal()
    }
  }
}

extension WakeUp {
  /// Takes something from a queue, waiting until there is something; `nil` when the task is cancelled.
  ///
  /// Nothing is missed if the queue signals whenever it stops being empty. The signal is cleared before the queue is
  /// checked, so later records signal after the clear, and the wait returns at once.
  func firstValue<Value>(_ take: () -> Value?) async -> Value? {
    while !Task.isCancelled {
      clear()
      if let value = take() { return value }
      await wait()
    }
    return nil
  }
}
