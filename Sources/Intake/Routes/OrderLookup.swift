internal import FlashSale
internal import SaleStore

/// Finds decided orders, many with one statement.
struct OrderLookup: Sendable {
  /// What the store knows of an order.
  enum Finding: Sendable {
    case decided(StoredOrder)
    /// The record at the position that was named could not be decided.
    case quarantined
    case missing
  }

  /// Which order is looked up, and where its record is, if known: then a quarantined one is found too.
  struct Wanted: Sendable {
    let order: OrderID
    let position: LogPosition?
  }

  private let shared: SharedLookup<Wanted, Finding>

  init(store: SaleStore, topic: String) {
    shared = SharedLookup(statements: Limits.orderStatements) { batch in
      let orders = try await store.orders(batch.map(\.order))
      let decided = Dictionary(orders.map { ($0.order, $0) }, uniquingKeysWith: { first, _ in first })
      let missing = batch.filter { decided[$0.order] == nil }.compactMap(\.position)
      let quarantined = missing.isEmpty ? [] : try await store.quarantined(missing, topic: topic)
      return batch.map { wanted in
        if let order = decided[wanted.order] { return .decided(order) }
        return wanted.position.map(quarantined.contains) == true ? .quarantined : .missing
      }
    }
  }

  /// Looks an order up, as `find(_:at:_:)` does.
  func find(_ order: OrderID, at position: LogPosition?) async throws -> Finding {
    try await shared.find(Wanted(order: order, position: position))
  }

  /// Looks an order up.
  ///
  /// - Parameters:
  ///   - position: of its record, if known: then a quarantined record is found too.
  ///   - tell: called once, on any thread, with the finding, `TooManyLookups`, or the store's error.
  func find(
    _ order: OrderID, at position: LogPosition?, _ tell: @escaping @Sendable (Result<Finding, any Error>) -> Void
  ) {
    find([Wanted(order: order, position: position)]) { result in tell(result.map { $0[0] }) }
  }

  /// Looks several orders up with one statement.
  ///
  /// - Parameters:
  ///   - wanted: 1 to `Limits.lookupsPerStatement`.
  ///   - tell: called once, on any thread, with the findings in the order of `wanted`, `TooManyLookups`, or the store's
  ///     error.
  func find(_ wanted: [Wanted], _ tell: @escaping @Sendable (Result<[Finding], any Error>) -> Void) {
    shared.find(wanted, tell)
  }
}
