import SaleStore
import ServiceLifecycle
import Synchronization

/// Asks PostgreSQL every second whether it answers, so that `/readyz` can say so without waiting for it.
final class StoreMonitor: Service {
  private let store: SaleStore
  private let problem = Mutex<String?>("PostgreSQL was not asked yet")

  init(store: SaleStore) { self.store = store }

  /// Why the store cannot be used, as of the last look; `nil` if it can. A look at a server that is gone takes as long
  /// as the pool lets its callers wait.
  var currentProblem: String? { problem.withLock { $0 } }

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        let found: String?
        do {
          try await self.store.ping()
          found = nil
        } catch {
          found = "\(error)"
        }
        self.problem.withLock { $0 = found }
        try? await Task.sleep(for: .seconds(1))
      }
    }
  }
}
