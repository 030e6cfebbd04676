import SaleStore
import ServiceLifecycle
import Synchronization

/// Asks PostgreSQL every second whether it answers, so that `/readyz` can say so without waiting for it.
final class StoreMonitor: Service {
  private struct State {
    var problem: String? = "PostgreSQL was not asked yet"
    /// When the question was put that is not answered yet.
    var askedAt: ContinuousClock.Instant?
  }

  private let store: SaleStore
  private let state = Mutex(State())

  /// Longer than the pool lets its callers wait, which is a problem that has a name.
  private static let patience = Duration.seconds(6)

  init(store: SaleStore) { self.store = store }

  /// Why the store cannot be used, as of the last look; `nil` if it can.
  var currentProblem: String? {
    state.withLock { state in
      if let askedAt = state.askedAt, .now - askedAt > Self.patience {
        return "PostgreSQL has not answered for \((.now - askedAt).components.seconds) s"
      }
      return state.problem
    }
  }

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        self.state.withLock { $0.askedAt = .now }
        let found: String?
        do {
          try await self.store.ping()
          found = nil
        } catch {
          found = "\(error)"
        }
        self.state.withLock { $0 = State(problem: found) }
        try? await Task.sleep(for: .seconds(1))
      }
    }
  }
}
