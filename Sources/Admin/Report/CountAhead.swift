internal import FlashSale
internal import Logging
internal import SaleStore
public import ServiceLifecycle

/// Counts the orders of sales before anybody opens their reports: a page still has to count what has come since.
///
/// (1) It looks once a second which sales have new requests; at first, the newest ones that have any. Those it counts,
///     and those that it counted last, of which commands can have come.
/// (2) It leaves large sales alone: `Limits.countAheadRequests`.
/// (3) It rests `Limits.countAheadRest` times as long as its last look took: counting costs little beside selling.
public struct CountAhead: Service {
  /// What was seen last.
  struct Seen: Sendable {
    var records: Int64 = 0
    var requests: [SaleID: Int64] = [:]

    /// The sales that were counted last, the last one first.
    var sales: [SaleID] = []
  }

  private let desk: SaleDesk

  init(_ desk: SaleDesk) { self.desk = desk }

  /// Ends on a graceful shutdown, between two sales.
  public func run() async throws {
    await cancelWhenGracefulShutdown {
      var seen = Seen()
      while !Task.isCancelled {
        let began = ContinuousClock.now
        do {
          seen = try await look(seen)
        } catch is CancellationError {
          return
        } catch {
          desk.logger.debug("orders are not counted ahead", metadata: ["error": "\(String(reflecting: error))"])
        }
        let took = ContinuousClock.now - began
        try? await Task.sleep(for: max(Limits.countAheadLook, took * Limits.countAheadRest))
      }
    }
  }

  /// One look.
  func look(_ before: Seen) async throws -> Seen {
    let now = try await desk.store.lanesRead(topic: desk.topic)
    guard now.records != before.records else { return before }
    let changed = now.sales.filter {
      $0.requests != before.requests[$0.sale] && $0.requests <= Limits.countAheadRequests
    }.map(\.sale)
    let counted = Array((changed + before.sales.filter { !changed.contains($0) }).prefix(Limits.countAheadSales))
    for sale in counted {
      try Task.checkCancellation()
      guard let stored = try await desk.store.sale(sale) else { continue }
      try await desk.store.countAhead(stored, topic: desk.topic)
    }
    return Seen(
      records: now.records,
      requests: Dictionary(now.sales.map { ($0.sale, $0.requests) }, uniquingKeysWith: { first, _ in first }),
      sales: counted)
  }
}
