internal import Synchronization

/// A result that comes once, and the tasks that wait for it.
public final class Announcement<Value: Sendable, Failure: Error>: Sendable {
  private typealias Waiter = CheckedContinuation<Result<Value, Failure>, Never>

  private enum State {
    case awaited([Waiter])
    case announced(Result<Value, Failure>)
  }

  private let state = Mutex(State.awaited([]))

  /// Nothing has come yet.
  public init() {}

  /// What comes, as soon as it is there. Not cut short by a cancellation.
  public var result: Result<Value, Failure> {
    get async {
      await withCheckedContinuation { (waiter: Waiter) in
        let announced: Result<Value, Failure>? = state.withLock { state in
          switch state {
          case .announced(let result): return result
          case .awaited(let waiters):
            state = .awaited(waiters + [waiter])
            return nil
          }
        }
        if let announced { waiter.resume(returning: announced) }
      }
    }
  }

  /// Gives it to those who wait and those who will ask. Only the first call counts.
  public func announce(_ result: Result<Value, Failure>) {
    let waiters: [Waiter] = state.withLock { state in
      guard case .awaited(let waiters) = state else { return [] }
      state = .announced(result)
      return waiters
    }
    for waiter in waiters { waiter.resume(returning: result) }
  }
}

extension Announcement where Failure == any Error {
  /// The value, as soon as it is there; throws if what came is a failure.
  public var value: Value {
    get async throws { try await result.get() }
  }
}

/// An event: it happens once, and says nothing more.
extension Announcement where Value == Void, Failure == Never {
  /// It has happened.
  public func announce() { announce(.success(())) }

  /// Waits until it has.
  public func wait() async { _ = await result }
}
