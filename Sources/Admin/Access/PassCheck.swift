internal import Logging
internal import SaleStore
internal import Time
internal import Vitals

/// Which of the passes are good; `nil`: the store does not answer.
typealias PassCheck = @Sendable (Set<AccessPass>) async -> Set<AccessPass>?

extension SaleDesk {
  /// Those of the passes that are good, as the store says.
  func good(_ passes: Set<AccessPass>) async -> Set<AccessPass>? {
    do {
      return try await Patience.value(atMost: Limits.livePatience) { [store] in
        try await store.good(passes, at: .now)
      }
    } catch {
      logger.warning("whose streams end is not known", metadata: ["error": "\(String(reflecting: error))"])
      return nil
    }
  }
}
