internal import Synchronization

/// A value that is set once; any number of tasks may wait for it.
final class Announcement<Value: Sendable>: Sendable {
  private enum State {
    case open([CheckedContinuation<Value, any Error>])
    case closed(Result<Value, any Error>)
  }

  private let state = Mutex(State.open([]))

  /// The value, once it is there; throws if it never will be.
  var value: Value {
    get async throws {
      try await withCheckedThrowingContinuation { continuation in
        let result: Result<Value, any Error>? = state.withLock { state in
          switch state {
          case .closed(let result): return result
          case .open(let waiting):
            state = .open(waiting + [continuation])
            return nil
          }
        }
        if let result { continuation.resume(with: result) }
      }
    }
  }

  /// Sets it; only the first call counts.
  func announce(_ result: Result<Value, any Error>) {
    let waiting: [CheckedContinuation<Value, any Error>] = state.withLock { state in
      guard case .open(let waiting) = state else { return [] }
      state = .closed(result)
      return waiting
    }
    for continuation in waiting { continuation.resume(with: result) }
  }
}
