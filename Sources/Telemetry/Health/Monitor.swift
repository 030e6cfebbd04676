public import ServiceLifecycle
internal import Synchronization

/// Asks something outside of this process every `Limits.monitorPause` whether it answers, so that `/readyz` can say so
/// without waiting for it.
public final class Monitor: Service {
  private struct State {
    var problem: String?
    /// When the question was put that is not answered yet.
    var askedAt: ContinuousClock.Instant?
  }

  private let name: String
  private let ask: @Sendable () async throws -> Void
  private let state: Mutex<State>

  /// A monitor; it asks once it runs.
  ///
  /// - Parameters:
  ///   - name: whom it asks, for people: `PostgreSQL`.
  ///   - ask: returns when there was an answer, and throws what there was instead.
  public init(of name: String, ask: @escaping @Sendable () async throws -> Void) {
    self.name = name
    self.ask = ask
    state = Mutex(State(problem: "\(name) was not asked yet"))
  }

  /// Why it cannot be used, as of the last look; `nil` if it can.
  public var currentProblem: String? {
    state.withLock { state in
      if let askedAt = state.askedAt, .now - askedAt > Limits.monitorPatience {
        return "\(name) has not answered for \((.now - askedAt).components.seconds) s"
      }
      return state.problem
    }
  }

  /// Asks until graceful shutdown or cancellation.
  public func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        self.state.withLock { $0.askedAt = .now }
        let found: String?
        do {
          try await self.ask()
          found = nil
        } catch {
          found = "\(error)"
        }
        self.state.withLock { $0 = State(problem: found) }
        try? await Task.sleep(for: Limits.monitorPause)
      }
    }
  }
}
