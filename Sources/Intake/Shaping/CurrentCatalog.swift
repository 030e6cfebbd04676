internal import FlashSale
internal import Synchronization

/// The present catalog, for code off the hot path; event loops have their own copy.
final class CurrentCatalog: Sendable {
  private let catalog = Mutex(Catalog())

  /// The catalog.
  var current: Catalog { catalog.withLock { $0 } }

  /// Replaces it.
  func set(_ new: Catalog) { catalog.withLock { $0 = new } }
}
