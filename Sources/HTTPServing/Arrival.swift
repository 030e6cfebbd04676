internal import Synchronization

/// A value that arrives once, such as the address of a listener, and the tasks that wait for it.
public final class Arrival<Value: Sendable>: Sendable {
  private enum State {
    case awaited([CheckedContinuation<Value, any Error>])
    case arrived(Result<Value, any Error>)
  }

  private let state = Mutex(State.awaited([]))

  /// Nothing is there yet.
  public init() {}

  /// Gives the value to present and future waiters. Only the first call counts.
  public func arrive(_ result: Result<Value, any Error>) {
    let waiting = state.withLock { state -> [CheckedContinuation<Value, any Error>] in
      guard case .awaited(let waiting) = state else { return [] }
      state = .arrived(result)
      return waiting
    }
    for continuation in waiting { continuation.resume(with: result) }
  }

  /// The value, as soon as it is there; throws if it never will be.
  public var value: Value {
    get async throws {
      try await withCheckedThrowingContinuation { continuation in
        let arrived = state.withLock { state -> Result<Value, any Error>? in
          switch state {
          case .arrived(let result): return result
          case .awaited(let waiting):
            state = .awaited(waiting + [continuation])
            return nil
          }
        }
        if let arrived { continuation.resume(with: arrived) }
      }
    }
  }
}
