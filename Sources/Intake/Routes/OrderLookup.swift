internal import FlashSale
internal import SaleStore
internal import Synchronization

/// Finds decided orders; concurrent requests share one statement.
///
/// (1) At most `Limits.lookupStatements` statements run; what arrives meanwhile waits for the next one.
/// (2) At most `Limits.lookupsWaiting` wait; one more is refused at once.
/// (3) When a statement fails, all waiting look-ups fail with it: while PostgreSQL is away, none waits for a turn only
///     to fail.
final class OrderLookup: Sendable {
  /// What the store knows of an order.
  enum Finding: Sendable {
    case decided(StoredOrder)
    /// The record at the position that was named could not be decided.
    case quarantined
    case missing
  }

  /// Too many wait already.
  struct Overloaded: Error {}

  /// Which order is looked up, and where its record is, if known: then a quarantined one is found too.
  struct Wanted: Sendable {
    let order: OrderID
    let position: LogPosition?
  }

  /// What is told together, in the order of `wanted`.
  private struct Wait {
    let wanted: [Wanted]
    let tell: @Sendable (Result<[Finding], any Error>) -> Void
  }

  private struct State {
    var waiting: [Wait] = []
    /// Look-ups of all in `waiting`.
    var count = 0
    var running = 0
  }

  private let store: SaleStore
  private let topic: String
  private let state = Mutex(State())

  init(store: SaleStore, topic: String) {
    self.store = store
    self.topic = topic
  }

  /// Looks an order up, as `find(_:at:_:)` does.
  func find(_ order: OrderID, at position: LogPosition?) async throws -> Finding {
    try await withCheckedThrowingContinuation { continuation in
      find(order, at: position) { continuation.resume(with: $0) }
    }
  }

  /// Looks an order up.
  ///
  /// - Parameters:
  ///   - position: of its record, if known: then a quarantined record is found too.
  ///   - tell: called once, on any thread, with the finding, `Overloaded`, or the store's error.
  func find(
    _ order: OrderID, at position: LogPosition?, _ tell: @escaping @Sendable (Result<Finding, any Error>) -> Void
  ) {
    find([Wanted(order: order, position: position)]) { result in tell(result.map { $0[0] }) }
  }

  /// Looks several orders up with one statement.
  ///
  /// - Parameters:
  ///   - wanted: 1 to `Limits.lookupsPerStatement`.
  ///   - tell: called once, on any thread, with the findings in the order of `wanted`, `Overloaded`, or the store's
  ///     error.
  func find(_ wanted: [Wanted], _ tell: @escaping @Sendable (Result<[Finding], any Error>) -> Void) {
    let wait = Wait(wanted: wanted, tell: tell)
    let (isTaken, starts) = state.withLock { state in
      guard state.count + wanted.count <= Limits.lookupsWaiting else { return (false, false) }
      state.waiting.append(wait)
      state.count += wanted.count
      guard state.running < Limits.lookupStatements else { return (true, false) }
      state.running += 1
      return (true, true)
    }
    guard isTaken else { return tell(.failure(Overloaded())) }
    // A task per statement, not per look-up.
    if starts { Task { await run() } }
  }

  private func run() async {
    while let batch = nextBatch() {
      do {
        let findings = try await findings(for: batch.flatMap(\.wanted))
        var start = 0
        for wait in batch {
          wait.tell(.success(Array(findings[start..<(start + wait.wanted.count)])))
          start += wait.wanted.count
        }
      } catch {
        for wait in batch + takeAll() { wait.tell(.failure(error)) }
      }
    }
  }

  private func nextBatch() -> [Wait]? {
    state.withLock { state in
      guard !state.waiting.isEmpty else {
        state.running -= 1
        return nil
      }
      var (count, end) = (state.waiting[0].wanted.count, 1)
      while end < state.waiting.count, count + state.waiting[end].wanted.count <= Limits.lookupsPerStatement {
        count += state.waiting[end].wanted.count
        end += 1
      }
      let batch = Array(state.waiting[..<end])
      state.waiting.removeFirst(end)
      state.count -= count
      return batch
    }
  }

  private func takeAll() -> [Wait] {
    state.withLock { state in
      defer { (state.waiting, state.count) = ([], 0) }
      return state.waiting
    }
  }

  /// In the order of `batch`.
  private func findings(for batch: [Wanted]) async throws -> [Finding] {
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
